#include "intake/rounds.hpp"

#include <gtest/gtest.h>

#include "support/fake_world.hpp"

namespace backhaul::intake {
namespace {

using namespace std::chrono_literals;

struct RoundsTest : testing::Test {
  void connect(int count, const connectors::Connector& connector) {
    for (int i = 0; i < count; ++i) {
      auto live = std::make_shared<connections::LiveConnection>();
      live->row.id = ConnectionId{std::string(connector.vendor) + std::to_string(i)};
      live->connector = &connector;
      snapshot.all.push_back(std::move(live));
    }
  }
  std::vector<connections::LivePtr> started(Time at) {
    std::vector<connections::LivePtr> all;
    rounds.start(snapshot, at, 60s, [&](const connections::LivePtr& one) { all.push_back(one); });
    return all;
  }

  connectors::Connector loop{.vendor = "loop"};
  connectors::Connector shiphero{.vendor = "shiphero"};
  connections::Snapshot snapshot;
  Rounds rounds{3, 10};
  Time now{1'000'000};
};

TEST_F(RoundsTest, AStalledVendorHoldsUpOnlyItself) {
  connect(5, loop);
  connect(2, shiphero);
  EXPECT_EQ(started(now).size(), 5U) << "three of the one, two of the other";
  EXPECT_TRUE(started(now).empty());
  EXPECT_FALSE(rounds.idle());
}

TEST_F(RoundsTest, EachHasItsTurnHoweverManyThereAre) {
  connect(95, loop);
  std::set<std::string> seen;
  for (int i = 0; i < 10; ++i) {
    for (int again = 0; again < 4; ++again) {
      for (const auto& one : started(now)) {
        EXPECT_TRUE(seen.insert(one->id().value).second) << "before it is due again";
        rounds.ended(*one, now + 30s);
      }
    }
  }
  EXPECT_EQ(seen.size(), 95U);
  EXPECT_TRUE(rounds.idle());
}

TEST_F(RoundsTest, ComesAgainWhenItIsDueAndNotBefore) {
  connect(1, loop);
  rounds.ended(*started(now).at(0), now + 10s);
  EXPECT_TRUE(started(now + 9s).empty());
  EXPECT_EQ(started(now + 10s).size(), 1U);
}

TEST_F(RoundsTest, OfNoConnections) {
  EXPECT_TRUE(started(now).empty());
}

}  // namespace
}  // namespace backhaul::intake
