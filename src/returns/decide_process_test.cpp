// When a return is processed, when not, and what comes after.

#include "returns/returns_fixture.hpp"

namespace backhaul::returns {
namespace {

using namespace std::chrono_literals;

TEST(DecideProcess, CompleteAndFreshIsProcessed) {
  auto story = received("complete");
  const auto plan = story.step();
  const auto* process = find(plan, EffectKind::process);
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(process->key, "process/1");
  EXPECT_EQ(process->connection, loop_id);
  EXPECT_EQ(process->priority, Priority::act);
  EXPECT_EQ(process->work.precondition, decision_digest(view_of()));
  EXPECT_EQ(process->rule, "status table: complete");
  EXPECT_EQ(plan.summary, "processing: status complete, all received as expected");
  EXPECT_TRUE(story.look().effects.empty());
}

TEST(DecideProcess, Law3NeverEarlyAHintAfterTheReadAsksAgainFirst) {
  auto story = received("complete");
  story.hint();
  const auto plan = story.look();
  EXPECT_EQ(find(plan, EffectKind::process), nullptr);
  EXPECT_NE(find(plan, EffectKind::read_source), nullptr);
  EXPECT_NE(find(story.read().look(), EffectKind::process), nullptr);
}

TEST(DecideProcess, Law3NeverEarlyAStaleReceiptTakesThePlannedProcessBack) {
  auto story = processing();
  const auto plan = story.rma_hint().look();
  EXPECT_EQ(plan.withdraw, (std::vector<std::string>{"process/1"}));
  EXPECT_NE(find(plan, EffectKind::read_rma), nullptr);
}

TEST(DecideProcess, Law3NeverEarlyOtherFactsTakeThePlannedProcessBack) {
  for (const char* status : {"damaged", "pending", "brand new word"}) {
    auto story = processing();
    EXPECT_EQ(story.rma_read(receipt_of(status)).look().withdraw, (std::vector<std::string>{"process/1"})) << status;
  }
}

TEST(DecideProcess, AProcessTakenBackIsPlannedAfreshWhenItIsTimeAgain) {
  auto story = processing();
  story.rma_read(receipt_of("pending", 0, 0))
      .end("process/1", EffectStatus::withdrawn)
      .rma_read(receipt_of("complete"));
  EXPECT_EQ(find(story.look(), EffectKind::process)->key, "process/2");
}

struct HeldCase {
  SourceState state;
  bool flagged;
  const char* attention;
};

TEST(DecideProcess, Law3NeverEarlyNothingIsProcessedThatIsNotOpen) {
  for (const auto& [state, flagged, attention] :
       {HeldCase{SourceState::review, false, "ready_but_in_review"},
        HeldCase{SourceState::review, true, "ready_but_in_review"},
        HeldCase{SourceState::open, true, "ready_but_in_review"},
        HeldCase{SourceState::expired, false, "cannot_process"},
        HeldCase{SourceState::unknown, false, "cannot_process"}, HeldCase{SourceState::closed, false, nullptr},
        HeldCase{SourceState::cancelled, false, "goods_for_cancelled"}}) {
    auto view = view_of(state);
    view.flagged = flagged;
    Story story;
    const auto plan = story.with_rma().read(view).rma_read(receipt_of("complete")).look();
    EXPECT_EQ(find(plan, EffectKind::process), nullptr) << to_string(state);
    if (attention == nullptr) continue;
    EXPECT_NE(find_attention(plan, attention), nullptr) << to_string(state);
  }
}

TEST(DecideProcess, AReviewTakesNothingAwayOnceItIsOver) {
  Story story;
  story.with_rma().read(flagged_view()).rma_read(receipt_of("complete"));
  story.step();
  EXPECT_NE(find(story.read().look(), EffectKind::process), nullptr);
}

TEST(DecideProcess, SeveralWarehousesMustAgree) {
  Story story({at(hero_id), at(other_id)});
  story.hint();
  story.step();
  for (const auto& id : {hero_id, other_id}) {
    story.tell(EffectEnded{
        .key = "create_rma/" + id.value + "/1", .rma = ExternalId{"r-" + id.value}, .lines = {{"A", 2}, {"B", 1}}});
  }
  story.read().rma_read(receipt_of("complete"), hero_id);
  EXPECT_EQ(find(story.look(), EffectKind::process), nullptr);
  story.rma_read(receipt_of("damaged"), other_id).read();
  EXPECT_EQ(find(story.look(), EffectKind::process), nullptr);
  EXPECT_NE(find(story.look(), EffectKind::flag), nullptr);
  const auto plan = story.rma_read(receipt_of("complete"), other_id).look();
  EXPECT_EQ(std::ranges::count(plan.effects, EffectKind::process, &PlannedEffect::kind), 1);
}

TEST(DecideProcess, AWarehouseWhoseRmaIsInTheMakingMustBeHeard) {
  Story story({at(hero_id), at(other_id)});
  story.hint();
  story.step();
  story.tell(EffectEnded{
      .key = "create_rma/" + hero_id.value + "/1", .rma = ExternalId{"r-hero"}, .lines = {{"A", 2}, {"B", 1}}});
  story.read().rma_read(receipt_of("complete"), hero_id).read();
  EXPECT_EQ(find(story.look(), EffectKind::process), nullptr);
  story.end("create_rma/" + other_id.value + "/1", EffectStatus::refused);
  EXPECT_NE(find(story.read().look(), EffectKind::process), nullptr);
}

TEST(DecideProcess, AWarehouseWhoseRmaIsMadeWithTheSamePlanMustBeHeard) {
  auto late = at(other_id);
  late.abilities.needs_tracking_to_create = true;
  Story story({at(hero_id), late});
  story.hint();
  story.step();
  story.tell(EffectEnded{
      .key = "create_rma/" + hero_id.value + "/1", .rma = ExternalId{"r-hero"}, .lines = {{"A", 2}, {"B", 1}}});
  auto view = view_of();
  view.labels.push_back({.carrier = "USPS", .tracking_number = "T1", .status = {}, .url = {}});
  story.rma_read(receipt_of("complete"), hero_id).read(view);
  const auto plan = story.look();
  EXPECT_NE(find(plan, EffectKind::create_rma), nullptr);
  EXPECT_EQ(find(plan, EffectKind::process), nullptr);
}

TEST(DecideProcess, Law2OnceARetryOfAPersonsThatWasNotAnsweredIsNotRepeatedByItself) {
  auto story = processing();
  story.end("process/1");
  story.tell(SourceHinted{.view = {}, .process_failed = true, .message = "declined"});
  story.tell(RetryAsked{.key = "process/1"});
  story.read().step();
  ASSERT_NE(find_effect(story.state(), "process/2"), nullptr);
  story.tell(EffectEnded{.key = "process/2", .status = EffectStatus::withdrawn, .code = std::string(not_taken)});
  const auto plan = story.read().look();
  EXPECT_EQ(find(plan, EffectKind::process), nullptr);
  EXPECT_NE(find_attention(plan, "process_unanswered"), nullptr);
  story.tell(RetryAsked{.key = "process/2"});
  EXPECT_NE(find(story.read().look(), EffectKind::process), nullptr);
}

TEST(DecideProcess, Law2OnceAFailureToldBeforeTheAnswerEndsTheJob) {
  auto story = processing();
  EXPECT_TRUE(is_wanted(story.state(), story.policies(), story.now, "process/1"));
  story.tell(SourceHinted{.view = {}, .process_failed = true, .message = "declined"});
  const auto plan = story.read().step();
  EXPECT_EQ(plan.told, (std::vector<std::string>{"process/1"}));
  EXPECT_FALSE(is_wanted(story.state(), story.policies(), story.now, "process/1")) << "a person decides now";
  EXPECT_EQ(find(plan, EffectKind::process), nullptr);
  EXPECT_TRUE(plan.wake_at);  // the job may be running now
  story.end("process/1");
  const auto after = story.read().look();
  EXPECT_NE(find_attention(after, "process_failed"), nullptr);
  EXPECT_TRUE(after.told.empty());
}

TEST(DecideProcess, Law3MoneyIsNotMovedByADestinationThatWasPausedMeanwhile) {
  for (const auto mode : {Mode::paused, Mode::shadow}) {
    auto story = processing();
    auto& now_in = story.policies().front().policy.mode;
    now_in = mode;
    EXPECT_FALSE(is_wanted(story.state(), story.policies(), story.now, "process/1"));
    story.end("process/1", EffectStatus::withdrawn).read();
    const auto meanwhile = story.look();
    const auto* shown = find(meanwhile, EffectKind::process);
    EXPECT_TRUE(shown == nullptr || shown->shadow);
    now_in = Mode::live;
    const auto live = story.look();
    const auto* planned = find(live, EffectKind::process);
    ASSERT_NE(planned, nullptr);
    EXPECT_FALSE(planned->shadow);
  }
}

TEST(DecideProcess, AHintThatCameMeanwhileDoesNotStopAProcessWhoseReturnWasReadOnceMore) {
  auto story = processing();
  story.tell(SourceHinted{});
  EXPECT_TRUE(is_wanted(story.state(), story.policies(), story.now, "process/1"));
  EXPECT_FALSE(is_wanted(story.state(), story.policies(), story.now, "process/2")) << "nobody planned that";
}

// Its failure may be told when the next one was planned and taken back already.
TEST(DecideProcess, Law2OnceAFailureOfAProcessTakenForLostIsHeardHoweverLate) {
  auto story = processing();
  story.tell(EffectEnded{.key = "process/1", .status = EffectStatus::withdrawn, .code = std::string(not_taken)});
  story.read().step();
  ASSERT_NE(find_effect(story.state(), "process/2"), nullptr);
  story.end("process/2", EffectStatus::withdrawn);
  story.tell(SourceHinted{.view = {}, .process_failed = true, .message = "declined"});
  const auto plan = story.read().step();
  EXPECT_EQ(find(plan, EffectKind::process), nullptr);
  EXPECT_NE(find_attention(plan, "process_failed"), nullptr);
  story.tell(RetryAsked{.key = "process/2"});
  EXPECT_NE(find(story.read().step(), EffectKind::process), nullptr) << "a person asked for it";
  story.end("process/3", EffectStatus::withdrawn);
  story.tell(SourceHinted{.view = {}, .process_failed = true, .message = "declined"});
  EXPECT_NE(find(story.read().look(), EffectKind::process), nullptr) << "what was told of the earlier one is over";
}

TEST(DecideProcess, AnAcceptedProcessIsLookedForOnAScheduleThenAPersonIsTold) {
  auto story = processing();
  story.end("process/1");
  const Time accepted = story.now;
  story.step();
  std::vector<std::int64_t> looks;
  for (int i = 0; i < 40; ++i) {
    story.now = story.now + Millis{1};
    story.read();
    const auto plan = story.step();
    if (!plan.wake_at) break;
    story.now = *plan.wake_at;
    if (const auto woken = story.step(); find(woken, EffectKind::read_source) != nullptr) {
      looks.push_back((story.now - accepted).count() / 1000);
      story.end(find(woken, EffectKind::read_source)->key);
    }
  }
  EXPECT_EQ(looks, (std::vector<std::int64_t>{5, 30, 120, 600, 1800, 3600, 7200, 14'400, 28'800, 57'600, 86'400}));
  EXPECT_NE(find_attention(story.look(), "process_unconfirmed"), nullptr);
  story.read(view_of(SourceState::closed));
  EXPECT_TRUE(story.look().attention.empty()) << "this goes by itself";
  EXPECT_EQ(story.look().summary, "processed, and closed at the source");
}

TEST(DecideProcess, Law2OnceAnAcceptedProcessIsNotAskedForAgain) {
  auto story = processing();
  story.end("process/1").read().rma_hint().rma_read(receipt_of("warehouse complete")).read();
  EXPECT_EQ(find(story.look(), EffectKind::process), nullptr);
}

struct TroubleCase {
  EffectStatus ended;
  const char* attention;
};

TEST(DecideProcess, Law10SeenAProcessThatEndedBadlyIsAPersonsToRetry) {
  for (const auto& [ended, attention] :
       {TroubleCase{EffectStatus::refused, "process_refused"},
        TroubleCase{EffectStatus::abandoned, "process_abandoned"}, TroubleCase{EffectStatus::done, "process_failed"}}) {
    auto story = processing();
    story.end("process/1", ended);
    if (ended == EffectStatus::done)
      story.tell(SourceHinted{.view = {}, .process_failed = true, .message = "declined"});
    story.read();
    EXPECT_NE(find_attention(story.look(), attention), nullptr) << attention;
    EXPECT_EQ(find(story.look(), EffectKind::process), nullptr) << attention;
    const auto again = story.tell(RetryAsked{.key = "process/1"}).look();
    ASSERT_NE(find(again, EffectKind::process), nullptr) << attention;
    EXPECT_EQ(find(again, EffectKind::process)->key, "process/2");
    EXPECT_EQ(find_attention(again, attention), nullptr);
  }
}

TEST(DecideProcess, Law10SeenTroubleAfterClosingIsAPersons) {
  Story story;
  const auto plan = story.with_rma().read(view_of(SourceState::closed)).rma_read(receipt_of("damaged")).look();
  EXPECT_TRUE(plan.effects.empty());
  EXPECT_NE(find_attention(plan, "trouble_after_closing"), nullptr);
}

}  // namespace
}  // namespace backhaul::returns
