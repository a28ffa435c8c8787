// What is decided on a receipt besides processing: reading it, asking a person, grades, rules.

#include "returns/returns_fixture.hpp"

namespace backhaul::returns {
namespace {

using namespace std::chrono_literals;

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

// The source's budget is small, so a read takes its time, unless a decision waits for it.
TEST(DecideReceipt, AReadThatTakesItsTimeGivesWayToOneThatIsWaitedFor) {
  Story story;
  story.with_rma().hint().step();
  const auto patient = keys_of(story.step());
  EXPECT_TRUE(patient.empty()) << "it is planned";
  const auto plan = story.rma_hint().rma_read(receipt_of("damaged")).step();
  const auto* read = find(plan, EffectKind::read_source);
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->not_before, story.now);
  ASSERT_EQ(plan.withdraw.size(), 1U);
  EXPECT_TRUE(plan.withdraw[0].starts_with("read_source/")) << plan.withdraw[0];
  EXPECT_NE(plan.withdraw[0], read->key);
  const auto again = story.step();
  EXPECT_EQ(find(again, EffectKind::read_source), nullptr) << "it is on its way";
  story.end(plan.withdraw[0], EffectStatus::withdrawn);
  EXPECT_EQ(find_effect(story.state(), plan.withdraw[0]), nullptr) << "the ledger does not grow";
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
