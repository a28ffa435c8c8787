#include "store/sqlite/turns.hpp"

#include <gtest/gtest.h>

namespace backhaul::store::sqlite {
namespace {

using namespace std::chrono_literals;
using Clock = Turns::Clock;

class TurnsTest : public testing::Test {
 protected:
  // A hundred deliveries in each millisecond of `time`, with no work of the hub's own between.
  void burst(Clock::duration time) {
    for (const auto end = now + time; now < end; now += 1ms) turns.note(100, now);
  }
  // How much of `time` the hub's own work has, a piece of 100 us at a time, while vendors wait.
  Clock::duration own_share(Clock::duration time) {
    Clock::duration had{0};
    for (const auto end = now + time; now < end;) {
      const bool own = turns.may_go_on(true, now, now);
      if (own) {
        turns.spent(100us);
        had += 100us;
      }
      now += 100us;
      if (!own) turns.note(10, now);
    }
    return had;
  }

  Clock::time_point now{1h};
  Turns turns{now};
};

TEST_F(TurnsTest, AloneTheHubsOwnWorkGoesOn) {
  EXPECT_TRUE(turns.may_go_on(false, now, now + 10s));
}

TEST_F(TurnsTest, BesideDeliveriesItHasAMomentOfEachTransaction) {
  EXPECT_TRUE(turns.may_go_on(true, now, now));
  EXPECT_TRUE(turns.may_go_on(true, now, now + 999us));
  EXPECT_FALSE(turns.may_go_on(true, now, now + 1ms));
}

TEST_F(TurnsTest, AHandfulThatWaitedForALongTransactionIsNoBurst) {
  for (int i = 0; i < 100; ++i, now += 5ms) turns.note(50, now);
  EXPECT_FALSE(turns.pressed(now));
}

TEST_F(TurnsTest, InABurstItHasAHundredthOfTheTime) {
  burst(20ms);
  ASSERT_TRUE(turns.pressed(now));
  const auto had = own_share(1s);
  EXPECT_GE(had, 9ms);
  EXPECT_LE(had, 11ms);
}

TEST_F(TurnsTest, ABurstThatLastsLeavesItMore) {
  burst(20ms);
  (void)own_share(59s);
  const auto had = own_share(1s);
  EXPECT_GE(had, 240ms);
  EXPECT_LE(had, 260ms);
}

TEST_F(TurnsTest, ABurstEnds) {
  burst(20ms);
  EXPECT_TRUE(turns.pressed(now + 30ms)) << "one slow flush is no pause";
  EXPECT_FALSE(turns.pressed(now + 60ms));
}

TEST_F(TurnsTest, WhatWasDoneBeforeABurstIsNotHeldAgainstItInTheBurst) {
  turns.spent(10s);
  burst(20ms);
  EXPECT_GE(own_share(1s), 9ms);
}

TEST_F(TurnsTest, APauseEarnsNoCredit) {
  burst(20ms);
  now += 1h;
  burst(20ms);
  EXPECT_LE(own_share(10ms), 500us);
}

TEST_F(TurnsTest, ABurstIsTakenFirstAndPressureThatLastsIsShared) {
  EXPECT_EQ(background_percent(0s), 1);
  EXPECT_EQ(background_percent(10s), 1);
  EXPECT_EQ(background_percent(20s), 6);
  EXPECT_EQ(background_percent(58s), 25);
  EXPECT_EQ(background_percent(1h), 25) << "the news of a busy hour does not wait for its end";
}

}  // namespace
}  // namespace backhaul::store::sqlite
