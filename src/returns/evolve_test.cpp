#include "returns/evolve.hpp"

#include "returns/codec.hpp"
#include "returns/returns_fixture.hpp"

namespace backhaul::returns {
namespace {

const EffectRecord& record(const Story& story, std::string_view key) {
  const auto* found = find_effect(story.state(), key);
  EXPECT_NE(found, nullptr) << key;
  static const EffectRecord none;
  return found == nullptr ? none : *found;
}

// A story whose process was planned on a complete receipt.
Story with_process() {
  Story story;
  story.with_rma().rma_read(receipt_of("complete"));
  EXPECT_NE(find(story.step(), EffectKind::process), nullptr);
  return story;
}

TEST(Evolve, AFirstHintIsTheViewUntilARead) {
  Story story;
  story.hint();
  EXPECT_TRUE(story.state().has_view);
  EXPECT_EQ(story.state().view, view_of());
  EXPECT_EQ(story.state().hint, EventId{1});
  EXPECT_FALSE(story.state().read);
}

TEST(Evolve, Law3NeverEarlyAHintDoesNotChangeWhatWasRead) {
  Story story;
  story.read();
  story.hint(view_of(SourceState::closed));
  EXPECT_EQ(story.state().view.state, SourceState::open);
  EXPECT_GT(story.state().hint, story.state().read);
}

TEST(Evolve, Law5ConvergesHintsBeforeAReadGiveTheSamePictureInEveryOrder) {
  std::vector<SourceView> hints{view_of(), labelled_view("T2"), labelled_view("T1"), flagged_view(),
                                view_of(SourceState::closed)};
  hints[1].units.clear();
  hints[2].units.clear();
  std::vector<std::size_t> order{0, 1, 2, 3, 4};
  std::optional<std::string> picture;
  do {
    Story story;
    for (const auto index : order) story.hint(hints[index]);
    const auto& view = story.state().view;
    const std::string seen = std::string(to_string(view.state)) + (view.flagged ? "!" : "") +
                             std::to_string(view.units.size()) + view.labels.at(0).tracking_number +
                             view.labels.at(1).tracking_number;
    if (!picture) picture = seen;
    ASSERT_EQ(seen, *picture);
  } while (std::ranges::next_permutation(order).found);
  EXPECT_EQ(*picture, "closed!3T1T2");
}

TEST(Evolve, ALabelWithoutANumberIsNoLabel) {
  Story story;
  auto view = view_of();
  view.labels = {{.carrier = "ups", .tracking_number = "", .status = "created", .url = {}}};
  story.hint(view);
  EXPECT_TRUE(story.state().view.labels.empty());
}

TEST(Evolve, Law5ConvergesAnOvertakenReadIsIgnored) {
  Story story;
  story.hint().hint();
  story.tell(SourceWasRead{.view = view_of(SourceState::closed), .as_of = EventId{2}});
  story.tell(SourceWasRead{.view = view_of(SourceState::open), .as_of = EventId{1}});
  EXPECT_EQ(story.state().view.state, SourceState::closed);
  EXPECT_EQ(story.state().read, EventId{2});
}

TEST(Evolve, Law5ConvergesAnOvertakenReceiptIsIgnored) {
  Story story;
  story.with_rma().rma_hint();
  const auto hint = story.last();
  story.tell(RmaWasRead{.destination = hero_id, .receipt = receipt_of("complete"), .as_of = hint});
  story.tell(
      RmaWasRead{.destination = hero_id, .receipt = receipt_of("pending", 0, 0), .as_of = EventId{hint.value - 1}});
  EXPECT_EQ(find_destination(story.state(), hero_id)->receipt.status, "complete");
}

TEST(Evolve, AReadOfTheSameReceiptMovesOnlyWhenItWasRead) {
  Story story;
  story.with_rma().rma_read(receipt_of("complete"));
  const Time first = story.now;
  story.now = story.now + Millis{5'000};
  story.rma_read(receipt_of("complete"));
  const auto& destination = *find_destination(story.state(), hero_id);
  EXPECT_EQ(destination.receipt_changed_at, first);
  EXPECT_EQ(destination.read_at, story.now);
  story.rma_read(receipt_of("complete", 1));
  EXPECT_EQ(find_destination(story.state(), hero_id)->receipt_changed_at, story.now);
}

TEST(Evolve, AMadeRmaIsRememberedAndADoubledOutcomeChangesNothing) {
  Story story;
  story.hint();
  story.step();
  EXPECT_EQ(find_destination(story.state(), hero_id)->phase, RmaPhase::making);
  const EffectEnded made{
      .key = "create_rma/con_hero/1", .rma = ExternalId{"R1"}, .lines = {{"A", 2}}, .tracking_number = "T1"};
  story.tell(made);
  story.tell(EffectEnded{.key = made.key, .rma = ExternalId{"R2"}});
  const auto& destination = *find_destination(story.state(), hero_id);
  EXPECT_EQ(destination.phase, RmaPhase::made);
  EXPECT_EQ(destination.generation, 1);
  EXPECT_EQ(destination.rma.value, "R1");
  EXPECT_EQ(destination.reference, "9001");
  EXPECT_EQ(destination.tracking_sent, "T1");
  EXPECT_EQ(destination.expected, (std::map<std::string, std::int64_t>{{"A", 2}}));
}

struct EndCase {
  EffectStatus ended;
  RmaPhase phase;
};

TEST(Evolve, ACreateThatDidNotEndWellSaysHow) {
  for (const auto& [ended, phase] :
       {EndCase{EffectStatus::refused, RmaPhase::refused}, EndCase{EffectStatus::abandoned, RmaPhase::refused},
        EndCase{EffectStatus::withdrawn, RmaPhase::none}}) {
    Story story;
    story.hint();
    story.step();
    story.end("create_rma/con_hero/1", ended);
    EXPECT_EQ(find_destination(story.state(), hero_id)->phase, phase) << to_string(ended);
  }
}

TEST(Evolve, AnOutcomeOfSomethingNeverPlannedIsIgnored) {
  Story story;
  story.hint();
  const auto before = encode(story.state());
  story.end("process/7");
  auto after = story.state();
  after.last_event = EventId{1};
  EXPECT_EQ(encode(after), before);
}

TEST(Evolve, AProcessTheSourceTookIsAcceptedAndConfirmedWhenClosed) {
  auto story = with_process();
  story.end("process/1");
  EXPECT_EQ(record(story, "process/1").status, EffectStatus::accepted);
  EXPECT_GT(story.state().hint, story.state().read) << "what we did there is news";
  story.read(view_of(SourceState::closed));
  EXPECT_EQ(record(story, "process/1").status, EffectStatus::done);
}

TEST(Evolve, AFailureWordTurnsAnAcceptedProcessIntoAFailedOne) {
  auto story = with_process();
  story.end("process/1");
  story.tell(SourceHinted{.view = {}, .process_failed = true, .message = "card declined"});
  EXPECT_EQ(record(story, "process/1").status, EffectStatus::failed);
  EXPECT_EQ(record(story, "process/1").message, "card declined");
}

// The source answers and reports by different ways, so its failure may be heard before its "yes".
TEST(Evolve, Law5ConvergesAFailureHeardBeforeTheAcceptanceCounts) {
  auto story = with_process();
  story.tell(SourceHinted{.view = {}, .process_failed = true, .message = "card declined"});
  story.end("process/1");
  EXPECT_EQ(record(story, "process/1").status, EffectStatus::failed);
  EXPECT_EQ(record(story, "process/1").message, "card declined");
}

TEST(Evolve, Law2OnceAFailureWordSaysThatALostProcessTookPlace) {
  auto story = with_process();
  story.tell(SourceHinted{.view = {}, .process_failed = true, .message = "declined"});
  story.tell(EffectEnded{.key = "process/1", .status = EffectStatus::withdrawn, .code = std::string(not_taken)});
  EXPECT_EQ(record(story, "process/1").status, EffectStatus::failed);
  EXPECT_EQ(record(story, "process/1").message, "declined");
}

// The one before it was taken for lost, and is what failed.
TEST(Evolve, Law2OnceAFailureWordStandsWhenTheProcessItFoundWasNeverSent) {
  auto story = with_process();
  story.tell(SourceHinted{.view = {}, .process_failed = true, .message = "declined"});
  story.tell(EffectEnded{.key = "process/1", .status = EffectStatus::withdrawn, .message = "could not be read"});
  EXPECT_EQ(record(story, "process/1").status, EffectStatus::failed);
  EXPECT_EQ(record(story, "process/1").message, "declined");
}

TEST(Evolve, AFailureWordAboutAProcessThatIsOverIsIgnored) {
  auto story = with_process();
  story.end("process/1").read(view_of(SourceState::closed));
  story.tell(SourceHinted{.view = {}, .process_failed = true, .message = "late"});
  EXPECT_EQ(record(story, "process/1").status, EffectStatus::done);
}

TEST(Evolve, AClosedReturnSettlesAProcessThatSeemedToFail) {
  for (const auto ended : {EffectStatus::refused, EffectStatus::abandoned}) {
    auto story = with_process();
    story.end("process/1", ended).read(view_of(SourceState::closed));
    EXPECT_EQ(record(story, "process/1").status, EffectStatus::done) << to_string(ended);
  }
}

TEST(Evolve, AProcessRefusedForAReviewIsFreeAgainOnceTheReviewWasSeen) {
  auto story = with_process();
  story.end("process/1", EffectStatus::refused).read(flagged_view());
  EXPECT_EQ(record(story, "process/1").status, EffectStatus::withdrawn);
}

TEST(Evolve, EndedReadsLeaveTheLedgerAndThoseGivenUpStay) {
  Story story;
  story.hint();
  const auto* planned = find(story.step(), EffectKind::read_source);
  ASSERT_NE(planned, nullptr);
  auto done = story;
  done.end("read_source/1");
  EXPECT_EQ(find_effect(done.state(), "read_source/1"), nullptr);
  for (const auto ended : {EffectStatus::abandoned, EffectStatus::refused}) {
    auto bad = story;
    bad.end("read_source/1", ended);
    EXPECT_EQ(record(bad, "read_source/1").status, ended);
  }
}

TEST(Evolve, APersonsRetryFreesWhatEndedBadly) {
  Story story;
  story.hint();
  story.step();
  story.end("create_rma/con_hero/1", EffectStatus::refused);
  story.tell(RetryAsked{.key = "create_rma/con_hero/1"});
  EXPECT_EQ(record(story, "create_rma/con_hero/1").status, EffectStatus::withdrawn);
  EXPECT_EQ(find_destination(story.state(), hero_id)->phase, RmaPhase::none);
}

TEST(Evolve, APersonsRetryOfWhatWentWellChangesNothing) {
  auto story = with_process();
  story.end("process/1");
  story.tell(RetryAsked{.key = "process/1"}).tell(RetryAsked{.key = "nonsense"});
  EXPECT_EQ(record(story, "process/1").status, EffectStatus::accepted);
  EXPECT_EQ(find_destination(story.state(), hero_id)->phase, RmaPhase::made);
}

TEST(Evolve, GoneIsForgottenWhenTheSourceKnowsTheReturnAfterAll) {
  Story story;
  story.hint();
  story.tell(SourceIsGone{.as_of = story.last()});
  EXPECT_TRUE(story.state().gone);
  EXPECT_GE(story.state().read, story.state().hint);
  story.read();
  EXPECT_FALSE(story.state().gone);
}

// A hint that came while the question was under way is not covered by its answer.
TEST(Evolve, Law5ConvergesGoneCoversOnlyWhatWasKnownWhenItWasAsked) {
  Story story;
  story.hint();
  const auto asked = story.last();
  story.hint();
  story.tell(SourceIsGone{.as_of = asked});
  EXPECT_LT(story.state().read, story.state().hint);
}

TEST(Evolve, AnOvertakenAnswerCannotMakeAReturnGone) {
  Story story;
  story.hint().hint().read();
  story.tell(SourceIsGone{.as_of = EventId{1}});
  EXPECT_FALSE(story.state().gone);
}

}  // namespace
}  // namespace backhaul::returns
