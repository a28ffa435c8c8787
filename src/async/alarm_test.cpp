#include "async/alarm.hpp"

#include <gtest/gtest.h>

#include "support/manual_loop.hpp"

namespace backhaul::async {
namespace {

using namespace std::chrono_literals;

struct AlarmTest : testing::Test {
  test::ManualLoop loop;
  const Time start = loop.now();
  int rung = 0;
  Alarm alarm{loop, [this] { ++rung; }};
};

TEST_F(AlarmTest, RingsAtTheEarliestMomentAsked) {
  alarm.set(start + 10s);
  alarm.set(start + 20s);
  alarm.set(start + 5s);
  loop.advance(5s);
  EXPECT_EQ(rung, 1);
  loop.advance(5s);
  EXPECT_EQ(rung, 2) << "it was running already";
  loop.advance(1h);
  EXPECT_EQ(rung, 2) << "the later one was for whoever was rung to ask again";
}

TEST_F(AlarmTest, RingsAtOnceForAMomentInThePast) {
  alarm.set(start - 1h);
  loop.run_ready();
  EXPECT_EQ(rung, 1);
}

TEST_F(AlarmTest, MayBeSetAgainForTheSameMomentAfterAClockWasPutBack) {
  alarm.set(start + 10s);
  loop.put_back(1h);
  loop.advance(10s);
  ASSERT_EQ(rung, 1);
  alarm.set(start + 10s);
  loop.advance(1h);
  EXPECT_EQ(rung, 2);
}

TEST_F(AlarmTest, DoesNotRelyOnATimerThatIsLate) {
  alarm.set(start + 1h);
  loop.put_back(-2h);  // forward: that moment has passed, and its timer has an hour to go
  alarm.set(loop.now() + 5s);
  loop.advance(5s);
  EXPECT_EQ(rung, 1);
}

}  // namespace
}  // namespace backhaul::async
