// The loop around connectors: who may run, what is recorded, and what happens when the store or a vendor fails.

#include "dispatch/dispatcher.hpp"

#include "dispatch/dispatch_fixture.hpp"

namespace backhaul::dispatch {
namespace {

using returns::EffectStatus;
using testing::ElementsAre;

TEST_F(DispatchTest, JournalsARefusalWithTheVendorsCode) {
  plan_rma("j1");
  answer("create_rma", {.failure = failure_of(Failure::Kind::refused, "sku_not_on_order"), .acts = false});
  poke();
  EXPECT_EQ(job().state, "discarded");
  EXPECT_EQ(job().last_error, "said by the test");
  EXPECT_EQ(outcome()->status, EffectStatus::refused);
  EXPECT_EQ(outcome()->code, "sku_not_on_order");
  EXPECT_THAT(attempts(), ElementsAre("refused"));
  wait(1min);
  EXPECT_EQ(world.count("create_rma r1"), 1);
}

TEST_F(DispatchTest, EveryAttemptLeavesARow) {
  plan_rma("j1");
  answer("create_rma", {.failure = failure_of(Failure::Kind::retry, "500"), .acts = false}, 2);
  poke();
  wait(30s);
  EXPECT_THAT(attempts(), ElementsAre("retry", "retry", "done"));
  const auto rows = job().attempts;
  EXPECT_EQ(rows[0].code, "500");
  EXPECT_EQ(rows[0].number, 1);
  EXPECT_EQ(rows[1].number, 2);
  EXPECT_GT(rows[0].retry_at, rows[0].ended_at);
  EXPECT_EQ(job().attempt, 3);
}

TEST_F(DispatchTest, GivesUpAndSaysSo) {
  plan("j1", EffectKind::read_source, about("r1"));
  answer("read", {.failure = failure_of(Failure::Kind::retry, "503"), .acts = false}, 100);
  poke();
  for (int i = 0; i < 24 * 60; ++i) {
    hub.advance(1min);
    poke();
  }
  EXPECT_EQ(world.count("read r1"), 10);
  EXPECT_EQ(outcome()->status, EffectStatus::abandoned);
  EXPECT_EQ(job().attempts.size(), 10U);
}

TEST_F(DispatchTest, ThrottlingSpendsNoAttempt) {
  plan("j1", EffectKind::read_source, about("r1"));
  auto throttled = failure_of(Failure::Kind::retry, "429");
  throttled.throttled = true;
  throttled.wait = 5s;
  answer("read", {.failure = throttled, .acts = false}, 30);
  poke();
  for (int i = 0; i < 31 * 60; ++i) {
    hub.advance(1min);
    poke();
  }
  EXPECT_EQ(job().state, "completed");
  EXPECT_EQ(job().attempt, 1);
  EXPECT_EQ(job().attempts.size(), 31U) << "each is on record all the same";
}

TEST_F(DispatchTest, AnExceptionInAConnectorIsAnUnknownOutcome) {
  plan_rma("j1");
  world.after_acting = [this](const std::string&) -> bool {
    world.after_acting = {};
    throw std::runtime_error("a defect");
  };
  poke();
  EXPECT_EQ(job().state, "retryable");
  EXPECT_THAT(attempts(), ElementsAre("unknown"));
  EXPECT_EQ(job().attempts[0].code, "internal");
  wait(31s);
  EXPECT_EQ(job().state, "completed");
  EXPECT_EQ(world.rmas.size(), 1U);
  EXPECT_TRUE(hub.dispatcher().drained());
}

TEST_F(DispatchTest, ALateEndAfterALostLeaseIsRefused) {
  plan_rma("j1");
  answer("create_rma", {.failure = std::nullopt, .acts = true, .stalls = true});
  poke();
  ASSERT_EQ(job().state, "running");
  hub.ask(hub.inner().rescue_jobs({.node = "another", .alone = true, .now = hub.loop().now(), .grace = 30s}));
  world.release();
  hub.run();
  EXPECT_EQ(job().state, "retryable") << "the late end changed nothing";
  EXPECT_FALSE(outcome());
  EXPECT_THAT(attempts(), ElementsAre("lost"));
  wait(31s);
  EXPECT_EQ(job().state, "completed");
  EXPECT_EQ(world.rmas.size(), 1U);
  EXPECT_TRUE(hub.dispatcher().drained());
}

TEST_F(DispatchTest, KeepsItsLeaseWhileACallTakesLong) {
  plan_rma("j1");
  answer("create_rma", {.failure = std::nullopt, .acts = true, .stalls = true});
  poke();
  for (int i = 0; i < 10; ++i) {
    hub.advance(20s);
    hub.loop().start(hub.dispatcher().renew_leases());
  }
  const auto freed =
      hub.ask(hub.inner().rescue_jobs({.node = "another", .alone = false, .now = hub.loop().now(), .grace = 30s}));
  EXPECT_EQ(freed, 0);
  world.release();
  hub.run();
  EXPECT_EQ(job().state, "completed");
}

TEST_F(DispatchTest, AnEndThatCannotBeStoredIsKeptUntilItCan) {
  plan_process();
  hub.store().fail_always("finish");
  poke();
  EXPECT_EQ(job().state, "running");
  EXPECT_EQ(hub.dispatcher().in_flight(), 1);
  wait(30s);
  EXPECT_GE(hub.store().calls["finish"], 20);
  hub.store().fate = {};
  wait(2s);
  EXPECT_EQ(job().state, "completed");
  EXPECT_EQ(world.count("process r1"), 1) << "it was not asked for again";
  EXPECT_EQ(job().attempts.size(), 1U);
  EXPECT_TRUE(hub.dispatcher().drained());
}

TEST_F(DispatchTest, EndsThatWaitForTheStoreKeepCallsFromBeginning) {
  for (int i = 0; i < 9; ++i) plan_rma("j" + std::to_string(i), "ref" + std::to_string(i));
  answer("create_rma", {.failure = std::nullopt, .acts = true, .stalls = true});
  hub.store().fail_always("finish");
  poke();
  EXPECT_EQ(world.calls.size(), 3U) << "one hangs, and one was made while the end of another waits";
  wait(30s);
  EXPECT_EQ(world.calls.size(), 3U) << "with two ends waiting none is begun";
  EXPECT_EQ(hub.dispatcher().in_flight(), 3);
  EXPECT_FALSE(hub.dispatcher().reserve(destination_id));
  hub.store().fate = {};
  world.release();
  hub.advance(1s);  // nobody pokes
  EXPECT_EQ(world.rmas.size(), 9U) << "it goes on by itself";
  EXPECT_EQ(world.calls.size(), 9U) << "none was asked for twice";
  EXPECT_TRUE(hub.dispatcher().drained());
}

TEST_F(DispatchTest, AClaimThatFailsIsTriedAgain) {
  for (const char* call : {"due_connections", "claim_jobs"}) {
    const std::string owner = call;
    plan_rma(owner, owner);
    hub.store().fail_always(call);
    poke();
    EXPECT_EQ(job(owner).state, "available");
    hub.store().fate = {};
    hub.advance(1s);  // by its own timer
    EXPECT_EQ(job(owner).state, "completed") << call;
    EXPECT_TRUE(hub.dispatcher().drained());
  }
}

TEST_F(DispatchTest, AClockThatWasPutBackDoesNotSilenceItsTimer) {
  auto later = step_with("j1", EffectKind::create_rma, about("r1"));
  later.jobs[0].effect.not_before = hub.loop().now() + 10s;
  hub.ask(hub.inner().commit_steps({later}));
  poke();
  hub.loop().put_back(1h);
  hub.advance(10s);  // it rings too early, and must be set again
  EXPECT_EQ(job().state, "available");
  hub.advance(1h);
  EXPECT_EQ(job().state, "completed");
}

TEST_F(DispatchTest, RunsNoMoreAtOnceThanTheVendorAllows) {
  for (int i = 0; i < 5; ++i) plan_rma("j" + std::to_string(i), "ref" + std::to_string(i));
  answer("create_rma", {.failure = std::nullopt, .acts = true, .stalls = true}, 5);
  poke();
  EXPECT_EQ(world.calls.size(), 2U);
  EXPECT_EQ(hub.dispatcher().in_flight(), 2);
  world.release();
  hub.run();
  EXPECT_EQ(world.calls.size(), 4U) << "whoever ends makes room";
  world.release();
  hub.run();
  world.release();
  hub.run();
  EXPECT_EQ(world.rmas.size(), 5U);
  EXPECT_TRUE(hub.dispatcher().drained());
}

TEST_F(DispatchTest, AStalledConnectionDoesNotHoldUpAnother) {
  for (int i = 0; i < 3; ++i) plan_rma("j" + std::to_string(i), "ref" + std::to_string(i));
  answer("create_rma", {.failure = std::nullopt, .acts = true, .stalls = true}, 3);
  poke();
  plan("r", EffectKind::read_source, about("r1"));
  poke();
  EXPECT_EQ(job("r").state, "completed");
  EXPECT_EQ(hub.dispatcher().in_flight(), 2);
  world.release();
  hub.run();
  world.release();
  hub.run();
}

TEST_F(DispatchTest, AJobMayBeBornRunning) {
  auto step = step_with("j1", EffectKind::create_rma, about("r1"));
  step.jobs[0].lease = hub.dispatcher().reserve(destination_id);
  ASSERT_TRUE(step.jobs[0].lease);
  EXPECT_EQ(hub.dispatcher().in_flight(), 1);
  auto done = hub.ask(hub.inner().commit_steps({step}));
  ASSERT_EQ(done[0].running.size(), 1U);
  hub.loop().post([&] { hub.dispatcher().start(done[0].running[0]); });
  hub.run();
  EXPECT_EQ(job().state, "completed");
  EXPECT_THAT(attempts(), ElementsAre("done"));
  EXPECT_TRUE(hub.dispatcher().drained());
}

TEST_F(DispatchTest, SlotsAreReservedWithinTheLimitAndGivenBack) {
  auto& dispatcher = hub.dispatcher();
  EXPECT_FALSE(dispatcher.reserve(ConnectionId{"con_nobody"}));
  EXPECT_TRUE(dispatcher.reserve(destination_id));
  EXPECT_TRUE(dispatcher.reserve(destination_id));
  EXPECT_FALSE(dispatcher.reserve(destination_id));
  EXPECT_TRUE(dispatcher.reserve(source_id)) << "another connection has its own";
  dispatcher.release(destination_id);
  EXPECT_TRUE(dispatcher.reserve(destination_id));
  for (const auto& id : {destination_id, destination_id, source_id}) dispatcher.release(id);
  EXPECT_TRUE(dispatcher.drained());
  dispatcher.stop();
  EXPECT_FALSE(dispatcher.reserve(destination_id));
}

TEST_F(DispatchTest, NoneIsBornRunningWhileOlderOnesWait) {
  for (int i = 0; i < 3; ++i) plan_rma("j" + std::to_string(i), "ref" + std::to_string(i));
  answer("create_rma", {.failure = std::nullopt, .acts = true, .stalls = true}, 1);
  poke();  // two claimed: one done, one stalled; its end claims the third
  EXPECT_EQ(world.rmas.size(), 2U);
  world.release();
  hub.run();
  EXPECT_EQ(world.rmas.size(), 3U);
  EXPECT_TRUE(hub.dispatcher().reserve(destination_id)) << "nothing waits any more";
  hub.dispatcher().release(destination_id);
}

TEST_F(DispatchTest, StopBeginsNothingNewAndLetsWhatRunsEnd) {
  for (int i = 0; i < 4; ++i) plan_rma("j" + std::to_string(i), "ref" + std::to_string(i));
  answer("create_rma", {.failure = std::nullopt, .acts = true, .stalls = true}, 4);
  poke();
  hub.dispatcher().stop();
  EXPECT_FALSE(hub.dispatcher().drained());
  world.release();
  hub.run();
  poke();
  EXPECT_TRUE(hub.dispatcher().drained());
  EXPECT_EQ(world.rmas.size(), 2U);
  EXPECT_EQ(job("j0").state, "completed");
  EXPECT_EQ(job("j3").state, "available");
  EXPECT_EQ(job("j3").attempts.size(), 0U) << "shutting down spends no attempt";
}

TEST_F(DispatchTest, StopWhileClaimingBeginsNoFurtherConnection) {
  plan_rma("j1");
  plan("j2", EffectKind::read_source, about("r1"));
  hub.store().fate = [this](std::string_view call) {
    if (call == "claim_jobs") hub.dispatcher().stop();
    return test::FaultyStore::Fate::pass;
  };
  poke();
  EXPECT_EQ(hub.store().calls["claim_jobs"], 1);
  EXPECT_TRUE(hub.dispatcher().drained());
}

TEST_F(DispatchTest, CountsByConnectionAndKind) {
  plan_rma("j1");
  plan_rma("j2", "second");
  answer("create_rma", {.failure = failure_of(Failure::Kind::refused), .acts = false});
  poke();
  const auto& counter = hub.dispatcher().counters().at({destination_id.value, "create_rma"});
  EXPECT_EQ(counter.done, 1U);
  EXPECT_EQ(counter.refused, 1U);
  EXPECT_EQ(counter.retried + counter.unknown + counter.given_up, 0U);
}

class SharedStoreDispatchTest : public DispatchTest {
 protected:
  SharedStoreDispatchTest() : DispatchTest(true) {}
};

TEST_F(SharedStoreDispatchTest, ANodeThatOversleptDropsWhatItRanAndThenBeginsAnew) {
  auto& dispatcher = hub.dispatcher();
  plan_rma("j1");
  answer("create_rma", {.failure = std::nullopt, .acts = true, .stalls = true});
  poke();
  hub.advance(60s);
  EXPECT_FALSE(dispatcher.overslept()) << "the lease has not ended";
  hub.advance(1s);
  EXPECT_TRUE(dispatcher.overslept());
  hub.loop().start(dispatcher.renew_leases());
  hub.run();
  EXPECT_TRUE(dispatcher.overslept()) << "too late to renew: another node may be at it";
  plan_rma("j2", "second");
  poke();
  EXPECT_EQ(job("j2").state, "available") << "nothing begins until all of it has ended";
  EXPECT_FALSE(dispatcher.reserve(destination_id));
  world.release();
  hub.run();
  EXPECT_FALSE(dispatcher.overslept());
  poke();
  EXPECT_EQ(job("j2").state, "completed");
  EXPECT_TRUE(dispatcher.drained());
}

TEST_F(SharedStoreDispatchTest, ANodeThatRenewsInTimeGoesOn) {
  plan_rma("j1");
  answer("create_rma", {.failure = std::nullopt, .acts = true, .stalls = true});
  poke();
  for (int i = 0; i < 5; ++i) {
    hub.advance(50s);
    hub.loop().start(hub.dispatcher().renew_leases());
    hub.run();
    EXPECT_FALSE(hub.dispatcher().overslept());
  }
  world.release();
  hub.run();
}

}  // namespace
}  // namespace backhaul::dispatch
