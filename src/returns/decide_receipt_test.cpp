// What is decided on a receipt: reading it, processing, asking a person, and what comes after.

#include "returns/returns_fixture.hpp"

namespace backhaul::returns {
namespace {

using namespace std::chrono_literals;

Story received(std::string status, std::int64_t a = 2, std::int64_t b = 1) {
  Story story;
  story.with_rma().rma_read(receipt_of(std::move(status), a, b)).read();
  return story;
}

Story processing() {
  auto story = received("complete");
  EXPECT_NE(find(story.step(), EffectKind::process), nullptr);
  return story;
}

TEST(DecideReceipt, AChangedRmaIsReadOnceItsClerkHasSaved) {
  Story story;
  story.with_rma().rma_hint();
  const auto plan = story.step();
  const auto* read = find(plan, EffectKind::read_rma);
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->work.subject.value, "rma-con_hero");
  EXPECT_EQ(read->not_before, story.now + 250ms);
  EXPECT_TRUE(story.rma_hint().look().effects.empty()) << "the read on its way serves this hint too";
}

TEST(DecideReceipt, CompleteAndFreshIsProcessed) {
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

TEST(DecideReceipt, Law3NeverEarlyAHintAfterTheReadAsksAgainFirst) {
  auto story = received("complete");
  story.hint();
  const auto plan = story.look();
  EXPECT_EQ(find(plan, EffectKind::process), nullptr);
  EXPECT_NE(find(plan, EffectKind::read_source), nullptr);
  EXPECT_NE(find(story.read().look(), EffectKind::process), nullptr);
}

TEST(DecideReceipt, Law3NeverEarlyAStaleReceiptTakesThePlannedProcessBack) {
  auto story = processing();
  const auto plan = story.rma_hint().look();
  EXPECT_EQ(plan.withdraw, (std::vector<std::string>{"process/1"}));
  EXPECT_NE(find(plan, EffectKind::read_rma), nullptr);
}

TEST(DecideReceipt, Law3NeverEarlyOtherFactsTakeThePlannedProcessBack) {
  for (const char* status : {"damaged", "pending", "brand new word"}) {
    auto story = processing();
    EXPECT_EQ(story.rma_read(receipt_of(status)).look().withdraw, (std::vector<std::string>{"process/1"})) << status;
  }
}

TEST(DecideReceipt, AProcessTakenBackIsPlannedAfreshWhenItIsTimeAgain) {
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

TEST(DecideReceipt, Law3NeverEarlyNothingIsProcessedThatIsNotOpen) {
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

TEST(DecideReceipt, AReviewTakesNothingAwayOnceItIsOver) {
  Story story;
  story.with_rma().read(flagged_view()).rma_read(receipt_of("complete"));
  story.step();
  EXPECT_NE(find(story.read().look(), EffectKind::process), nullptr);
}

// A lost hint may have told that a person looks already, or that the return is over: the source is asked after the
// receipt.
TEST(DecideReceipt, Law5ConvergesAPersonIsAskedOnlyOnAReadAfterTheReceipts) {
  Story story;
  const auto plan = story.with_rma().rma_hint().rma_read(receipt_of("damaged")).step();
  EXPECT_EQ(find(plan, EffectKind::flag), nullptr);
  EXPECT_EQ(find(plan, EffectKind::note), nullptr);
  ASSERT_NE(find(plan, EffectKind::read_source), nullptr);
  EXPECT_EQ(find(plan, EffectKind::read_source)->not_before, story.now);
  EXPECT_NE(find(story.read().look(), EffectKind::flag), nullptr);
}

TEST(DecideReceipt, DamageIsFlaggedWithANote) {
  auto story = received("damaged");
  const auto plan = story.step();
  const auto* flag = find(plan, EffectKind::flag);
  const auto* note = find(plan, EffectKind::note);
  ASSERT_NE(flag, nullptr);
  ASSERT_NE(note, nullptr);
  EXPECT_EQ(flag->key, "flag/con_hero/" + decision_digest(receipt_of("damaged")) + "/1");
  EXPECT_EQ(note->work.text, "con_hero, RMA 9001: status damaged.");
  EXPECT_TRUE(story.look().effects.empty());
}

TEST(DecideReceipt, Law4NeverNaggingALiftedFlagIsRaisedForNewFactsOnly) {
  auto story = received("damaged");
  const auto first = story.step();
  ASSERT_EQ(first.effects.size(), 2U);
  for (const auto& effect : first.effects) story.end(effect.key);
  story.read(flagged_view()).read();
  auto plan = story.look();
  EXPECT_TRUE(plan.effects.empty());
  EXPECT_NE(plan.summary.find("lifted the flag"), std::string::npos) << plan.summary;
  EXPECT_TRUE(story.rma_hint().rma_read(receipt_of("damaged")).read().look().effects.empty())
      << "the same facts, read again";
  plan = story.rma_read(receipt_of("damaged", 1)).read().look();
  EXPECT_NE(find(plan, EffectKind::flag), nullptr);
}

TEST(DecideReceipt, Law4NeverNaggingWhatWasSeenInAReviewIsNotFlaggedAfterIt) {
  Story story;
  story.with_rma().rma_read(receipt_of("damaged")).read(flagged_view());
  const auto plan = story.step();
  EXPECT_EQ(find(plan, EffectKind::flag), nullptr) << "a person looks already";
  ASSERT_NE(find(plan, EffectKind::note), nullptr);
  story.end(find(plan, EffectKind::note)->key).read();
  EXPECT_TRUE(story.look().effects.empty());
}

TEST(DecideReceipt, ARefusedFlagIsOnTheListAndCanBeRetried) {
  auto story = received("damaged");
  const auto plan = story.step();
  const auto key = find(plan, EffectKind::flag)->key;
  story.end(key, EffectStatus::refused).end(find(plan, EffectKind::note)->key).read();
  EXPECT_TRUE(story.look().effects.empty());
  EXPECT_NE(find_attention(story.look(), "effect_refused"), nullptr);
  const auto again = story.tell(RetryAsked{.key = key}).look();
  ASSERT_NE(find(again, EffectKind::flag), nullptr);
  EXPECT_EQ(find(again, EffectKind::note), nullptr) << "the note stands";
}

TEST(DecideReceipt, CountsThatDifferMustStandBeforeAPersonIsAsked) {
  auto story = received("complete", 1);
  const Time changed = story.now;
  auto plan = story.step();
  EXPECT_TRUE(plan.effects.empty());
  EXPECT_EQ(plan.wake_at, changed + 30s);
  story.now = changed + 30s;
  plan = story.step();
  EXPECT_NE(find(plan, EffectKind::read_rma), nullptr) << "counts lag behind the status: look again";
  plan = story.rma_read(receipt_of("complete", 1)).read().look();
  ASSERT_NE(find(plan, EffectKind::flag), nullptr);
  EXPECT_NE(find(plan, EffectKind::note)->work.text.find("A: expected 2, received 1"), std::string::npos);
}

TEST(DecideReceipt, CountsThatCatchUpAreProcessed) {
  auto story = received("complete", 1);
  story.step();
  story.now = story.now + 30s;
  story.step();
  EXPECT_NE(find(story.rma_read(receipt_of("complete")).look(), EffectKind::process), nullptr);
}

TEST(DecideReceipt, WithoutASettleTimeAPersonIsAskedAtOnce) {
  Story story({at(hero_id, policy_of({{"settle_s", 0}}))});
  EXPECT_NE(find(story.with_rma().rma_read(receipt_of("complete", 1)).read().look(), EffectKind::flag), nullptr);
}

TEST(DecideReceipt, Law10SeenAnUnknownStatusIsAPersons) {
  const auto plan = received("brand new word").look();
  EXPECT_TRUE(plan.effects.empty());
  EXPECT_NE(find_attention(plan, "unknown_status"), nullptr);
  EXPECT_TRUE(received("pending").look().attention.empty());
}

TEST(DecideReceipt, SeveralWarehousesMustAgree) {
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

TEST(DecideReceipt, AnAcceptedProcessIsLookedForOnAScheduleThenAPersonIsTold) {
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

TEST(DecideReceipt, Law2OnceAnAcceptedProcessIsNotAskedForAgain) {
  auto story = processing();
  story.end("process/1").read().rma_hint().rma_read(receipt_of("warehouse complete")).read();
  EXPECT_EQ(find(story.look(), EffectKind::process), nullptr);
}

struct TroubleCase {
  EffectStatus ended;
  const char* attention;
};

TEST(DecideReceipt, Law10SeenAProcessThatEndedBadlyIsAPersonsToRetry) {
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

TEST(DecideReceipt, Law10SeenTroubleAfterClosingIsAPersons) {
  Story story;
  const auto plan = story.with_rma().read(view_of(SourceState::closed)).rma_read(receipt_of("damaged")).look();
  EXPECT_TRUE(plan.effects.empty());
  EXPECT_NE(find_attention(plan, "trouble_after_closing"), nullptr);
}

TEST(DecideReceipt, ConditionsBecomeGradesOnceEach) {
  Story story({at(hero_id, policy_of({{"grades", {{"good", "A"}, {"missing", "X"}}}}))});
  auto receipt = receipt_of("issue", 1, 1);
  receipt.lines[0].condition = "good";
  const auto plan = story.with_rma().rma_read(receipt).read().step();
  const auto* grade = find(plan, EffectKind::grade);
  ASSERT_NE(grade, nullptr);
  ASSERT_EQ(grade->work.grades.size(), 2U);
  EXPECT_EQ(grade->work.grades[0].line_id, "11");
  EXPECT_EQ(grade->work.grades[0].category, "A");
  EXPECT_EQ(grade->work.grades[1].line_id, "12");
  EXPECT_EQ(grade->work.grades[1].category, "X");
  EXPECT_EQ(find(story.look(), EffectKind::grade), nullptr);
}

TEST(DecideReceipt, RulesMayCloseCancelNoteAndIgnore) {
  for (const auto& [action, kind] : {std::pair{"close", EffectKind::close}, std::pair{"cancel", EffectKind::cancel}}) {
    Story story({at(hero_id, policy_of({{"rules", {{{"name", "r"}, {"do", {action, "note: by rule"}}}}}}))});
    const auto plan = story.with_rma().rma_read(receipt_of("complete")).read().step();
    ASSERT_NE(find(plan, kind), nullptr) << action;
    EXPECT_EQ(find(plan, kind)->rule, "rule \"r\"");
    EXPECT_EQ(find(plan, EffectKind::note)->work.text, "by rule");
    EXPECT_EQ(find(plan, EffectKind::process), nullptr);
    EXPECT_TRUE(story.look().effects.empty());
  }
  Story story({at(hero_id, policy_of({{"rules", {{{"name", "r"}, {"do", {"ignore"}}}}}}))});
  EXPECT_TRUE(story.with_rma().rma_read(receipt_of("damaged")).look().effects.empty());
}

TEST(DecideReceipt, Law10SeenARuleThatFailsIsAPersons) {
  Story story({at(
      hero_id, policy_of({{"rules", {{{"name", "r"}, {"when", ".receipt.status | tonumber"}, {"do", {"flag"}}}}}}))});
  const auto plan = story.with_rma().rma_read(receipt_of("complete")).look();
  EXPECT_NE(find_attention(plan, "rule_error"), nullptr);
  EXPECT_NE(find(plan, EffectKind::process), nullptr) << "the table decides";
}

}  // namespace
}  // namespace backhaul::returns
