#include "store/burst.hpp"

#include <gtest/gtest.h>

namespace backhaul::store {
namespace {

using namespace std::chrono_literals;
using Clock = BurstGauge::Clock;

constexpr Clock::time_point start{};

// `deliveries` at once every `pause`, for a second. How many of the times counted were a burst's.
int bursts_of(BurstGauge& gauge, std::size_t deliveries, Clock::duration pause) {
  int seen = 0;
  for (auto at = start + pause; at <= start + 1s; at += pause) seen += gauge.note(deliveries, at) ? 1 : 0;
  return seen;
}

TEST(BurstGaugeTest, TheRateOfABurstIsOneInEveryTimeCounted) {
  BurstGauge gauge(10'000, start);
  EXPECT_EQ(bursts_of(gauge, 10, 1ms), 100);
}

TEST(BurstGaugeTest, ARateBelowItIsNone) {
  BurstGauge gauge(10'000, start);
  EXPECT_EQ(bursts_of(gauge, 9, 1ms), 0);
}

TEST(BurstGaugeTest, TimesOfAnyLengthAreCounted) {
  BurstGauge below(10'000, start);
  EXPECT_EQ(bursts_of(below, 349, 35ms), 0);
  BurstGauge above(10'000, start);
  EXPECT_EQ(bursts_of(above, 351, 35ms), 28);
}

TEST(BurstGaugeTest, ManyAtOnceAndThenNoneAreNone) {
  BurstGauge gauge(10'000, start);
  EXPECT_FALSE(gauge.note(90, start + 1ms));
  EXPECT_FALSE(gauge.note(0, start + 10ms));
}

TEST(BurstGaugeTest, ABurstAfterAPauseIsSeenSoon) {
  BurstGauge gauge(10'000, start);
  EXPECT_FALSE(gauge.note(100, start + 1s)) << "a hundred in a second";
  EXPECT_TRUE(gauge.note(100, start + 1s + 10ms));
}

TEST(BurstGaugeTest, WhatCameBeforeAPauseIsNotCountedAgain) {
  BurstGauge gauge(10'000, start);
  EXPECT_FALSE(gauge.note(1'000, start + 1ms));
  EXPECT_FALSE(gauge.note(0, start + 1s)) << "a thousand in a second";
  EXPECT_FALSE(gauge.note(1, start + 1s + 10ms));
}

}  // namespace
}  // namespace backhaul::store
