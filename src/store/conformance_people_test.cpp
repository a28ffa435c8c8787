// What people ask: lists, filters, pages, one return with its history, depths.

#include "store/conformance_test.hpp"

namespace backhaul::store {
namespace {

using returns::EffectKind;

std::vector<std::string> ids(const std::vector<ReturnRow>& rows) {
  std::vector<std::string> result;
  for (const auto& row : rows) result.push_back(row.source_id.value);
  return result;
}

TEST_P(StoreConformance, ReturnsAreListedNewestFirstInPages) {
  for (int i = 1; i <= 5; ++i) make_return(std::to_string(9000 + i));
  const auto first = get(store->list_returns({.limit = 2}));
  EXPECT_EQ(ids(first), (std::vector<std::string>{"9005", "9004"}));
  EXPECT_EQ(first[0].body, "") << "bodies come one at a time";
  const auto second = get(store->list_returns({.before = first.back().id, .limit = 2}));
  EXPECT_EQ(ids(second), (std::vector<std::string>{"9003", "9002"}));
  EXPECT_EQ(ids(get(store->list_returns({.before = second.back().id, .limit = 2}))),
            (std::vector<std::string>{"9001"}));
}

TEST_P(StoreConformance, ReturnsAreFiltered) {
  make_return("9001");
  auto step = next_step(make_return("9002"));
  step.order_name = "#2002";
  step.source_state = "review";
  step.attention = {{.kind = "k", .why = "w", .todo = "t", .connection = {}}};
  commit(step);
  EXPECT_EQ(ids(get(store->list_returns({.order_name = "#2002"}))), (std::vector<std::string>{"9002"}));
  EXPECT_EQ(ids(get(store->list_returns({.order_name = "2002"}))), (std::vector<std::string>{"9002"}))
      << "people leave the # out";
  EXPECT_EQ(ids(get(store->list_returns({.state = "review"}))), (std::vector<std::string>{"9002"}));
  EXPECT_EQ(ids(get(store->list_returns({.needs_attention = true}))), (std::vector<std::string>{"9002"}));
  EXPECT_EQ(get(store->list_returns({.needs_attention = true}))[0].attention, 1);
  EXPECT_TRUE(get(store->list_returns({.order_name = "#1001", .state = "review"})).empty());
}

TEST_P(StoreConformance, OneReturnIsFoundByWhatPeopleHave) {
  const auto id = make_return("9001");
  for (const std::string& text : {id.str(), std::string("9001"), std::string("#1001"), std::string("1001")}) {
    EXPECT_EQ(get(store->find_return(text)).id, id) << text;
  }
  EXPECT_EQ(refusal(store->find_return("nothing")), Error::Kind::not_found);
  EXPECT_EQ(refusal(store->find_return("ret_0000000000999")), Error::Kind::not_found);
  make_return("9002");
  EXPECT_EQ(refusal(store->find_return("#1001")), Error::Kind::invalid) << "two returns of one order";
}

TEST_P(StoreConformance, ASourcesIdWinsOverAnOrderNameOfTheSameText) {
  const auto by_id = make_return("1001");
  make_return("9002");
  EXPECT_EQ(get(store->find_return("1001")).id, by_id);
}

TEST_P(StoreConformance, AReturnsHistoryHoldsAllOfItsSubjectsWithBodiesWhenAsked) {
  const auto id = make_return("9001");
  auto step = next_step(id);
  step.rmas = {{.connection = hero_id, .generation = 1, .id = ExternalId{"rma-1"}, .reference = "9001"}};
  step.decision = R"({"summary":"s"})";
  commit(step);
  append(delivery("rma-1", "from the warehouse", hero_id));
  append(delivery("9002", "someone else's"));
  const auto without = get(store->events_of_return(id, false));
  const auto with = get(store->events_of_return(id, true));
  ASSERT_EQ(with.size(), 4U);
  ASSERT_EQ(without.size(), 4U);
  EXPECT_EQ(with[0].body, "body of 9001");
  EXPECT_EQ(without[0].body, "") << "deliveries are large";
  EXPECT_EQ(without[2].body, R"({"summary":"s"})") << "and our own entries are what the timeline shows";
  EXPECT_EQ(with[3].connection, hero_id);
  EXPECT_EQ(with[3].subject.value, "rma-1");
  EXPECT_TRUE(std::ranges::is_sorted(with, {}, &JournalEvent::id));
  EXPECT_TRUE(get(store->events_of_return(ReturnId{999}, true)).empty());
}

TEST_P(StoreConformance, JobsAreListedByStateAndInPages) {
  make_return("9001", {effect("a", EffectKind::create_rma), effect("b", EffectKind::create_rma),
                       effect("c", EffectKind::create_rma)});
  const auto jobs = claim(start, 2);
  ok(store->finish(finish_of(jobs[0])));
  ok(store->finish(finish_of(jobs[1], JobState::discarded)));
  const auto open_ones = get(store->list_jobs({}));
  ASSERT_EQ(open_ones.size(), 2U) << "not ended, and discarded ones";
  EXPECT_EQ(get(store->list_jobs({.state = "completed"})).at(0).id, jobs[0].id);
  EXPECT_EQ(get(store->list_jobs({.state = "discarded"})).at(0).id, jobs[1].id);
  const auto first = get(store->list_jobs({.limit = 1}));
  ASSERT_EQ(first.size(), 1U);
  const auto second = get(store->list_jobs({.before = first[0].id, .limit = 1}));
  ASSERT_EQ(second.size(), 1U);
  EXPECT_LT(second[0].id, first[0].id);
  EXPECT_EQ(refusal(store->find_job(JobId{999})), Error::Kind::not_found);
}

TEST_P(StoreConformance, AttentionIsListedOldestFirstUpToALimit) {
  ok(store->raise_attention(hero_id, {.kind = "late", .why = "w", .todo = "t", .connection = hero_id},
                            start + Millis{5}));
  ok(store->raise_attention(hero_id, {.kind = "early", .why = "w", .todo = "t", .connection = hero_id}, start));
  EXPECT_EQ(get(store->attention(10)).at(0).kind, "early");
  EXPECT_EQ(get(store->attention(1)).size(), 1U);
}

TEST_P(StoreConformance, DepthsCountTheQueues) {
  auto depths = get(store->depths());
  EXPECT_EQ(
      depths.unfiled + depths.news + depths.jobs_waiting + depths.jobs_running + depths.refused + depths.attention, 0);
  const auto id = make_return("9001", {effect("a", EffectKind::create_rma), effect("b", EffectKind::create_rma)});
  claim(start, 1);
  auto step = next_step(id);
  step.attention = {{.kind = "rma_not_made", .why = "w", .todo = "t", .connection = hero_id},
                    {.kind = "unknown_status", .why = "w", .todo = "t", .connection = hero_id}};
  commit(step);
  append(delivery("9001", "news"));
  depths = get(store->depths());
  EXPECT_EQ(depths.news, 1);
  EXPECT_EQ(depths.jobs_waiting, 1);
  EXPECT_EQ(depths.jobs_running, 1);
  EXPECT_EQ(depths.refused, 1);
  EXPECT_EQ(depths.attention, 2);
}

}  // namespace
}  // namespace backhaul::store
