#include "connectors/loop/changes.hpp"

#include <gtest/gtest.h>

namespace backhaul::connectors::loop {
namespace {

constexpr std::int64_t day = 86'400'000;

TEST(LoopPlace, SurvivesTheTrip) {
  const Place places[] = {{0, 0, ""}, {3, 4, ""}, {12, 1, "eyJ.a=="}, {0, 2, "1.2.3"}};
  for (const auto& place : places) EXPECT_EQ(decode_place(encode_place(place)), place);
  EXPECT_EQ(decode_place(""), Place{});
}

TEST(LoopPlace, RejectsWhatIsNotOurs) {
  for (const auto* cursor :
       {"x", "1", "1.", "1.2", "-1.0.", "0.5.", "0.-1.", "0.x.", ".0.", "99999999999999999999.0."}) {
    EXPECT_FALSE(decode_place(cursor)) << cursor;
  }
}

TEST(LoopWindows, CoverWithoutGapsAndOverlaps) {
  const Time from{1'700'000'000'123};
  for (const std::int64_t length : {std::int64_t{1}, day, 119 * day, 119 * day + 1, 238 * day, 1'000 * day}) {
    const Window window{from, Time{from.ms + length}};
    Time at = from;
    std::int64_t number = 0;
    for (; const auto part = sub_window(window, number); ++number) {
      EXPECT_EQ(part->from, at);
      EXPECT_LT(part->from, part->to);
      EXPECT_LE(part->to - part->from, sub_window_max);
      at = part->to;
    }
    EXPECT_EQ(at, window.to) << length;
    EXPECT_EQ(number, (length + 119 * day - 1) / (119 * day));
  }
}

TEST(LoopWindows, EmptyAndAbsurd) {
  EXPECT_FALSE(sub_window({Time{5}, Time{5}}, 0));
  EXPECT_FALSE(sub_window({Time{6}, Time{5}}, 0));
  EXPECT_FALSE(sub_window({Time{0}, Time{5}}, INT64_MAX));
  EXPECT_FALSE(sub_window({Time{0}, Time{5}}, -1));
}

TEST(LoopPlace, WalksStatesThenWindows) {
  const Window window{Time{0}, Time{120 * day}};
  std::vector<std::string> seen;
  for (std::optional<Place> place = Place{}; place; place = place_after(*place, "", window)) {
    seen.push_back(encode_place(*place));
  }
  const std::vector<std::string> expected = {"0.0.", "0.1.", "0.2.", "0.3.", "0.4.",
                                             "1.0.", "1.1.", "1.2.", "1.3.", "1.4."};
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(place_after({0, 4, "a"}, "b", window), (Place{0, 4, "b"}));
}

TEST(LoopCursor, IsTakenFromTheUrlAlone) {
  EXPECT_EQ(cursor_of(""), "");
  EXPECT_EQ(cursor_of("https://x.test/list?a=1&cursor=ab%3D%3d&b=2"), "ab==");
  EXPECT_EQ(cursor_of("https://x.test/list?cursor=a+b/c#cursor=z"), "a+b/c");
  EXPECT_EQ(cursor_of("/list?cursor=x"), "x");
  for (const auto* url : {"https://x.test/list", "https://x.test/list?page=2", "https://x.test/?cursor=", "?xcursor=1",
                          "?cursor=%", "?cursor=%4", "?cursor=%zz", "https://x.test/#?cursor=1"}) {
    EXPECT_FALSE(cursor_of(url)) << url;
  }
  EXPECT_FALSE(cursor_of("?cursor=" + std::string(5'000, 'a')));
}

}  // namespace
}  // namespace backhaul::connectors::loop
