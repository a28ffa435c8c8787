// How an effect is had once: what is asked of the vendor, in which order, and what is made of its answers.

#include "dispatch/dispatch_fixture.hpp"

namespace backhaul::dispatch {
namespace {

using returns::EffectStatus;
using testing::ElementsAre;

TEST_F(DispatchTest, AsksTheVendorOnceForEachKind) {
  struct Case {
    EffectKind kind;
    std::string subject;
    std::vector<std::string> calls;
  };
  world.rmas.push_back({.id = "rma-1", .reference = "x", .receipt = {}, .tracking_number = {}});
  const Case cases[] = {
      {EffectKind::read_source, "r1", {"read r1"}},
      {EffectKind::read_rma, "rma-1", {"read_rma rma-1"}},
      {EffectKind::create_rma, "r1", {"create_rma ref"}},
      {EffectKind::attach_tracking, "rma-1", {"attach_tracking rma-1"}},
      {EffectKind::cancel_rma, "rma-1", {"cancel_rma rma-1"}},
      {EffectKind::flag, "r2", {"flag r2"}},
      {EffectKind::note, "r2", {"note r2"}},
      {EffectKind::close, "r2", {"close r2"}},
      {EffectKind::cancel, "r2", {"cancel r2"}},
      {EffectKind::remove_lines, "r2", {"remove_lines r2"}},
      {EffectKind::grade, "r2", {"grade r2"}},
      {EffectKind::assess, "r2", {"assess r2"}},
  };
  world.returns["r2"].view = test::open_return();
  int number = 0;
  for (const auto& c : cases) {
    SCOPED_TRACE(returns::to_string(c.kind));
    const auto owner = "j" + std::to_string(++number);
    auto work = about(c.subject);
    work.reference = "ref";
    plan(owner, c.kind, std::move(work));
    world.calls.clear();
    poke();
    EXPECT_EQ(world.calls, c.calls);
    EXPECT_EQ(job(owner).state, "completed");
    EXPECT_THAT(attempts(owner), ElementsAre("done"));
    ASSERT_TRUE(outcome(owner));
    EXPECT_EQ(outcome(owner)->status, EffectStatus::done);
    EXPECT_EQ(outcome(owner)->effect, job(owner).key);
  }
}

TEST_F(DispatchTest, JournalsWhatAReadFound) {
  plan("j1", EffectKind::read_source, about("r1"));
  plan("j2", EffectKind::read_source, about("nowhere"));
  const auto newest = hub.inner().newest_event();
  poke();
  ASSERT_TRUE(outcome("j1")->view);
  EXPECT_EQ(*outcome("j1")->view, world.returns["r1"].view);
  EXPECT_LE(outcome("j1")->as_of, newest) << "what is told to us while we ask may be newer than the answer";
  EXPECT_TRUE(outcome("j2")->gone);
  EXPECT_EQ(job("j2").state, "completed");
}

TEST_F(DispatchTest, Law3ReadsBothSidesOnceMoreBeforeMoneyMoves) {
  receive();
  plan_process();
  poke();
  EXPECT_THAT(world.calls, ElementsAre("read_rma rma-1", "read r1", "process r1"));
  EXPECT_EQ(outcome()->status, EffectStatus::done);
}

TEST_F(DispatchTest, LeavesAReturnAloneThatChangedSinceTheDecision) {
  plan_process();
  world.returns["r1"].view.flagged = true;
  poke();
  EXPECT_THAT(world.calls, ElementsAre("read r1"));
  EXPECT_EQ(job().state, "cancelled");
  EXPECT_EQ(outcome()->status, EffectStatus::withdrawn);
  ASSERT_TRUE(outcome()->view) << "what was read is not thrown away";
  EXPECT_TRUE(outcome()->view->flagged);
  EXPECT_THAT(attempts(), ElementsAre("withdrawn"));
}

TEST_F(DispatchTest, Law5WhatSpeaksAgainstAProcessMayBeOlderThanTheReadBeforeIt) {
  thought_gone = true;
  plan_process();
  poke();
  EXPECT_THAT(world.calls, ElementsAre("read r1"));
  EXPECT_EQ(outcome()->status, EffectStatus::withdrawn);
  ASSERT_TRUE(outcome()->view) << "or it would be thought gone until something is heard of it";
}

TEST_F(DispatchTest, Law3LeavesAReturnAloneWhoseRmaChangedUnheard) {
  receive();
  plan_process();
  world.rmas.back().receipt.status = "damaged";
  poke();
  EXPECT_THAT(world.calls, ElementsAre("read_rma rma-1"));
  EXPECT_EQ(job().state, "cancelled");
  EXPECT_EQ(outcome()->status, EffectStatus::withdrawn);
  EXPECT_EQ(outcome()->reread, destination_id);
}

TEST_F(DispatchTest, Law3LeavesAReturnAloneWhoseRmaCannotBeRead) {
  for (const auto kind :
       {Failure::Kind::retry, Failure::Kind::unknown, Failure::Kind::blocked, Failure::Kind::refused}) {
    world.rmas.clear();
    world.calls.clear();
    receive();
    const auto owner = "j" + std::to_string(static_cast<int>(kind) + 1);
    plan_process(owner);
    answer("read_rma", {.failure = failure_of(kind)});
    poke();
    EXPECT_THAT(world.calls, ElementsAre("read_rma rma-1"));
    EXPECT_EQ(outcome(owner)->status, EffectStatus::withdrawn);
    EXPECT_EQ(outcome(owner)->reread, destination_id);
    EXPECT_EQ(world.returns["r1"].accepted, 0);
  }
}

// A running job cannot be withdrawn, and its precondition covers only what it was decided on: not the RMA of another
// warehouse, say, that was made while it waited for an answer.
TEST_F(DispatchTest, Law3LeavesAReturnAloneOfWhichMoreIsKnownByNow) {
  receive();
  plan_process();
  world.turn = [&](const std::string& call, const std::string&) {
    if (call != "read") return World::Turn{};
    auto step = step_with("j1", EffectKind::read_rma, about("rma-1"));
    step.id = hub.row("j1").id;
    step.version = 1;
    step.jobs.clear();
    returns::ReturnState state;
    state.has_view = true;
    state.view = world.returns["r1"].view;
    state.destinations.push_back({.connection = destination_id, .phase = returns::RmaPhase::made, .hint = EventId{9}});
    state.ledger.push_back({.key = "process/1", .kind = EffectKind::process, .connection = source_id});
    step.state = returns::encode(state);
    hub.ask(hub.inner().commit_steps({step}));
    return World::Turn{};
  };
  poke();
  EXPECT_THAT(world.calls, ElementsAre("read_rma rma-1", "read r1"));
  EXPECT_EQ(outcome()->status, EffectStatus::withdrawn);
  EXPECT_EQ(job().state, "cancelled");
}

TEST_F(DispatchTest, WaitsWhenItCannotTellWhetherAProcessIsStillWanted) {
  plan_process();
  hub.store().fail_always("find_return");
  poke();
  EXPECT_THAT(world.calls, ElementsAre("read r1"));
  EXPECT_THAT(attempts(), ElementsAre("retry"));
  EXPECT_EQ(job().unknown_since, Time{});
  hub.store().fate = {};
  wait(10s);
  EXPECT_EQ(world.returns["r1"].accepted, 1);
}

TEST_F(DispatchTest, LeavesAReturnAloneThatIsGone) {
  plan_process();
  world.returns.erase("r1");
  poke();
  EXPECT_EQ(outcome()->status, EffectStatus::withdrawn);
  EXPECT_TRUE(outcome()->gone);
}

TEST_F(DispatchTest, AnUnansweredReadBeforeAProcessIsNotALostProcess) {
  plan_process();
  answer("read", {.failure = failure_of(Failure::Kind::unknown, "timeout")});
  poke();
  EXPECT_EQ(job().unknown_since, Time{});
  wait(10s);
  EXPECT_THAT(world.calls, ElementsAre("read r1", "read r1", "process r1"));
  EXPECT_EQ(world.returns["r1"].accepted, 1);
}

TEST_F(DispatchTest, AProcessWhoseAnswerWasLostIsFoundOutAndNotRepeated) {
  plan_process();
  answer("process", {.failure = failure_of(Failure::Kind::unknown, "timeout")});
  poke();
  EXPECT_EQ(job().state, "retryable");
  EXPECT_NE(job().unknown_since, Time{});
  EXPECT_FALSE(outcome()) << "unknown is neither success nor failure";
  world.finish_processing("r1");
  wait(40s);
  EXPECT_EQ(world.returns["r1"].accepted, 1);
  EXPECT_EQ(world.count("process r1"), 1);
  EXPECT_EQ(outcome()->status, EffectStatus::done);
  EXPECT_THAT(attempts(), ElementsAre("unknown", "done"));
}

TEST_F(DispatchTest, AQueuedProcessIsGivenItsTimeBeforeASecondOne) {
  plan_process();
  answer("process", {.failure = failure_of(Failure::Kind::unknown, "timeout")});
  poke();
  wait(14min);  // accepted and queued; to the eye the return is open all the while
  EXPECT_EQ(world.count("process r1"), 1);
  EXPECT_GE(world.count("find_out r1"), 2);
  EXPECT_LE(world.count("find_out r1"), 12) << "looks grow rare";
  world.finish_processing("r1");
  wait(2min);
  EXPECT_EQ(world.returns["r1"].accepted, 1);
  EXPECT_EQ(outcome()->status, EffectStatus::done);
}

TEST_F(DispatchTest, Law3AProcessThatNeverArrivedIsLeftToBeDecidedAnew) {
  plan_process();
  answer("process", {.failure = failure_of(Failure::Kind::unknown, "timeout"), .acts = false});
  poke();
  wait(14min);
  EXPECT_FALSE(outcome());
  wait(2min);
  EXPECT_EQ(world.count("process r1"), 1);
  EXPECT_EQ(job().state, "cancelled");
  EXPECT_EQ(outcome()->status, EffectStatus::withdrawn);
  EXPECT_EQ(outcome()->code, returns::not_taken);
}

TEST_F(DispatchTest, AProcessLostByAKilledHubHasItsWindowToo) {
  plan_process();
  world.after_acting = [this](const std::string& call) {
    if (call == "process") hub.store().die();
    return !hub.dead();
  };
  poke();  // it is accepted, and the hub ends before it hears so
  ASSERT_EQ(world.returns["r1"].accepted, 1);
  ASSERT_TRUE(hub.dead());
  world.after_acting = {};
  hub.restart();
  wait(14min);
  EXPECT_FALSE(outcome());
  world.finish_processing("r1");
  wait(5min);
  EXPECT_EQ(world.count("process r1"), 1);
  EXPECT_EQ(outcome()->status, EffectStatus::done);
}

TEST_F(DispatchTest, GivesUpAskingAfterADayAndLeavesItToAPerson) {
  plan_process();
  answer("process", {.failure = failure_of(Failure::Kind::unknown, "timeout")});
  world.finding = connectors::Finding::cannot_tell;
  poke();
  for (int hour = 0; hour < 26; ++hour) {
    for (int i = 0; i < 6; ++i) {
      hub.advance(10min);
      poke();
    }
  }
  EXPECT_EQ(world.count("process r1"), 1);
  EXPECT_EQ(job().state, "discarded");
  EXPECT_EQ(outcome()->status, EffectStatus::abandoned);
}

TEST_F(DispatchTest, WhateverKeepsUsFromFindingOutLeavesItUnknown) {
  plan_process();
  world.turn = [&](const std::string& call, const std::string&) {
    if (call == "process") return World::Turn{.failure = failure_of(Failure::Kind::unknown, "timeout")};
    if (call == "find_out" && world.count("find_out r1") <= 3)
      return World::Turn{.failure = failure_of(Failure::Kind::refused, "gone")};
    return World::Turn{};
  };
  poke();
  wait(4min);
  EXPECT_FALSE(outcome()) << "a refused question is no answer";
  EXPECT_EQ(world.count("process r1"), 1);
  world.finish_processing("r1");
  wait(1h);
  EXPECT_EQ(outcome()->status, EffectStatus::done);
}

TEST_F(DispatchTest, ANoteWhoseAnswerWasLostIsLookedForAndWrittenOnce) {
  for (const bool arrived : {true, false}) {
    const std::string owner = arrived ? "j1" : "j2";
    world.returns["r1"].done.clear();
    auto work = about("r1");
    work.text = "two of A are missing";
    plan(owner, EffectKind::note, std::move(work));
    answer("note", {.failure = failure_of(Failure::Kind::unknown, "timeout"), .acts = arrived});
    poke();
    wait(1min);
    EXPECT_THAT(world.returns["r1"].done, ElementsAre("two of A are missing")) << arrived;
    EXPECT_EQ(outcome(owner)->status, EffectStatus::done);
  }
}

TEST_F(DispatchTest, ACreateWhoseAnswerWasLostIsLookedForFirst) {
  plan_rma("j1");
  answer("create_rma", {.failure = failure_of(Failure::Kind::unknown, "timeout")});
  poke();
  EXPECT_EQ(job().run_at, hub.loop().now() + 30s) << "a late effect must be visible by then";
  wait(31s);
  EXPECT_EQ(world.count("create_rma r1"), 2);
  EXPECT_EQ(world.rmas.size(), 1U);
  EXPECT_EQ(outcome()->rma.value, "rma-1");
  EXPECT_TRUE(outcome()->found);
  EXPECT_THAT(outcome()->lines, ElementsAre(testing::Pair("A", 2)));
}

}  // namespace
}  // namespace backhaul::dispatch
