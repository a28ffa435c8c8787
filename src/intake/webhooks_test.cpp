#include "intake/webhooks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_hub.hpp"

namespace backhaul::intake {
namespace {

using namespace std::chrono_literals;
using connectors::Failure;
using test::source_id;
using testing::ElementsAre;
using testing::IsEmpty;

class WebhookKeeperTest : public testing::Test {
 protected:
  void live(Millis time) {
    for (Millis passed{0}; passed < time; passed += 1s) {
      hub.loop().post([this] { keeper.tick(); });
      hub.run();
      hub.advance(1s);
    }
  }
  // The source's registration ends so; the destination's goes well.
  void fail_with(Failure::Kind kind) {
    world.turn = [kind](const std::string&, const std::string& url) {
      return url.ends_with("source") ? test::World::Turn{.failure = test::failure_of(kind, "down"), .acts = false}
                                     : test::World::Turn{};
    };
  }
  [[nodiscard]] std::int64_t asked() const {
    return world.count("ensure_webhooks https://hub.example/hooks/token-source");
  }

  test::World world;
  test::TestHub hub{world, {.retry = {}, .perform = {}, .lease = 60s, .policy = {}, .works = false}};
  WebhookKeeper keeper{hub.store(),
                       hub.connections(),
                       hub.loop(),
                       {.public_url = "https://hub.example", .interval = 15min, .after_failure = 30s}};
};

TEST_F(WebhookKeeperTest, RegistersEveryConnectionAtOnceAndThenRegularly) {
  live(1s);
  EXPECT_THAT(world.calls, ElementsAre("ensure_webhooks https://hub.example/hooks/token-source",
                                       "ensure_webhooks https://hub.example/hooks/token-destination"));
  live(14min);
  EXPECT_EQ(asked(), 1);
  live(2min);
  EXPECT_EQ(asked(), 2);
  EXPECT_TRUE(keeper.idle());
}

TEST_F(WebhookKeeperTest, KeepsASecretThatIsShownOnlyOnce) {
  world.webhooks.new_credentials = {{"secret", "brand-new"}};
  live(1s);
  EXPECT_EQ(hub.live(source_id)->config.credentials.at("secret"), "brand-new");
  EXPECT_EQ(hub.deliver(source_id, test::source_body("r1", "return.created", nullptr), "brand-new")->status, 200);
  EXPECT_EQ(hub.deliver(source_id, test::source_body("r1", "return.created", nullptr), "s3cret")->status, 418);
  hub.restart();
  EXPECT_EQ(hub.deliver(source_id, test::source_body("r1", "return.closed", nullptr), "brand-new")->status, 200)
      << "it is on disk";
}

TEST_F(WebhookKeeperTest, ASecretThatWasNotStoredIsAskedForAgainSoon) {
  world.webhooks.new_credentials = {{"secret", "brand-new"}};
  hub.store().fail_always("update_connection");
  live(1s);
  hub.store().fate = {};
  live(31s);
  EXPECT_EQ(asked(), 2);
  EXPECT_EQ(hub.live(source_id)->config.credentials.at("secret"), "brand-new");
}

TEST_F(WebhookKeeperTest, ARefusalIsOnTheListAtOnceUntilItSucceeds) {
  for (const auto kind : {Failure::Kind::refused, Failure::Kind::blocked}) {
    fail_with(kind);
    live(20min);
    EXPECT_THAT(hub.attention(), ElementsAre("webhooks_not_registered"));
    world.turn = {};
    live(31s);
    EXPECT_THAT(hub.attention(), IsEmpty());
  }
}

TEST_F(WebhookKeeperTest, AMomentsOutageIsNobodysBusiness) {
  fail_with(Failure::Kind::retry);
  live(59s);
  EXPECT_EQ(asked(), 2);
  EXPECT_THAT(hub.attention(), IsEmpty());
  live(5s);
  EXPECT_EQ(asked(), 3);
  EXPECT_THAT(hub.attention(), ElementsAre("webhooks_not_registered"));
}

TEST_F(WebhookKeeperTest, AttentionThatCouldNotBeStoredIsRaisedByTheNextFailure) {
  fail_with(Failure::Kind::retry);
  hub.store().fail_always("raise_attention");
  live(65s);
  EXPECT_EQ(asked(), 3);
  EXPECT_THAT(hub.attention(), IsEmpty());
  hub.store().fate = {};
  live(30s);
  EXPECT_EQ(asked(), 4);
  EXPECT_THAT(hub.attention(), ElementsAre("webhooks_not_registered"));
}

TEST_F(WebhookKeeperTest, AClockThatWasPutBackDelaysNothing) {
  live(1s);
  hub.loop().put_back(3h);
  live(1s);
  EXPECT_EQ(asked(), 2);
  live(14min);
  EXPECT_EQ(asked(), 2) << "once, and then as ever";
  live(2min);
  EXPECT_EQ(asked(), 3);
}

TEST_F(WebhookKeeperTest, WhatAnEarlierProcessRaisedIsClearedByTheFirstSuccess) {
  hub.ask(hub.inner().raise_attention(
      source_id, {.kind = "webhooks_not_registered", .why = "earlier", .todo = {}, .connection = source_id},
      hub.loop().now()));
  hub.store().fail_always("clear_attention");
  live(1s);
  EXPECT_THAT(hub.attention(), ElementsAre("webhooks_not_registered"));
  hub.store().fate = {};
  live(16min);
  EXPECT_THAT(hub.attention(), IsEmpty());
}

TEST_F(WebhookKeeperTest, RegistersNothingWithoutAPublicAddress) {
  WebhookKeeper silent{
      hub.store(), hub.connections(), hub.loop(), {.public_url = "", .interval = 15min, .after_failure = 30s}};
  hub.loop().post([&] { silent.tick(); });
  hub.run();
  EXPECT_THAT(world.calls, IsEmpty());
}

}  // namespace
}  // namespace backhaul::intake
