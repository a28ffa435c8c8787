#include "dispatch/breaker.hpp"

#include <gtest/gtest.h>

namespace backhaul::dispatch {
namespace {

using namespace std::chrono_literals;
using connectors::Failure;

constexpr Time start{1'773'500'000'000};

Failure failure(Failure::Kind kind, bool throttled = false) {
  return {.kind = kind, .code = {}, .message = {}, .wait = std::nullopt, .throttled = throttled};
}

Breaker opened() {
  Breaker breaker;
  for (int i = 0; i < 5; ++i) breaker.failed(failure(Failure::Kind::retry), start);
  return breaker;
}

TEST(Breaker, OpensAfterFiveInARow) {
  Breaker breaker;
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(breaker.failed(failure(i % 2 == 0 ? Failure::Kind::retry : Failure::Kind::unknown), start));
    EXPECT_TRUE(breaker.allows(start, 3));
  }
  EXPECT_TRUE(breaker.failed(failure(Failure::Kind::retry), start));
  EXPECT_FALSE(breaker.allows(start, 0));
  EXPECT_EQ(breaker.open_until(), start + 5s);
  // Others that were under way and fail at the same moment do not open it further.
  EXPECT_FALSE(breaker.failed(failure(Failure::Kind::retry), start + 1s));
  EXPECT_EQ(breaker.open_until(), start + 5s);
}

TEST(Breaker, ASuccessBetweenStartsTheCountAgain) {
  Breaker breaker;
  for (int i = 0; i < 4; ++i) breaker.failed(failure(Failure::Kind::retry), start);
  EXPECT_FALSE(breaker.succeeded());
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(breaker.failed(failure(Failure::Kind::retry), start));
  EXPECT_TRUE(breaker.allows(start, 0));
}

TEST(Breaker, LetsOneThroughWhileHalfOpen) {
  auto breaker = opened();
  EXPECT_TRUE(breaker.allows(start + 5s, 0));
  EXPECT_FALSE(breaker.allows(start + 5s, 1));
  EXPECT_TRUE(breaker.succeeded());
  EXPECT_TRUE(breaker.allows(start + 5s, 3));
  EXPECT_EQ(breaker.openings(), 0);
}

TEST(Breaker, DoublesItsPauseUpToFiveMinutes) {
  auto breaker = opened();
  auto now = start;
  for (const Millis pause : {10s, 20s, 40s, 80s, 160s, 300s, 300s, 300s}) {
    now = breaker.open_until();
    EXPECT_TRUE(breaker.failed(failure(Failure::Kind::unknown), now));
    EXPECT_EQ(breaker.open_until() - now, pause);
  }
  EXPECT_EQ(breaker.openings(), 9);
  breaker.succeeded();
  for (int i = 0; i < 5; ++i) breaker.failed(failure(Failure::Kind::retry), now);
  EXPECT_EQ(breaker.open_until() - now, 5s) << "a success makes the next pause short again";
}

TEST(Breaker, AClockThatWasPutBackKeepsItOpenNoLongerThanItsPause) {
  const auto breaker = opened();
  EXPECT_FALSE(breaker.is_open(start - 3h)) << "it would stay open for three hours";
  EXPECT_TRUE(breaker.allows(start - 3h, 0));
  EXPECT_FALSE(breaker.allows(start - 3h, 1)) << "one call finds out";
}

TEST(Breaker, OpensAtOnceWhenBlocked) {
  Breaker breaker;
  EXPECT_TRUE(breaker.failed(failure(Failure::Kind::blocked), start));
  EXPECT_TRUE(breaker.is_open(start));
}

TEST(Breaker, RefusalsAndThrottlingAreAnswersOfAHealthyVendor) {
  for (const auto& answer : {failure(Failure::Kind::refused), failure(Failure::Kind::retry, true)}) {
    Breaker breaker;
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(breaker.failed(answer, start));
    EXPECT_TRUE(breaker.allows(start, 3));
    auto half_open = opened();
    EXPECT_FALSE(half_open.failed(answer, start + 5s));
    EXPECT_TRUE(half_open.allows(start + 5s, 3)) << "it answered, so it is there";
  }
}

}  // namespace
}  // namespace backhaul::dispatch
