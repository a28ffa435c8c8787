#include "connections/limiter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/manual_loop.hpp"

namespace backhaul::connections {
namespace {

using namespace std::chrono_literals;

// A loop whose clock can also be set, as an administrator or NTP does. Timers count time that passes, not the clock's
// word.
class AdjustedLoop final : public async::Loop {
 public:
  void post(std::function<void()> work) override { inner.post(std::move(work)); }
  void post_after(Millis delay, std::function<void()> work) override { inner.post_after(delay, std::move(work)); }
  [[nodiscard]] Time now() const override { return inner.now() + offset; }
  test::ManualLoop inner;
  Millis offset{0};
};

class Limiter : public testing::Test {
 protected:
  // Starts a caller; when it was served is noted under its name.
  void ask(const char* name, double cost) {
    loop.inner.start([](Limiter& self, const char* who, double units) -> async::Task<void> {
      auto acquiring = self.bucket.acquire(units);
      co_await std::move(acquiring);
      self.served.emplace_back(who, self.loop.inner.now() - self.start);
    }(*this, name, cost));
  }
  using Served = std::vector<std::pair<std::string, Millis>>;

  AdjustedLoop loop;
  Time start = loop.inner.now();
  TokenBucket bucket{loop, 10, 2};
  Served served;
};

TEST_F(Limiter, SpendsTheBucketThenWaitsInOrder) {
  ask("a", 4);
  ask("b", 6);
  ask("c", 2);
  ask("d", 1);
  ask("e", 1);
  EXPECT_EQ(served, (Served{{"a", 0ms}, {"b", 0ms}}));
  loop.inner.advance(10s);
  EXPECT_EQ(served, (Served{{"a", 0ms}, {"b", 0ms}, {"c", 1s}, {"d", 1500ms}, {"e", 2s}}));
}

TEST_F(Limiter, ACheapLateComerDoesNotOvertake) {
  ask("a", 10);
  ask("dear", 10);
  loop.inner.advance(4s);
  ask("cheap", 1);
  loop.inner.advance(10s);
  EXPECT_EQ(served, (Served{{"a", 0ms}, {"dear", 5s}, {"cheap", 5500ms}}));
}

TEST_F(Limiter, ACostAboveTheBucketIsGrantedWhenItIsFull) {
  ask("all", 500);
  EXPECT_EQ(served, (Served{{"all", 0ms}}));
  ask("again", 500);
  loop.inner.advance(1min);
  EXPECT_EQ(served.back(), (std::pair<std::string, Millis>{"again", 5s}));
}

TEST_F(Limiter, BelievesTheVendorWhenLessIsLeft) {
  bucket.correct(1.0, std::nullopt);
  ask("a", 1);
  ask("b", 1);
  loop.inner.advance(5s);
  EXPECT_EQ(served, (Served{{"a", 0ms}, {"b", 500ms}}));
}

TEST_F(Limiter, DoesNotBelieveThatMoreIsLeft) {
  ask("a", 10);
  bucket.correct(10.0, std::nullopt);
  ask("b", 1);
  loop.inner.advance(5s);
  EXPECT_EQ(served.back(), (std::pair<std::string, Millis>{"b", 500ms}));
}

TEST_F(Limiter, HoldsEverybodyForAsLongAsTheVendorAsks) {
  ask("a", 10);
  ask("b", 1);  // would be served after half a second
  bucket.correct(std::nullopt, 30s);
  ask("c", 1);
  EXPECT_EQ(bucket.delay(), 30s);
  loop.inner.advance(29s);
  EXPECT_EQ(served, (Served{{"a", 0ms}}));
  bucket.correct(std::nullopt, 500ms);  // a shorter wait does not end the longer one
  loop.inner.advance(1s);
  EXPECT_THAT(served,
              testing::UnorderedElementsAre(testing::Pair("a", 0ms), testing::Pair("b", 30s), testing::Pair("c", 30s)));
}

TEST_F(Limiter, TakesTheVendorsFigures) {
  ask("a", 10);
  bucket.configure(20, 10);  // ten more at once, and five times as fast
  ask("b", 10);
  ask("c", 10);
  loop.inner.advance(5s);
  EXPECT_EQ(served, (Served{{"a", 0ms}, {"b", 0ms}, {"c", 1s}}));
}

TEST_F(Limiter, AShrunkBucketOwesWhatWasSpent) {
  ask("a", 10);
  bucket.configure(2, 2);
  ask("b", 1);
  loop.inner.advance(10s);
  EXPECT_EQ(served.back(), (std::pair<std::string, Millis>{"b", 4500ms}));
}

TEST_F(Limiter, AClockSetBackNeitherDrainsNorFreezes) {
  ask("a", 10);
  bucket.correct(std::nullopt, 10s);
  loop.inner.advance(4s);
  loop.offset = -1h;
  ask("b", 1);  // how much time passed cannot be known, so the vendor's 10 s begin again
  loop.inner.advance(1min);
  EXPECT_EQ(served, (Served{{"a", 0ms}, {"b", 14s}}));
  ask("c", 1);
  EXPECT_EQ(served.size(), 3U) << "the bucket filled up meanwhile";
}

TEST_F(Limiter, SaysHowLongARequestWouldWait) {
  EXPECT_EQ(bucket.delay(), 0ms);
  ask("a", 10);
  EXPECT_EQ(bucket.delay(), 500ms);
  loop.inner.advance(200ms);
  EXPECT_EQ(bucket.delay(), 300ms);
  loop.inner.advance(1s);
  EXPECT_EQ(bucket.delay(), 0ms);
}

TEST_F(Limiter, NodesThatShareAnAccountKeepItsLimitTogether) {
  bucket.share(2);
  ask("a", 5);
  ask("b", 2);
  EXPECT_EQ(served, (Served{{"a", 0ms}})) << "half of the bucket is this node's";
  loop.inner.advance(10s);
  EXPECT_EQ(served, (Served{{"a", 0ms}, {"b", 2s}})) << "and half of the rate";
  bucket.share(1);
  loop.inner.advance(100s);
  ask("all of it", 10);
  ask("more", 2);
  loop.inner.advance(1s);
  EXPECT_EQ(served.back(), (std::pair<std::string, Millis>{"more", 111s}));
}

TEST_F(Limiter, AShareStillPaysTheWholePriceOfADearRequest) {
  bucket.share(5);
  ask("dear", 10);
  loop.inner.advance(60s);
  EXPECT_EQ(served, (Served{{"dear", 20s}})) << "(10 - 2) / (2 / 5)";
}

}  // namespace
}  // namespace backhaul::connections
