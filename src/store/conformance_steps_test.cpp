// Committing steps: versions, jobs, withdrawals, RMAs, attention, wake-ups.

#include <boost/json.hpp>

#include "store/conformance_test.hpp"

namespace backhaul::store {
namespace {

using returns::EffectKind;

returns::AttentionItem item(std::string kind, std::string why, const ConnectionId& id = {}) {
  return {.kind = std::move(kind), .why = std::move(why), .todo = "do it", .connection = id};
}

TEST_P(StoreConformance, AStepMakesTheReturn) {
  append(delivery("9001", "one"));
  const auto done = commit(step_of(only_news()));
  EXPECT_FALSE(done.conflict);
  ASSERT_TRUE(done.id);
  const auto row = get(store->find_return("9001"));
  EXPECT_EQ(row.id, done.id);
  EXPECT_EQ(row.merchant.value, "default");
  EXPECT_EQ(row.source, source_id);
  EXPECT_EQ(row.order_name, "#1001");
  EXPECT_EQ(row.state, "open");
  EXPECT_EQ(row.stage, "a stage");
  EXPECT_EQ(row.body, R"({"n":1})");
  EXPECT_EQ(row.created_at, start);
}

TEST_P(StoreConformance, OfTwoStepsOnOneVersionTheSecondConflictsAndWritesNothing) {
  const auto id = make_return("9001");
  auto first = next_step(id);
  auto second = first;
  first.state = "first";
  second.state = "second";
  second.jobs = {{.effect = effect("create_rma/con_hero/1", EffectKind::create_rma), .lease = std::nullopt}};
  second.attention = {item("k", "w")};
  const auto done = get(store->commit_steps({first, second}));
  EXPECT_FALSE(done[0].conflict);
  EXPECT_TRUE(done[1].conflict);
  EXPECT_EQ(get(store->find_return("9001")).body, "first");
  EXPECT_TRUE(get(store->jobs_of_return(id)).empty());
  EXPECT_TRUE(get(store->attention(10)).empty());
}

TEST_P(StoreConformance, AConflictLeavesTheNews) {
  const auto id = make_return("9001");
  auto step = next_step(id);
  step.version += 1;
  EXPECT_TRUE(commit(step).conflict);
  EXPECT_EQ(only_news().events.size(), 1U);
}

TEST_P(StoreConformance, Law2OnceTwoStepsCannotMakeOneReturnTwice) {
  append(delivery("9001", "one"));
  const auto step = step_of(only_news());
  const auto done = get(store->commit_steps({step, step}));
  EXPECT_FALSE(done[0].conflict);
  EXPECT_TRUE(done[1].conflict);
  EXPECT_EQ(get(store->list_returns({})).size(), 1U);
}

TEST_P(StoreConformance, Law7ApartOneStepsConflictDoesNotTouchTheOthers) {
  const auto first = make_return("9001");
  const auto second = make_return("9002");
  auto stale = next_step(first);
  commit(stale);
  auto good = next_step(second);
  good.stage = "moved on";
  const auto done = get(store->commit_steps({stale, good}));
  EXPECT_TRUE(done[0].conflict);
  EXPECT_FALSE(done[1].conflict);
  EXPECT_EQ(get(store->find_return("9002")).stage, "moved on");
}

// Two returns whose RMAs a destination gives one id: a mix-up there. The caller then commits the steps one by one.
TEST_P(StoreConformance, StepsThatContradictWhatIsStoredAreInvalidAndNothingIsWritten) {
  const auto first = make_return("9001");
  const auto second = make_return("9002");
  const auto third = make_return("9003");
  auto step = next_step(first);
  step.rmas = {{.connection = hero_id, .generation = 1, .id = ExternalId{"rma-1"}, .reference = "9001"}};
  commit(step);
  auto clash = next_step(second);
  clash.stage = "clashed";
  clash.rmas = {{.connection = hero_id, .generation = 1, .id = ExternalId{"rma-1"}, .reference = "9002"}};
  ok(store->park(clash.marks));
  auto good = next_step(third);
  good.stage = "moved on";
  EXPECT_EQ(refusal(store->commit_steps({clash, good})), Error::Kind::invalid);
  EXPECT_EQ(get(store->find_return("9003")).stage, "a stage");
  EXPECT_EQ(get(store->find_return("9002")).stage, "a stage");
  EXPECT_FALSE(commit(good).conflict);
  EXPECT_EQ(get(store->find_return("9003")).stage, "moved on");
}

TEST_P(StoreConformance, WhatWasSetAsideIsTriedAgainWhenAsked) {
  const auto stranger = append(delivery("rma-1", "somebody else's", hero_id));
  ok(store->park(only_news().marks));
  EXPECT_EQ(get(store->retry_set_aside(start)), 0);

  const auto fresh = append(delivery("9001", "one"));
  ok(store->park(only_news().marks));
  const returns::AttentionItem item{.kind = "return_set_aside", .why = "w", .todo = "t", .connection = source_id};
  ok(store->raise_attention(source_id, item, start));
  const auto id = make_return("9002");
  const auto known = append(delivery("9002", "two"));
  auto marks = only_news().marks;
  marks.push_back({.subject = 0, .up_to = {}, .damaged = id, .why = "w"});
  ok(store->park(marks));
  EXPECT_TRUE(news().empty());

  EXPECT_EQ(get(store->retry_set_aside(start)), 2);
  const auto again = news();
  ASSERT_EQ(again.size(), 2U);
  EXPECT_FALSE(again[0].id);
  ASSERT_EQ(again[0].events.size(), 1U);
  EXPECT_EQ(again[0].events[0].id, fresh.id);
  EXPECT_EQ(again[1].id, id);
  ASSERT_EQ(again[1].events.size(), 1U);
  EXPECT_EQ(again[1].events[0].id, known.id);
  EXPECT_NE(again[0].events[0].id, stranger.id);
  ASSERT_EQ(get(store->attention(10)).size(), 1U) << "of the known return, until its step";
  commit(step_of(again[1]));
  EXPECT_TRUE(get(store->attention(10)).empty());
}

TEST_P(StoreConformance, AnRmaBelongsToItsReturn) {
  const auto id = make_return("9001");
  auto step = next_step(id);
  step.rmas = {{.connection = hero_id, .generation = 1, .id = ExternalId{"rma-1"}, .reference = "9001"}};
  commit(step);
  append(delivery("rma-1", "hint", hero_id));
  EXPECT_EQ(only_news().id, id);
}

TEST_P(StoreConformance, JobsCarryWhatWasDecided) {
  append(delivery("9001", "one"));
  auto step = step_of(only_news());
  step.decision = R"({"summary":"s"})";
  step.jobs = {{.effect = effect("create_rma/con_hero/1", EffectKind::create_rma), .lease = std::nullopt}};
  const auto done = commit(step);
  EXPECT_TRUE(done.running.empty());
  const auto jobs = get(store->jobs_of_return(done.id));
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].key, "create_rma/con_hero/1");
  EXPECT_EQ(jobs[0].kind, "create_rma");
  EXPECT_EQ(jobs[0].state, "available");
  EXPECT_EQ(jobs[0].connection, hero_id);
  EXPECT_EQ(jobs[0].rule, "a rule");
  EXPECT_EQ(jobs[0].policy_version, 3);
  EXPECT_EQ(jobs[0].causes, "[1,2]");
  EXPECT_EQ(jobs[0].run_at, start);
  EXPECT_EQ(jobs[0].created_at, start);
  const auto events = get(store->events_of_return(done.id, false));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].kind, EventKind::decision);
  EXPECT_EQ(events[1].body, R"({"summary":"s"})");
  EXPECT_EQ(jobs[0].decision, events[1].id);
  EXPECT_TRUE(news().empty()) << "a decision is no news";
}

TEST_P(StoreConformance, Law2OnceAnEffectKeyIsUniqueInItsReturn) {
  const auto key = effect("create_rma/con_hero/1", EffectKind::create_rma);
  const auto id = make_return("9001", {key});
  auto again = next_step(id);
  again.jobs = {{.effect = key, .lease = std::nullopt}};
  EXPECT_FALSE(commit(again).conflict);
  EXPECT_EQ(get(store->jobs_of_return(id)).size(), 1U);
  EXPECT_EQ(get(store->jobs_of_return(make_return("9002", {key}))).size(), 1U) << "another return has its own";
}

TEST_P(StoreConformance, AJobMayBeBornRunning) {
  append(delivery("9001", "one"));
  auto step = step_of(only_news());
  step.jobs = {{.effect = effect("create_rma/con_hero/1", EffectKind::create_rma),
                .lease = Lease{.node = "n1", .until = start + Millis{1}}},
               {.effect = effect("create_rma/con_other/1", EffectKind::create_rma, other_id), .lease = std::nullopt}};
  const auto done = commit(step);
  ASSERT_EQ(done.running.size(), 1U);
  const auto& job = done.running[0];
  EXPECT_EQ(job.key, "create_rma/con_hero/1");
  EXPECT_EQ(job.attempt, 1);
  EXPECT_EQ(job.return_id, done.id);
  EXPECT_EQ(job.connection, hero_id);
  EXPECT_EQ(job.work.lines.at(0).quantity, 2);
  EXPECT_EQ(row(job.id).state, "running");
  EXPECT_TRUE(claim().empty()) << "it is taken";
  ok(store->finish(finish_of(job)));
}

TEST_P(StoreConformance, AShadowJobIsRecordedOverAndLeavesItsKeyFree) {
  append(delivery("9001", "one"));
  auto step = step_of(only_news());
  auto shadow = effect("process/1", EffectKind::process);
  shadow.shadow = true;
  step.jobs = {{.effect = shadow, .lease = Lease{.node = "n1", .until = start}}};
  const auto done = commit(step);
  EXPECT_TRUE(done.running.empty());
  auto live = next_step(done.id);
  live.jobs = {{.effect = shadow, .lease = std::nullopt},
               {.effect = effect("process/1", EffectKind::process), .lease = std::nullopt}};
  commit(live);
  const auto jobs = get(store->jobs_of_return(done.id));
  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_EQ(jobs[0].state, "shadowed");
  EXPECT_EQ(jobs[0].ended_at, start);
  EXPECT_EQ(jobs[1].state, "available");
  EXPECT_EQ(claim().size(), 1U);
}

TEST_P(StoreConformance, WithdrawnJobsEndWithAnOutcomeThatIsNews) {
  const auto id = make_return("9001", {effect("process/1", EffectKind::process)});
  auto step = next_step(id);
  step.withdraw = {"process/1", "process/never planned"};
  commit(step);
  EXPECT_EQ(get(store->jobs_of_return(id))[0].state, "cancelled");
  EXPECT_TRUE(claim().empty());
  const auto told = only_news();
  ASSERT_EQ(told.events.size(), 1U);
  EXPECT_EQ(told.events[0].kind, EventKind::outcome);
  const auto body = boost::json::parse(told.events[0].body);
  EXPECT_EQ(body.at("effect").as_string(), "process/1");
  EXPECT_EQ(body.at("status").as_string(), "withdrawn");
}

TEST_P(StoreConformance, WhatRunsOrMayHaveHappenedIsNotWithdrawn) {
  const auto id = make_return("9001", {effect("process/1", EffectKind::process)});
  const auto job = claim().at(0);
  auto step = next_step(id);
  step.withdraw = {"process/1"};
  commit(step);
  EXPECT_EQ(row(job.id).state, "running");
  auto lost = finish_of(job, JobState::retryable);
  lost.unknown_since = start;
  ok(store->finish(lost));
  step = next_step(id);
  step.withdraw = {"process/1"};
  commit(step);
  EXPECT_EQ(row(job.id).state, "retryable");
  EXPECT_TRUE(news().empty());
}

TEST_P(StoreConformance, Law2OnceAJobWhoseEndTheVendorToldIsNotTriedAgain) {
  const auto id = make_return("9001", {effect("process/1", EffectKind::process)});
  const auto job = claim().at(0);
  auto step = next_step(id);
  step.told = {"process/1", "process/never planned"};
  commit(step);
  EXPECT_EQ(row(job.id).state, "running");  // its answer tells
  auto lost = finish_of(job, JobState::retryable);
  lost.unknown_since = start;
  ok(store->finish(lost));
  step = next_step(id);
  step.told = {"process/1"};
  commit(step);
  EXPECT_EQ(row(job.id).state, "completed");
  EXPECT_TRUE(claim().empty());
  const auto told = only_news();
  ASSERT_EQ(told.events.size(), 1U);
  const auto body = boost::json::parse(told.events[0].body);
  EXPECT_EQ(body.at("effect").as_string(), "process/1");
  EXPECT_EQ(body.at("status").as_string(), "done");
}

TEST_P(StoreConformance, Law10SeenAttentionIsReplacedAndKeepsItsSince) {
  const auto id = make_return("9001");
  auto step = next_step(id);
  step.attention = {item("a", "old words", hero_id), item("b", "goes")};
  commit(step);
  step = next_step(id);
  step.at = start + Millis{5'000};
  step.attention = {item("a", "new words", hero_id), item("c", "comes")};
  commit(step);
  const auto rows = get(store->attention(10));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].kind, "a");
  EXPECT_EQ(rows[0].why, "new words");
  EXPECT_EQ(rows[0].since, start);
  EXPECT_EQ(rows[0].connection, hero_id);
  EXPECT_EQ(rows[0].return_id, id);
  EXPECT_EQ(rows[0].order_name, "#1001");
  EXPECT_EQ(rows[0].source_id.value, "9001");
  EXPECT_EQ(rows[1].kind, "c");
  EXPECT_EQ(rows[1].since, start + Millis{5'000});
  commit(next_step(id));
  EXPECT_TRUE(get(store->attention(10)).empty());
}

TEST_P(StoreConformance, AReturnWhoseTimeHasComeIsTakenWithoutNews) {
  const auto id = make_return("9001");
  auto step = next_step(id);
  step.wake_at = start + Millis{1'000};
  commit(step);
  EXPECT_TRUE(news(start + Millis{999}).empty());
  auto due = only_news(start + Millis{1'000});
  EXPECT_EQ(due.id, id);
  EXPECT_TRUE(due.events.empty());
  EXPECT_TRUE(due.marks.empty());
  EXPECT_EQ(due.state, R"({"n":1})");
  EXPECT_EQ(due.source_id.value, "9001");
  commit(step_of(due));
  EXPECT_TRUE(news(start + Millis{1'000}).empty()) << "a step without a time asks for none";
}

TEST_P(StoreConformance, AReturnWithNewsAndItsTimeIsTakenOnce) {
  const auto id = make_return("9001");
  auto step = next_step(id);
  step.wake_at = start;
  commit(step);
  append(delivery("9001", "and news"));
  EXPECT_EQ(only_news().events.size(), 1U);
}

}  // namespace
}  // namespace backhaul::store
