// The job queue: what is due, claiming, fencing, ending, rescuing.

#include "async/all.hpp"
#include "store/conformance_test.hpp"

namespace backhaul::store {
namespace {

using returns::EffectKind;
using returns::Priority;

std::vector<std::string> keys(const std::vector<Job>& jobs) {
  std::vector<std::string> result;
  for (const auto& job : jobs) result.push_back(job.key);
  return result;
}

returns::PlannedEffect at(returns::PlannedEffect planned, Priority priority, Time not_before) {
  planned.priority = priority;
  planned.not_before = not_before;
  return planned;
}

TEST_P(StoreConformance, ClaimsTakeTheMostUrgentFirst) {
  make_return("9001", {at(effect("look", EffectKind::read_rma), Priority::look, start - Millis{9}),
                       at(effect("make late", EffectKind::create_rma), Priority::make, start),
                       at(effect("make early", EffectKind::create_rma), Priority::make, start - Millis{5}),
                       at(effect("act", EffectKind::process), Priority::act, start),
                       at(effect("later", EffectKind::process), Priority::act, start + Millis{1})});
  const auto first = claim(start, 3);
  EXPECT_EQ(keys(first), (std::vector<std::string>{"act", "make early", "make late"}));
  EXPECT_EQ(keys(claim()), (std::vector<std::string>{"look"}));
  EXPECT_TRUE(claim().empty());
  EXPECT_EQ(keys(claim(start + Millis{1})), (std::vector<std::string>{"later"}));
  const auto& job = first[0];
  EXPECT_EQ(job.kind, EffectKind::process);
  EXPECT_EQ(job.work.subject.value, "subject of act");
  EXPECT_EQ(job.connection, hero_id);
  EXPECT_EQ(job.attempt, 1);
  EXPECT_FALSE(job.unknown_since);
  EXPECT_EQ(job.created_at, start);
}

TEST_P(StoreConformance, Law7ApartClaimsAreOfOneConnection) {
  make_return("9001", {effect("mine", EffectKind::create_rma), effect("theirs", EffectKind::create_rma, other_id)});
  EXPECT_EQ(keys(claim(start, 10, "n1", other_id)), (std::vector<std::string>{"theirs"}));
  EXPECT_EQ(keys(claim()), (std::vector<std::string>{"mine"}));
}

TEST_P(StoreConformance, DueConnectionsAreThoseWithJobsDueAndWhenTheNextIs) {
  auto due = get(store->due_connections(start));
  EXPECT_TRUE(due.now.empty());
  EXPECT_FALSE(due.next);
  make_return("9001", {at(effect("a", EffectKind::read_rma), Priority::look, start),
                       at(effect("b", EffectKind::process), Priority::act, start + Millis{700}),
                       at(effect("c", EffectKind::create_rma, other_id), Priority::make, start + Millis{500})});
  due = get(store->due_connections(start));
  EXPECT_EQ(due.now, (std::vector{hero_id}));
  EXPECT_EQ(due.next, start + Millis{500});
  due = get(store->due_connections(start + Millis{700}));
  EXPECT_EQ(due.now.size(), 2U);
  EXPECT_FALSE(due.next);
  claim(start + Millis{700});
  EXPECT_EQ(get(store->due_connections(start + Millis{700})).now, (std::vector{other_id})) << "what runs is not due";
}

TEST_P(StoreConformance, AFinishedJobIsOverAndItsOutcomeIsNews) {
  const auto id = make_return("9001", {effect("create_rma/con_hero/1", EffectKind::create_rma)});
  const auto job = claim().at(0);
  auto end = finish_of(job);
  end.outcome = R"({"effect":"create_rma/con_hero/1"})";
  ok(store->finish(end));
  const auto done = row(job.id);
  EXPECT_EQ(done.state, "completed");
  EXPECT_EQ(done.ended_at, start + Millis{50});
  EXPECT_EQ(done.last_error, "");
  ASSERT_EQ(done.attempts.size(), 1U);
  EXPECT_EQ(done.attempts[0].number, 1);
  EXPECT_EQ(done.attempts[0].outcome, "done");
  EXPECT_EQ(done.attempts[0].ended_at, start + Millis{50});
  const auto told = only_news();
  EXPECT_EQ(told.id, id);
  ASSERT_EQ(told.events.size(), 1U);
  EXPECT_EQ(told.events[0].kind, EventKind::outcome);
  EXPECT_EQ(told.events[0].topic, "create_rma");
  EXPECT_EQ(told.events[0].body, end.outcome);
  EXPECT_EQ(told.events[0].at, start + Millis{50});
}

TEST_P(StoreConformance, AFinishWithoutAnOutcomeIsNoNews) {
  make_return("9001", {effect("a", EffectKind::create_rma)});
  ok(store->finish(finish_of(claim().at(0), JobState::discarded)));
  EXPECT_TRUE(news().empty());
}

TEST_P(StoreConformance, AFailedTryWaitsForItsTime) {
  make_return("9001", {effect("a", EffectKind::create_rma)});
  const auto job = claim().at(0);
  auto end = finish_of(job, JobState::retryable);
  end.run_at = end.record.retry_at = start + Millis{2'000};
  ok(store->finish(end));
  EXPECT_EQ(row(job.id).state, "retryable");
  EXPECT_EQ(row(job.id).last_error, "m");
  EXPECT_EQ(row(job.id).attempts.at(0).retry_at, start + Millis{2'000});
  EXPECT_FALSE(row(job.id).ended_at);
  EXPECT_TRUE(claim(start + Millis{1'999}).empty());
  EXPECT_EQ(get(store->due_connections(start)).next, start + Millis{2'000});
  const auto again = claim(start + Millis{2'000});
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].attempt, 2);
}

TEST_P(StoreConformance, ATryThatSpendsNoneKeepsTheCountAndLeavesARow) {
  make_return("9001", {effect("a", EffectKind::create_rma)});
  for (int i = 1; i <= 3; ++i) {
    const auto job = claim().at(0);
    EXPECT_EQ(job.attempt, 1);
    auto end = finish_of(job, JobState::retryable);
    end.spends_attempt = false;
    ok(store->finish(end));
    EXPECT_EQ(row(job.id).attempts.size(), static_cast<std::size_t>(i));
  }
}

TEST_P(StoreConformance, WhatMayHaveHappenedIsRememberedUntilItIsKnown) {
  make_return("9001", {effect("a", EffectKind::create_rma)});
  auto end = finish_of(claim().at(0), JobState::retryable);
  end.unknown_since = start + Millis{7};
  ok(store->finish(end));
  const auto again = claim().at(0);
  EXPECT_EQ(again.unknown_since, start + Millis{7});
  ok(store->finish(finish_of(again, JobState::retryable)));
  EXPECT_FALSE(claim().at(0).unknown_since);
}

// Whether or not they share a statement.
TEST_P(StoreConformance, Law2OnceEndsToldAtOnceAreEachJudgedByThemselves) {
  make_return("9001", {effect("a", EffectKind::create_rma), effect("b", EffectKind::create_rma),
                       effect("c", EffectKind::create_rma), effect("d", EffectKind::create_rma)});
  const auto jobs = claim();
  ASSERT_EQ(jobs.size(), 4U);
  auto done = finish_of(jobs[0]);
  done.outcome = R"({"effect":"a"})";
  auto later = finish_of(jobs[1], JobState::retryable);
  later.run_at = later.record.retry_at = start + Millis{5};
  auto waiting = finish_of(jobs[2], JobState::retryable);
  waiting.spends_attempt = false;
  waiting.unknown_since = start + Millis{7};
  std::vector<async::Task<Stored<void>>> ends;
  for (const auto& end : {done, done, later, waiting, finish_of(jobs[3], JobState::completed, "n2")})
    ends.push_back(store->finish(end));
  const auto ended = loop.wait(async::all(std::move(ends)));
  ASSERT_EQ(ended.size(), 5U);
  EXPECT_NE(ended[0].has_value(), ended[1].has_value()) << "the same end, told twice";
  EXPECT_TRUE(ended[2].has_value());
  EXPECT_TRUE(ended[3].has_value());
  EXPECT_EQ(ended[4].error().kind, Error::Kind::conflict) << "another node's";

  const auto state = [&](std::size_t job) { return row(jobs[job].id).state; };
  EXPECT_EQ(state(0), "completed");
  EXPECT_EQ(row(jobs[0].id).attempts.size(), 1U);
  EXPECT_EQ(only_news().events.size(), 1U);
  EXPECT_EQ(state(1), "retryable");
  EXPECT_EQ(row(jobs[1].id).run_at, start + Millis{5});
  EXPECT_EQ(row(jobs[1].id).attempt, 1);
  EXPECT_EQ(row(jobs[1].id).last_error, "m");
  EXPECT_EQ(row(jobs[2].id).attempt, 0);
  EXPECT_EQ(row(jobs[2].id).unknown_since, start + Millis{7});
  EXPECT_EQ(state(3), "running");
  EXPECT_TRUE(row(jobs[3].id).attempts.empty());
}

TEST_P(StoreConformance, Law2OnceOnlyTheRunningAttemptOfTheRightNodeMayEndAJob) {
  const auto id = make_return("9001", {effect("a", EffectKind::create_rma)});
  const auto job = claim().at(0);
  const auto wrong_node = finish_of(job, JobState::completed, "n2");
  EXPECT_EQ(refusal(store->finish(wrong_node)), Error::Kind::conflict);
  auto wrong_attempt = finish_of(job);
  wrong_attempt.attempt = 2;
  wrong_attempt.outcome = "{}";
  EXPECT_EQ(refusal(store->finish(wrong_attempt)), Error::Kind::conflict);
  EXPECT_TRUE(row(job.id).attempts.empty()) << "nothing was written";
  EXPECT_TRUE(news().empty());
  ok(store->finish(finish_of(job)));
  EXPECT_EQ(refusal(store->finish(finish_of(job))), Error::Kind::conflict) << "over is over";
  EXPECT_EQ(get(store->jobs_of_return(id))[0].attempts.size(), 1U);
}

TEST_P(StoreConformance, ARescuedJobsOldHolderMayNotEndIt) {
  make_return("9001", {effect("a", EffectKind::create_rma)});
  const auto lost = claim().at(0);
  EXPECT_EQ(get(store->rescue_jobs({.node = "n1", .now = start + Millis{60'001}})), 1);
  const auto again = claim(start + Millis{60'001}).at(0);
  EXPECT_EQ(again.attempt, 2);
  EXPECT_EQ(refusal(store->finish(finish_of(lost))), Error::Kind::conflict);
  ok(store->finish(finish_of(again)));
}

TEST_P(StoreConformance, RescueFreesWhatIsNoLongerHeld) {
  make_return("9001", {effect("create", EffectKind::create_rma), effect("read", EffectKind::read_rma)});
  const auto jobs = claim();
  ASSERT_EQ(jobs.size(), 2U);
  const Store::Rescue early{.node = "n1", .now = start + Millis{60'000}, .grace = Millis{5'000}};
  EXPECT_EQ(get(store->rescue_jobs(early)), 0) << "the lease has not ended";
  auto late = early;
  late.now = start + Millis{60'001};
  EXPECT_EQ(get(store->rescue_jobs(late)), 2);
  EXPECT_EQ(get(store->rescue_jobs(late)), 0);
  for (const auto& job : jobs) {
    const auto freed = row(job.id);
    EXPECT_EQ(freed.state, "retryable");
    EXPECT_EQ(freed.attempts.at(0).outcome, "lost");
    const bool read = job.kind == EffectKind::read_rma;
    EXPECT_EQ(freed.run_at, read ? late.now : late.now + late.grace) << "a read can be asked again at once";
    EXPECT_EQ(static_cast<bool>(freed.unknown_since), !read) << "an effect may have happened";
  }
}

TEST_P(StoreConformance, ALeaseThatIsRenewedHolds) {
  make_return("9001", {effect("a", EffectKind::create_rma)});
  const auto job = claim().at(0);
  ok(store->renew_lease({.node = "n1", .until = start + Millis{120'000}}));
  ok(store->renew_lease({.node = "n2", .until = start}));
  EXPECT_EQ(get(store->rescue_jobs({.node = "n2", .now = start + Millis{90'000}})), 0);
  ok(store->finish(finish_of(job)));
}

TEST_P(StoreConformance, ANodeThatIsAloneRescuesAllOfTheOthers) {
  make_return("9001", {effect("a", EffectKind::create_rma)});
  make_return("9002", {effect("a", EffectKind::create_rma)});
  EXPECT_EQ(claim(start, 1, "before").size(), 1U);
  EXPECT_EQ(claim(start, 1, "me").size(), 1U);
  EXPECT_EQ(get(store->rescue_jobs({.node = "me", .alone = false, .now = start})), 0);
  EXPECT_EQ(get(store->rescue_jobs({.node = "me", .alone = true, .now = start})), 1);
  EXPECT_EQ(get(store->list_jobs({.state = "running"})).size(), 1U) << "its own go on";
}

TEST_P(StoreConformance, WhatAReadSawMakesTheNextEqualPollSilent) {
  const auto id = make_return("9001", {effect("read_rma", EffectKind::read_rma)});
  auto step = next_step(id);
  step.rmas = {{.connection = hero_id, .generation = 1, .id = ExternalId{"rma-1"}, .reference = "9001"}};
  commit(step);
  append(poll("rma-1", "d1", hero_id));
  append(poll("9001", "s1"));
  auto end = finish_of(claim().at(0));
  end.outcome = "{}";
  end.look = {.digest = "d2", .as_of = asked_now};
  end.read_subject = ExternalId{"rma-1"};
  ok(store->finish(end));
  EXPECT_TRUE(append(poll("rma-1", "d2", hero_id)).skipped);
  EXPECT_FALSE(append(poll("rma-1", "d1", hero_id)).skipped) << "it changed back after the read";
  EXPECT_TRUE(append(poll("9001", "s1")).skipped) << "the return at the source is another object";
}

// A page that was asked for before a read ended, and listed after it, may be older than the read; and the other way
// round. Were either taken for the newest, a change back to the other would never be recorded.
TEST_P(StoreConformance, Law5TwoLooksAskedForAtOnceLeaveOpenHowItLooks) {
  const auto id = make_return("9001");
  const auto read = [this, id](const std::string& job, std::string look, EventId as_of) {
    auto step = next_step(id);
    step.jobs = {{.effect = effect(job, EffectKind::read_source, source_id), .lease = std::nullopt}};
    commit(step);
    auto end = finish_of(claim(start, 1, "n1", source_id).at(0));
    end.outcome = "{}";
    end.look = {.digest = std::move(look), .as_of = as_of};
    end.read_subject = ExternalId{"9001"};
    ok(store->finish(end));
  };
  const auto recorded = [this](const std::string& look, EventId as_of) {
    return !append(poll("9001", look, source_id, as_of)).skipped;
  };
  const auto before = append(poll("9001", "open")).id;
  read("a", "review", before);
  EXPECT_FALSE(recorded("review", store->newest_event()));
  EXPECT_TRUE(recorded("open", before)) << "asked for before the read was kept";
  EXPECT_TRUE(recorded("open", store->newest_event())) << "it may have changed back from what the read saw";
  EXPECT_FALSE(recorded("open", store->newest_event())) << "and now it is known";

  const auto asked = store->newest_event();
  EXPECT_TRUE(recorded("review", asked));
  read("b", "open", asked);
  EXPECT_TRUE(recorded("open", store->newest_event())) << "the read may be older than the poll";
  EXPECT_FALSE(recorded("open", store->newest_event()));

  read("c", "", store->newest_event());
  EXPECT_TRUE(recorded("open", store->newest_event())) << "it was gone, and is back";
}

TEST_P(StoreConformance, AskingForARetryIsACommandOrBringsForward) {
  const auto id = make_return("9001", {effect("a", EffectKind::create_rma), effect("b", EffectKind::create_rma)});
  auto jobs = claim();
  EXPECT_EQ(refusal(store->ask_retry(jobs[0].id, start)), Error::Kind::invalid) << "it is running";
  EXPECT_EQ(refusal(store->ask_retry(JobId{999}, start)), Error::Kind::not_found);
  ok(store->finish(finish_of(jobs[0], JobState::discarded)));
  ok(store->ask_retry(jobs[0].id, start));
  const auto told = only_news();
  EXPECT_EQ(told.id, id);
  EXPECT_EQ(told.events.at(0).kind, EventKind::command);
  EXPECT_NE(told.events.at(0).body.find(jobs[0].key), std::string::npos);

  auto wait = finish_of(jobs[1], JobState::retryable);
  wait.run_at = start + Millis{9'000};
  ok(store->finish(wait));
  ok(store->ask_retry(jobs[1].id, start + Millis{10}));
  EXPECT_EQ(row(jobs[1].id).run_at, start + Millis{10});
}

TEST_P(StoreConformance, Law2OnceARetryDoesNotShortenTheWaitForALostAnswer) {
  make_return("9001", {effect("a", EffectKind::create_rma)});
  auto lost = finish_of(claim().at(0), JobState::retryable);
  lost.run_at = start + Millis{9'000};
  lost.unknown_since = start;
  ok(store->finish(lost));
  EXPECT_EQ(refusal(store->ask_retry(lost.job, start)), Error::Kind::invalid);
  EXPECT_EQ(row(lost.job).run_at, start + Millis{9'000});
}

TEST_P(StoreConformance, AProcessThatWasAcceptedAndFailedSinceCanBeRetriedAShadowJobCannot) {
  auto shadow = effect("b", EffectKind::create_rma);
  shadow.shadow = true;
  const auto id = make_return("9001", {effect("process/1", EffectKind::process), shadow});
  const auto job = claim().at(0);
  ok(store->finish(finish_of(job)));
  ok(store->ask_retry(job.id, start));
  EXPECT_EQ(only_news().events.at(0).kind, EventKind::command);
  EXPECT_EQ(refusal(store->ask_retry(get(store->jobs_of_return(id)).at(1).id, start)), Error::Kind::invalid);
}

TEST_P(StoreConformance, JobsOfARemovedConnectionAreNotDue) {
  make_return("9001", {effect("a", EffectKind::create_rma)});
  ok(store->remove_connection(hero_id, start));
  EXPECT_TRUE(get(store->due_connections(start)).now.empty());
}

TEST_P(StoreConformance, ADutyIsOneNodesUntilItsTimeEndsOrItIsGivenBack) {
  const auto hold = [&](const std::string& node, Time now, Millis lasting, const std::string& name = "upkeep") {
    return get(store->hold_duty({.name = name, .node = node, .now = now, .until = now + lasting}));
  };
  EXPECT_TRUE(hold("n1", start, Millis{100}));
  EXPECT_FALSE(hold("n2", start + Millis{99}, Millis{100}));
  EXPECT_TRUE(hold("n2", start, Millis{100}, "another")) << "duties are apart";
  EXPECT_TRUE(hold("n1", start + Millis{50}, Millis{100})) << "its own is prolonged";
  EXPECT_FALSE(hold("n2", start + Millis{149}, Millis{100}));
  EXPECT_TRUE(hold("n2", start + Millis{150}, Millis{100})) << "it has ended";
  EXPECT_FALSE(hold("n1", start + Millis{160}, Millis{100}));
  EXPECT_FALSE(hold("n1", start + Millis{160}, Millis{-1})) << "what one does not have one cannot give back";
  EXPECT_FALSE(hold("n1", start + Millis{160}, Millis{100}));
  EXPECT_FALSE(hold("n2", start + Millis{170}, Millis{-1}));
  EXPECT_TRUE(hold("n1", start + Millis{170}, Millis{100})) << "it was given back";
}

TEST_P(StoreConformance, NodesCountEachOtherWhileTheySayThatTheyWork) {
  const auto announce = [&](const std::string& node, Time now, Millis lasting) {
    return get(store->announce({.node = node, .until = now + lasting}, now));
  };
  EXPECT_EQ(announce("n1", start, Millis{100}), 1);
  EXPECT_EQ(announce("n2", start, Millis{100}), 2);
  EXPECT_EQ(announce("n1", start + Millis{50}, Millis{100}), 2);
  EXPECT_EQ(announce("n1", start + Millis{100}, Millis{100}), 1) << "the other has not said so again";
  EXPECT_EQ(announce("n3", start + Millis{110}, Millis{100}), 2);
  EXPECT_EQ(announce("n3", start + Millis{120}, Millis{-1}), 1) << "it ends";
  EXPECT_EQ(announce("n1", start + Millis{130}, Millis{-1}), 1) << "one who divides by it still works";
}

}  // namespace
}  // namespace backhaul::store
