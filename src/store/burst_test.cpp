#include "store/burst.hpp"

#include <gtest/gtest.h>

namespace backhaul::store {
namespace {

using namespace std::chrono_literals;
using Clock = BurstGauge::Clock;

constexpr Clock::time_point start{};

// `deliveries` at once every `pause`, for a second. How many of the times counted were a burst's.
int bursts(BurstGauge& gauge, std::size_t deliveries, Clock::duration pause) {
  int bursts = 0;
  for (auto at = start + pause; at <= start + 1s; at += pause) bursts += gauge.note(deliveries, at) ? 1 : 0;
  return bursts;
}

TEST(BurstGaugeTest, ARateAboveTheLimitIsABurstInEveryTimeCounted) {
  BurstGauge gauge(10'000, start);
  EXPECT_EQ(bursts(gauge, 11, 1ms), 100);
}

TEST(BurstGaugeTest, ARateBelowTheLimitIsNone) {
  BurstGauge gauge(10'000, start);
  EXPECT_EQ(bursts(gauge, 9, 1ms), 0);
}

TEST(BurstGaugeTest, ManyAtOnceAndThenNoneAreNone) {
  BurstGauge gauge(10'000, start);
  EXPECT_EQ(bursts(gauge, 50, 10ms), 0);
}

TEST(BurstGaugeTest, WhatCameBeforeAPauseIsNotCountedAgain) {
  BurstGauge gauge(10'000, start);
  EXPECT_FALSE(gauge.note(1'000, start + 1ms));
  EXPECT_FALSE(gauge.note(0, start + 1s)) << "a thousand in a second";
  EXPECT_FALSE(gauge.note(1, start + 1s + 10ms));
}

}  // namespace
}  // namespace backhaul::store
