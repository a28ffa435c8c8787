// What is decided about the RMA: when one is made, with what, and what follows when the return ends otherwise.

#include "returns/returns_fixture.hpp"

namespace backhaul::returns {
namespace {

using namespace std::chrono_literals;

TEST(DecideRma, Law5ConvergesAnRmaThatNobodyWatchedIsRead) {
  for (const bool unwatched : {false, true}) {
    Story story;
    story.hint();
    story.step();
    story.tell(EffectEnded{.key = "create_rma/con_hero/1",
                           .rma = ExternalId{"rma-1"},
                           .unwatched = unwatched,
                           .lines = {{"A", 2}, {"B", 1}}});
    EXPECT_EQ(find(story.step(), EffectKind::read_rma) != nullptr, unwatched);
  }
}

TEST(DecideRma, AHintIsEnoughToMakeOneAndAReadFollows) {
  Story story;
  const auto plan = story.hint().look();
  EXPECT_EQ(keys_of(plan), (std::vector<std::string>{"read_source/1", "create_rma/con_hero/1"}));
  const auto& create = *find(plan, EffectKind::create_rma);
  EXPECT_EQ(create.connection, hero_id);
  EXPECT_EQ(create.priority, Priority::make);
  EXPECT_EQ(create.not_before, story.now);
  EXPECT_EQ(create.work.subject.value, "9001");
  EXPECT_EQ(create.work.reference, "9001");
  EXPECT_EQ(create.work.order_number, "1001");
  EXPECT_EQ(find(plan, EffectKind::read_source)->not_before, story.now + 10s)
      << "one read serves hints that come together";
}

TEST(DecideRma, Law6ExplainedEachEffectNamesItsCausesRuleAndPolicyVersion) {
  auto policy = policy_of();
  policy.version = 7;
  Story story({at(hero_id, policy)});
  story.hint();
  story.now = story.now + 1s;
  story.hint();
  const auto plan = story.look();
  for (const auto& effect : plan.effects) EXPECT_EQ(effect.causes, (std::vector{EventId{2}})) << effect.key;
  EXPECT_EQ(find(plan, EffectKind::create_rma)->rule, "created on: return created");
  EXPECT_EQ(find(plan, EffectKind::create_rma)->policy_version, 7);
  EXPECT_EQ(find(plan, EffectKind::read_source)->policy_version, 0) << "reads need no policy";
  EXPECT_FALSE(plan.summary.empty());
}

TEST(DecideRma, AHintWithoutAViewOnlyAsks) {
  Story story;
  story.tell(SourceHinted{});
  EXPECT_EQ(keys_of(story.step()), (std::vector<std::string>{"read_source/1"}));
  EXPECT_TRUE(story.look().effects.empty()) << "and asks once";
}

TEST(DecideRma, Law2OnceWhatIsPlannedIsNotPlannedAgain) {
  Story story;
  story.hint();
  EXPECT_FALSE(story.step().effects.empty());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(story.hint().step().effects.empty());
}

struct StateCase {
  SourceState state;
  bool make_for_closed;
  bool made;
};

TEST(DecideRma, IsMadeForReturnsWhoseGoodsAreComing) {
  for (const auto& [state, make_for_closed, made] :
       {StateCase{SourceState::open, false, true}, StateCase{SourceState::review, false, true},
        StateCase{SourceState::closed, false, false}, StateCase{SourceState::closed, true, true},
        StateCase{SourceState::cancelled, true, false}, StateCase{SourceState::expired, true, false},
        StateCase{SourceState::unknown, true, false}}) {
    Story story({at(hero_id, policy_of({{"make_for_closed", make_for_closed}}))});
    EXPECT_EQ(find(story.read(view_of(state)).look(), EffectKind::create_rma) != nullptr, made) << to_string(state);
  }
}

TEST(DecideRma, LinesAreCountedPerSkuWithReasonsAndMaps) {
  Story story({at(hero_id, policy_of({{"skus", {{"A", "HERO-A"}}},
                                      {"reasons", {{"Too small", "SIZE"}}},
                                      {"warehouses", {{"d1", "W1"}}},
                                      {"reference", "{order_name}/{return_id}"}}))});
  auto view = labelled_view("1Z");
  view.destination_id = "d1";
  view.units[1].reason = "Damaged";
  view.units[2].reason.clear();
  view.units[2].parent_reason = "Other";
  const auto plan = story.hint(view).look();
  const auto& work = find(plan, EffectKind::create_rma)->work;
  ASSERT_EQ(work.lines.size(), 2U);
  EXPECT_EQ(work.lines[0].sku, "HERO-A");
  EXPECT_EQ(work.lines[0].quantity, 2);
  EXPECT_EQ(work.lines[0].reason, "SIZE; Damaged");
  EXPECT_EQ(work.lines[0].provider_line_ids, (std::vector<std::string>{"p11", "p12"}));
  EXPECT_EQ(work.lines[1].sku, "B");
  EXPECT_EQ(work.lines[1].reason, "Other");
  EXPECT_EQ(work.reason, "SIZE; Damaged; Other");
  EXPECT_EQ(work.warehouse, "W1");
  EXPECT_EQ(work.reference, "1001/9001");
  EXPECT_EQ(work.carrier, "ups");
  EXPECT_EQ(work.tracking_number, "1Z");
}

TEST(DecideRma, WaitsForLineItems) {
  auto view = view_of();
  view.units.clear();
  Story story;
  EXPECT_EQ(keys_of(story.hint(view).look()), (std::vector<std::string>{"read_source/1"}));
}

TEST(DecideRma, WaitsForALabelAsLongAsThePolicySays) {
  Story story({at(hero_id, policy_of({{"wait_for_label_s", 120}}))});
  const auto held = story.read().look();
  EXPECT_TRUE(held.effects.empty());
  EXPECT_EQ(held.wake_at, noon + 120s);
  EXPECT_NE(find(Story(story).hint(labelled_view("1Z")).look(), EffectKind::read_source), nullptr);
  EXPECT_NE(find(Story(story).read(labelled_view("1Z")).look(), EffectKind::create_rma), nullptr);
  story.now = noon + 120s;
  EXPECT_NE(find(story.look(), EffectKind::create_rma), nullptr);
}

TEST(DecideRma, WaitsForALabelForEverWhereTheDestinationNeedsOne) {
  Story story({at(hero_id, policy_of(), {.needs_tracking_to_create = true})});
  story.read();
  story.now = story.now + 720h;
  EXPECT_TRUE(story.look().effects.empty());
  EXPECT_FALSE(story.look().wake_at);
  EXPECT_NE(find(story.read(labelled_view("1Z")).look(), EffectKind::create_rma), nullptr);
}

TEST(DecideRma, IsLetGoWhenTheReturnIsCancelledBeforeItIsMade) {
  Story story;
  story.hint();
  story.step();
  const auto plan = story.read(view_of(SourceState::cancelled)).look();
  EXPECT_EQ(plan.withdraw, (std::vector<std::string>{"create_rma/con_hero/1"}));
  EXPECT_TRUE(plan.effects.empty());
}

TEST(DecideRma, IsMadeAfterAllWhenAnEarlierPlanWasWithdrawn) {
  Story story;
  story.hint();
  story.step();
  story.read(view_of(SourceState::cancelled)).end("create_rma/con_hero/1", EffectStatus::withdrawn).read();
  const auto plan = story.step();
  ASSERT_NE(find(plan, EffectKind::create_rma), nullptr);
  EXPECT_EQ(find(plan, EffectKind::create_rma)->key, "create_rma/con_hero/2");
  EXPECT_EQ(find(plan, EffectKind::create_rma)->work.reference, "9001") << "it is still the first RMA";
}

TEST(DecideRma, Law10SeenARefusalStaysOnTheListUntilAPersonRetries) {
  Story story;
  story.hint();
  story.step();
  story.end("create_rma/con_hero/1", EffectStatus::refused).read();
  const auto plan = story.look();
  EXPECT_TRUE(plan.effects.empty());
  const auto* item = find_attention(plan, "rma_not_made");
  ASSERT_NE(item, nullptr);
  EXPECT_NE(item->why.find("E1 said no"), std::string::npos);
  EXPECT_EQ(item->connection, hero_id);
  const auto again = story.tell(RetryAsked{.key = "create_rma/con_hero/1"}).look();
  EXPECT_EQ(find_attention(again, "rma_not_made"), nullptr);
  EXPECT_NE(find(again, EffectKind::create_rma), nullptr);
}

TEST(DecideRma, ALabelThatComesLaterIsAttachedOnce) {
  Story story;
  story.with_rma().hint().read(labelled_view("1Z"));
  const auto plan = story.step();
  const auto* attach = find(plan, EffectKind::attach_tracking);
  ASSERT_NE(attach, nullptr);
  EXPECT_EQ(attach->work.subject.value, "rma-con_hero");
  EXPECT_EQ(attach->work.tracking_number, "1Z");
  EXPECT_EQ(attach->work.label_url, "https://l/1");
  story.tell(EffectEnded{.key = attach->key, .tracking_number = "1Z"});
  EXPECT_TRUE(story.look().effects.empty());
  EXPECT_EQ(find(story.read(labelled_view("1Z-other")).look(), EffectKind::attach_tracking), nullptr)
      << "the first number stays";
}

TEST(DecideRma, ALabelIsNotAttachedWhereThatCannotBeDone) {
  Story story({at(hero_id, policy_of(), {})});
  const auto plan = story.with_rma().read(labelled_view("1Z")).look();
  EXPECT_TRUE(plan.effects.empty());
}

TEST(DecideRma, IsCancelledWithTheReturn) {
  Story story;
  story.with_rma().read(view_of(SourceState::cancelled));
  const auto first = story.step();
  EXPECT_EQ(find(first, EffectKind::cancel_rma), nullptr) << "goods may have come meanwhile";
  EXPECT_NE(find(first, EffectKind::read_rma), nullptr);
  const auto plan = story.rma_read(receipt_of("pending", 0, 0)).step();
  const auto* cancel = find(plan, EffectKind::cancel_rma);
  ASSERT_NE(cancel, nullptr);
  EXPECT_EQ(cancel->work.subject.value, "rma-con_hero");
  story.end(cancel->key);
  EXPECT_TRUE(story.look().effects.empty());
  EXPECT_TRUE(story.look().attention.empty());
}

TEST(DecideRma, Law10SeenACancelledReturnWhoseRmaStaysIsAPersons) {
  Story story({at(hero_id, policy_of(), {})});
  const auto plan = story.with_rma().read(view_of(SourceState::cancelled)).look();
  EXPECT_TRUE(plan.effects.empty());
  EXPECT_NE(find_attention(plan, "cancelled_with_rma"), nullptr);
  story.rma_read(receipt_of("complete", 0, 0));
  EXPECT_TRUE(story.look().attention.empty()) << "until it was given a final status there";
}

TEST(DecideRma, Law10SeenGoodsForACancelledReturnAreAPersons) {
  Story story;
  const auto plan = story.with_rma().rma_read(receipt_of("complete")).read(view_of(SourceState::cancelled)).look();
  EXPECT_EQ(find(plan, EffectKind::cancel_rma), nullptr);
  EXPECT_NE(find_attention(plan, "goods_for_cancelled"), nullptr);
}

TEST(DecideRma, GoesToTheDestinationsThePolicyNames) {
  Story story(
      {at(hero_id, policy_of({{"destinations", {"d1"}}})), at(other_id, policy_of({{"destinations", {"d2"}}}))});
  auto view = view_of();
  view.destination_id = "d2";
  const auto plan = story.hint(view).look();
  EXPECT_EQ(find(plan, EffectKind::create_rma, hero_id), nullptr);
  EXPECT_NE(find(plan, EffectKind::create_rma, other_id), nullptr);
}

TEST(DecideRma, PausedDecidesNothingAndLooksAgain) {
  Story story({at(hero_id, policy_of({{"mode", "paused"}}))});
  const auto plan = story.read().look();
  EXPECT_TRUE(plan.effects.empty());
  EXPECT_EQ(plan.wake_at, story.now + 60s);
}

TEST(DecideRma, ShadowPlansWhatIsRecordedAndNeverPerformed) {
  Story story({at(hero_id, policy_of({{"mode", "shadow"}}))});
  const auto plan = story.hint().look();
  EXPECT_TRUE(find(plan, EffectKind::create_rma)->shadow);
  EXPECT_FALSE(find(plan, EffectKind::read_source)->shadow) << "reads are performed";
}

TEST(DecideRma, ReturnsFromBeforeTheCutOffAreLeftAlone) {
  Story story({at(hero_id, policy_of({{"cut_off", "2027-01-01"}}))});
  const auto plan = story.read().look();
  EXPECT_TRUE(plan.effects.empty());
  EXPECT_EQ(plan.rule, "cut_off");
}

TEST(DecideRma, AReturnTheSourceDoesNotKnowIsAPersonsAndAskedForAgainWhenHeardOf) {
  Story story;
  story.hint();
  story.tell(SourceIsGone{.as_of = story.last()});
  auto plan = story.look();
  EXPECT_TRUE(plan.effects.empty());
  EXPECT_NE(find_attention(plan, "unknown_at_source"), nullptr);
  plan = story.hint().look();
  EXPECT_EQ(plan.effects.size(), 1U);
  EXPECT_NE(find(plan, EffectKind::read_source), nullptr);
}

TEST(DecideRma, Law9BoundedAReadThatEndedBadlyWaitsForNews) {
  for (const auto ended : {EffectStatus::refused, EffectStatus::abandoned}) {
    Story story;
    story.tell(SourceHinted{});
    story.step();
    story.end("read_source/1", ended);
    const auto plan = story.look();
    EXPECT_TRUE(plan.effects.empty()) << to_string(ended);
    EXPECT_NE(find_attention(plan, "cannot_read"), nullptr) << to_string(ended);
    EXPECT_NE(find(story.tell(SourceHinted{}).look(), EffectKind::read_source), nullptr) << to_string(ended);
  }
}

}  // namespace
}  // namespace backhaul::returns
