#include "types/time.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace backhaul {
namespace {

TEST(Times, AreWrittenInUtcWithMilliseconds) {
  EXPECT_EQ(to_iso(Time{0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_iso(Time{1'773'500'966'789}), "2026-03-14T15:09:26.789Z");
  EXPECT_EQ(to_iso(Time{1'709'164'799'999}), "2024-02-28T23:59:59.999Z");
  EXPECT_EQ(to_iso(Time{1'709'164'800'000}), "2024-02-29T00:00:00.000Z");
}

TEST(Times, ThatCannotBeWrittenAreShownAsTheNearest) {
  EXPECT_EQ(to_iso(Time{INT64_MIN}), "0000-01-01T00:00:00.000Z");
  EXPECT_EQ(to_iso(Time{INT64_MAX}), "9999-12-31T23:59:59.999Z");
}

struct ParseCase {
  const char* text;
  std::int64_t ms;
};

TEST(Times, AreReadInTheFormsVendorsWrite) {
  const ParseCase cases[]{
      {"2026-03-14", 1'773'446'400'000},
      {"2026-03-14T15:09:26Z", 1'773'500'966'000},
      {"2026-03-14 15:09:26", 1'773'500'966'000},
      {"2026-03-14T15:09:26.7Z", 1'773'500'966'700},
      {"2026-03-14T15:09:26.789Z", 1'773'500'966'789},
      {"2026-03-14T15:09:26.789123Z", 1'773'500'966'789},
      {"2026-03-14T15:09:26.789", 1'773'500'966'789},
      {"2026-03-14T16:09:26+01:00", 1'773'500'966'000},
      {"2026-03-14T16:09:26+0100", 1'773'500'966'000},
      {"2026-03-14T11:39:26-03:30", 1'773'500'966'000},
      {"2026-03-14T15:09:26+00", 1'773'500'966'000},
      {"2024-02-29", 1'709'164'800'000},
  };
  for (const auto& one : cases) {
    const auto time = parse_time(one.text);
    ASSERT_TRUE(time) << one.text;
    EXPECT_EQ(time->ms, one.ms) << one.text;
  }
}

TEST(Times, RefuseEverythingElse) {
  for (const char* text : {"",
                           "2026",
                           "2026-3-14",
                           "2026-13-01",
                           "2025-02-29",
                           "2026-03-32",
                           "26-03-14",
                           "14.03.2026",
                           "2026-03-14T",
                           "2026-03-14T15",
                           "2026-03-14T15:09",
                           "2026-03-14T24:00:00Z",
                           "2026-03-14T15:60:00Z",
                           "2026-03-14T15:09:61Z",
                           "2026-03-14T15:09:26 Z",
                           "2026-03-14T15:09:26Zx",
                           "2026-03-14T15:09:26+1",
                           "2026-03-14T15:09:26+01:0",
                           "-026-03-14",
                           "2026-03-14T-5:09:26Z",
                           "2026-03-14x15:09:26Z",
                           "now"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

RC_GTEST_PROP(TimesProperty, ReadBackWhatTheyWrite, ()) {
  // Up to the year 9999: the written form has four digits for it.
  const Time time{*rc::gen::inRange<std::int64_t>(0, 253'402'300'800'000)};
  RC_ASSERT(parse_time(to_iso(time)) == time);
}

RC_GTEST_PROP(TimesProperty, SurviveAnyText, (const std::string& text)) {
  const auto time = parse_time(text);
  if (time) RC_ASSERT(parse_time(to_iso(*time)) == time);
}

TEST(Times, AddAndSubtractDurations) {
  EXPECT_EQ(Time{1'000} + Millis{500}, Time{1'500});
  EXPECT_EQ(Time{1'000} - Millis{500}, Time{500});
  EXPECT_EQ(Time{1'500} - Time{1'000}, Millis{500});
  EXPECT_FALSE(Time{});
}

TEST(Times, AMomentTooFarAheadHasCome) {
  using namespace std::chrono_literals;
  constexpr Time now{1'773'500'000'000};
  EXPECT_TRUE(is_due({}, now, 5s)) << "never set";
  EXPECT_TRUE(is_due(now, now, 5s));
  EXPECT_FALSE(is_due(now + 1ms, now, 5s));
  EXPECT_FALSE(is_due(now + 5s, now, 5s));
  EXPECT_TRUE(is_due(now + 5'001ms, now, 5s)) << "set before the clock was put back";
}

}  // namespace
}  // namespace backhaul
