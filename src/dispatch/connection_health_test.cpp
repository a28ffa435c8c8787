// What a person is told about a connection that does not work, and when that is over.

#include "dispatch/dispatch_fixture.hpp"

namespace backhaul::dispatch {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

TEST_F(DispatchTest, ABlockedConnectionIsOnTheListUntilItWorksAgain) {
  plan_rma("j1");
  answer("create_rma", {.failure = failure_of(Failure::Kind::blocked, "401"), .acts = false}, 2);
  poke();
  EXPECT_THAT(hub.attention(), ElementsAre("connection_blocked"));
  EXPECT_TRUE(hub.dispatcher().is_open(destination_id));
  EXPECT_FALSE(hub.dispatcher().is_open(source_id));
  EXPECT_EQ(job().attempt, 0) << "waiting for a person spends no attempt";
  wait(15min);
  EXPECT_EQ(job().state, "completed");
  EXPECT_TRUE(hub.attention().empty());
  EXPECT_THAT(attempts(), ElementsAre("blocked", "blocked", "done"));
}

TEST_F(DispatchTest, ALongOutageIsOnTheListAndAShortOneIsNot) {
  for (int i = 0; i < 8; ++i) plan_rma("j" + std::to_string(i), "ref" + std::to_string(i));
  answer("create_rma", {.failure = failure_of(Failure::Kind::retry, "503"), .acts = false}, 1'000);
  poke();
  wait(10s);
  EXPECT_TRUE(hub.dispatcher().is_open(destination_id));
  EXPECT_TRUE(hub.attention().empty());
  wait(1min);
  EXPECT_THAT(hub.attention(), ElementsAre("vendor_unreachable"));
  world.turn = {};
  wait(6min);
  EXPECT_TRUE(hub.attention().empty());
}

TEST_F(DispatchTest, AttentionThatCouldNotBeClearedIsClearedLater) {
  hub.ask(hub.inner().raise_attention(
      destination_id,
      {.kind = "connection_blocked", .why = "by an earlier process", .todo = {}, .connection = destination_id},
      hub.loop().now()));
  plan_rma("j1");
  hub.store().fail_always("clear_attention");
  poke();
  EXPECT_THAT(hub.attention(), Contains("connection_blocked"));
  hub.store().fate = {};
  plan_rma("j2", "other");
  poke();
  EXPECT_THAT(hub.attention(), Not(Contains("connection_blocked")));
}

}  // namespace
}  // namespace backhaul::dispatch
