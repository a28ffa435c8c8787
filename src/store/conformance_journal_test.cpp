// Appending, duplicates, and what counts as news.

#include <set>

#include "store/conformance_test.hpp"

namespace backhaul::store {
namespace {

TEST_P(StoreConformance, Law1KeptAppendedEventsAreThereAfterReopening) {
  const auto first = append(delivery("9001", "one"));
  EXPECT_FALSE(first.duplicate || first.skipped);
  EXPECT_EQ(store->newest_event(), first.id);
  open();
  EXPECT_EQ(store->newest_event(), first.id);
  const auto taken = only_news();
  ASSERT_EQ(taken.events.size(), 1U);
  EXPECT_EQ(taken.events[0].id, first.id);
  EXPECT_EQ(taken.events[0].kind, EventKind::delivery);
  EXPECT_EQ(taken.events[0].connection, source_id);
  EXPECT_EQ(taken.events[0].subject.value, "9001");
  EXPECT_EQ(taken.events[0].topic, "return.updated");
  EXPECT_EQ(taken.events[0].body, "one");
  EXPECT_EQ(taken.events[0].at, start);
}

// A store may keep long bodies in a shape of its own.
TEST_P(StoreConformance, Law1KeptABodyComesBackAsItCame) {
  std::vector<std::string> texts{"", std::string("\0\xff", 2), std::string(100'000, 'a')};
  std::string json;
  for (int line = 0; line < 40; ++line) json += R"({"line_item_id":)" + std::to_string(line) + R"(,"sku":"TEE-BLK"},)";
  for (const std::size_t size : {511U, 512U, 513U}) texts.push_back(json.substr(0, size));
  texts.push_back(json);
  texts.push_back(noise(3'000));

  for (const auto& body : texts) append(delivery("9001", body));
  const auto taken = only_news();
  ASSERT_EQ(taken.events.size(), texts.size());
  const auto id = commit(step_of(taken)).id;
  const auto told = get(store->events_of_return(id, true));
  ASSERT_EQ(told.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(taken.events[i].body, texts[i]);
    EXPECT_EQ(told[i].body, texts[i]);
  }
}

TEST_P(StoreConformance, APageThatNamesAnObjectTwiceIsRecordedOnce) {
  const auto page = get(store->append({poll("9001", "d1"), poll("9001", "d1")}));
  EXPECT_FALSE(page[0].skipped);
  EXPECT_TRUE(page[1].skipped);
  EXPECT_TRUE(append(poll("9001", "d1")).skipped);
}

TEST_P(StoreConformance, AnAppendIsOneCommitInOrder) {
  const auto appended = get(store->append({delivery("1", "a"), delivery("2", "b"), delivery("1", "c")}));
  ASSERT_EQ(appended.size(), 3U);
  EXPECT_LT(appended[0].id, appended[1].id);
  EXPECT_LT(appended[1].id, appended[2].id);
  EXPECT_EQ(store->newest_event(), appended[2].id);
  EXPECT_TRUE(get(store->append({})).empty());
}

TEST_P(StoreConformance, AnAppendWithOneWrongEventWritesNothing) {
  std::vector<NewEvent> events{delivery("1", "a"), delivery("2", "b", ConnectionId{"con_nobody"})};
  EXPECT_EQ(refusal(store->append(std::move(events))), Error::Kind::not_found);
  EXPECT_TRUE(news().empty());
  EXPECT_FALSE(store->newest_event());
}

TEST_P(StoreConformance, Law2OnceTheSameBytesTwiceInARowAreADuplicate) {
  const auto first = append(delivery("9001", "one"));
  const auto second = append(delivery("9001", "one"));
  EXPECT_TRUE(second.duplicate);
  EXPECT_GT(second.id, first.id) << "it is recorded";
  EXPECT_EQ(only_news().events.size(), 1U) << "and is no news";
  EXPECT_FALSE(append(delivery("9002", "one")).duplicate) << "another return may say the same";
}

TEST_P(StoreConformance, TheSameBytesWithOthersBetweenAreNews) {
  append(delivery("9001", "open"));
  append(delivery("9001", "review"));
  EXPECT_FALSE(append(delivery("9001", "open")).duplicate) << "a state can come back";
  EXPECT_EQ(only_news().events.size(), 3U);
}

TEST_P(StoreConformance, AMessageIdSeenBeforeIsADuplicateWhateverCameBetween) {
  auto with_id = delivery("9001", "one");
  with_id.message_id = "m1";
  EXPECT_FALSE(append(with_id).duplicate);
  append(delivery("9001", "two"));
  EXPECT_TRUE(append(with_id).duplicate);
  with_id.message_id = "m2";
  EXPECT_FALSE(append(with_id).duplicate) << "another message may carry the same bytes";
  auto elsewhere = delivery("9002", "one");
  elsewhere.message_id = "m1";
  EXPECT_FALSE(append(elsewhere).duplicate) << "ids are per subject";
}

TEST_P(StoreConformance, ADuplicateNamesWhatItRepeats) {
  const auto first = append(delivery("9001", "one"));
  const auto second = append(delivery("9001", "one"));
  const auto id = commit(step_of(only_news())).id;
  const auto events = get(store->events_of_return(id, true));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_FALSE(events[0].duplicate_of);
  EXPECT_EQ(events[1].id, second.id);
  EXPECT_EQ(events[1].duplicate_of, first.id);
}

TEST_P(StoreConformance, ADuplicateNamesTheDeliveryAlsoWhenEntriesOfOurOwnCameBetween) {
  const auto first = append(delivery("9001", "one"));
  append(poll("9001", "d1"));
  EXPECT_TRUE(append(delivery("9001", "one")).duplicate);
  const auto id = commit(step_of(only_news())).id;
  EXPECT_EQ(get(store->events_of_return(id, false)).back().duplicate_of, first.id);
}

// Under load a store may put off working out what a delivery is about. It is found all the same, whatever came after
// it.
TEST_P(StoreConformance, Law1KeptDeliveriesThatComeInCrowdsAreNewsWhateverOvertakesThem) {
  make_return("9001");
  std::vector<NewEvent> crowd;
  std::set<std::int64_t> expected;
  for (int i = 0; i < 300; ++i)
    crowd.push_back(delivery(std::to_string(i % 10 == 3 ? 9001 : i), "crowd " + std::to_string(i)));
  for (int i = 0; i < 50; ++i) crowd.push_back(delivery("twice", "the same bytes"));
  const auto appended = get(store->append(std::move(crowd)));
  for (std::size_t i = 0; i <= 300; ++i) expected.insert(appended[i].id.value);
  for (const char* digest : {"d1", "d2", "d3"}) expected.insert(append(poll("9001", digest)).id.value);

  std::set<std::int64_t> folded;
  bool behind = false;
  for (auto all = news(); !all.empty() || behind; all = news()) {
    behind = false;
    for (const auto& one : all) {
      behind = behind || one.behind;
      for (const auto& event : one.events) folded.insert(event.id.value);
      commit(step_of(one));
    }
  }
  EXPECT_EQ(folded, expected) << "each once a delivery, and a duplicate never";
}

TEST_P(StoreConformance, ADamagedReturnIsSetAsideAndAPersonIsTold) {
  const auto id = make_return("9001");
  auto step = next_step(id);
  step.wake_at = start;
  commit(step);
  append(delivery("9001", "what nobody can fold in"));
  auto marks = only_news().marks;
  marks.push_back({.subject = 0, .up_to = {}, .damaged = id, .why = "stored return cannot be read"});
  ok(store->park(marks));
  EXPECT_TRUE(news(start + Millis{1}).empty()) << "neither its news nor its time bring it back";
  const auto told = get(store->attention(10));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].return_id, id);
  EXPECT_NE(told[0].why.find("cannot be read"), std::string::npos);
  append(delivery("9001", "what brings it back"));
  const auto again = only_news();
  ASSERT_EQ(again.events.size(), 2U) << "what was set aside comes with it, first";
  EXPECT_EQ(again.events[0].body, "what nobody can fold in");
  commit(step_of(again));
  EXPECT_TRUE(news().empty());
  EXPECT_TRUE(get(store->attention(10)).empty()) << "it could be worked on";
  append(delivery("9001", "later"));
  EXPECT_EQ(only_news().events.size(), 1U) << "and is not folded in a second time";
}

TEST_P(StoreConformance, APollThatShowsNothingNewIsSkipped) {
  EXPECT_FALSE(append(poll("9001", "d1")).skipped);
  const auto again = append(poll("9001", "d1"));
  EXPECT_TRUE(again.skipped);
  EXPECT_FALSE(again.id);
  EXPECT_FALSE(append(poll("9001", "d2")).skipped);
  EXPECT_FALSE(append(poll("9001", "d1")).skipped) << "it has changed back";
  EXPECT_EQ(only_news().events.size(), 3U);
}

TEST_P(StoreConformance, APollAboutASubjectOfNoReturnIsSkippedWhenAskedTo) {
  auto stranger = poll("rma-9", "d1", hero_id);
  stranger.only_if_linked = true;
  EXPECT_TRUE(append(stranger).skipped);
  append(delivery("rma-8", "hint", hero_id));
  auto known = poll("rma-8", "d1", hero_id);
  known.only_if_linked = true;
  EXPECT_TRUE(append(known).skipped) << "heard of, and of no return";
  append(delivery("9001", "one"));
  auto step = step_of(news().back());
  ASSERT_EQ(step.source_id.value, "9001");
  step.rmas = {{.connection = hero_id, .generation = 1, .id = ExternalId{"rma-9"}, .reference = "9001"}};
  commit(step);
  EXPECT_FALSE(append(stranger).skipped);
}

TEST_P(StoreConformance, WhatNobodyCanReadIsKeptAndIsNoNews) {
  auto event = delivery("(unreadable)", "garbage");
  event.news = false;
  const auto appended = append(event);
  EXPECT_TRUE(appended.id);
  EXPECT_EQ(store->newest_event(), appended.id);
  EXPECT_TRUE(news().empty());
}

TEST_P(StoreConformance, BodiesAreBytes) {
  const std::string body("a\0b\xff\xfe\n", 6);
  append(delivery("9001", body));
  EXPECT_EQ(only_news().events.at(0).body, body);
}

TEST_P(StoreConformance, NewsStaysUntilAStepTakesItLongestWaitingFirst) {
  append(delivery("9002", "a"));
  append(delivery("9001", "b"));
  append(delivery("9002", "c"));
  for (int look = 0; look < 2; ++look) {
    const auto all = news();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].source_id.value, "9002");
    EXPECT_EQ(all[0].events.size(), 2U);
    EXPECT_EQ(all[1].source_id.value, "9001");
    EXPECT_EQ(all[0].merchant.value, "default");
    EXPECT_EQ(all[0].source, source_id);
    EXPECT_FALSE(all[0].id);
    EXPECT_TRUE(all[0].state.empty());
  }
  EXPECT_EQ(get(store->take_news(1, start)).size(), 1U);
}

TEST_P(StoreConformance, WhatIsToldDuringAStepIsNewsAfterIt) {
  append(delivery("9001", "one"));
  auto step = step_of(only_news());
  const auto late = append(delivery("9001", "two"));
  const auto id = commit(std::move(step)).id;
  const auto after = only_news();
  EXPECT_EQ(after.id, id);
  ASSERT_EQ(after.events.size(), 1U);
  EXPECT_EQ(after.events[0].id, late.id);
  EXPECT_EQ(after.state, R"({"n":1})");
  EXPECT_EQ(after.stage, "a stage");
  EXPECT_EQ(after.version, 1);
}

TEST_P(StoreConformance, ParkedNewsComesBackWhenItsSubjectIsLinked) {
  const auto hint = append(delivery("rma-1", "early hint", hero_id));
  ok(store->park(only_news().marks));
  EXPECT_TRUE(news().empty());
  const auto second = append(delivery("rma-1", "second hint", hero_id));
  EXPECT_EQ(only_news().events.size(), 1U) << "news again, to be parked again";
  ok(store->park(only_news().marks));

  append(delivery("9001", "one"));
  auto step = step_of(only_news());
  step.rmas = {{.connection = hero_id, .generation = 1, .id = ExternalId{"rma-1"}, .reference = "9001"}};
  const auto id = commit(std::move(step)).id;
  const auto back = only_news();
  EXPECT_EQ(back.id, id);
  ASSERT_EQ(back.events.size(), 2U);
  EXPECT_EQ(back.events[0].id, hint.id);
  EXPECT_EQ(back.events[1].id, second.id);
  EXPECT_EQ(back.events[1].connection, hero_id);
  commit(step_of(back));
  EXPECT_TRUE(news().empty());
}

TEST_P(StoreConformance, ParkingLeavesWhatCameAfter) {
  append(delivery("rma-1", "a", hero_id));
  const auto marks = only_news().marks;
  const auto later = append(delivery("rma-1", "b", hero_id));
  ok(store->park(marks));
  ASSERT_EQ(only_news().events.size(), 1U);
  EXPECT_EQ(only_news().events[0].id, later.id);
}

TEST_P(StoreConformance, NewsOfAReturnAndItsRmasComesTogetherInJournalOrder) {
  append(delivery("9001", "one"));
  auto step = step_of(only_news());
  step.rmas = {{.connection = hero_id, .generation = 1, .id = ExternalId{"rma-1"}, .reference = "9001"}};
  const auto id = commit(std::move(step)).id;
  append(delivery("rma-1", "a", hero_id));
  append(delivery("9001", "b"));
  append(delivery("rma-1", "c", hero_id));
  const auto all = only_news();
  EXPECT_EQ(all.id, id);
  EXPECT_EQ(all.source_id.value, "9001");
  EXPECT_EQ(all.marks.size(), 2U);
  ASSERT_EQ(all.events.size(), 3U);
  EXPECT_EQ(all.events[0].body + all.events[1].body + all.events[2].body, "abc");
  commit(step_of(all));
  EXPECT_TRUE(news().empty());
}

}  // namespace
}  // namespace backhaul::store
