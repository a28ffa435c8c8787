#include "cli/table.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace backhaul::cli {
namespace {

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  EXPECT_EQ(format_table({"id", "state"}, {{"1", "open"}, {"1000", "closed"}}, 0),
            "id    state\n"
            "1     open\n"
            "1000  closed\n");
}

TEST(Table, WithoutRowsOnlyTheHeadIsShown) {
  EXPECT_EQ(format_table({"id", "state"}, {}, 0), "id  state\n");
}

TEST(Table, LinesEndWithoutBlanks) {
  EXPECT_EQ(format_table({"a", "b"}, {{"x", ""}}, 0), "a  b\nx\n");
}

TEST(Table, ALineIsCutToTheWidth) {
  EXPECT_EQ(format_table({"id", "what"}, {{"1", "a long story"}}, 8), "id  what\n1   a l…\n");
  EXPECT_EQ(format_table({"id", "what"}, {{"1", "fits"}}, 8), "id  what\n1   fits\n");
}

TEST(Table, CharactersOfSeveralBytesCountOnceAndAreNeverCutInTwo) {
  EXPECT_EQ(display_width("Größe…"), 6U);
  EXPECT_EQ(format_table({"n", "x"}, {{"ö", "1"}, {"oo", "2"}}, 0), "n   x\nö   1\noo  2\n");
  EXPECT_EQ(format_table({"x"}, {{"ööööö"}}, 4), "x\nööö…\n");
}

TEST(Times, AreShownShort) {
  EXPECT_EQ(short_time(Time{1'773'500'966'789}), "2026-03-14 15:09:26");
  EXPECT_EQ(short_time({}), "-");
}

struct RelativeCase {
  std::int64_t seconds;
  const char* text;
};

TEST(Times, AreShownRelative) {
  const Time now{1'773'500'000'000};
  for (const auto& one :
       {RelativeCase{0, "0 s ago"}, RelativeCase{-1, "1 s ago"}, RelativeCase{-59, "59 s ago"},
        RelativeCase{-60, "1 min ago"}, RelativeCase{-3'599, "59 min ago"}, RelativeCase{-3'600, "1 h ago"},
        RelativeCase{-86'399, "23 h ago"}, RelativeCase{-86'400, "1 d ago"}, RelativeCase{-864'000, "10 d ago"},
        RelativeCase{5, "in 5 s"}, RelativeCase{240, "in 4 min"}, RelativeCase{7'200, "in 2 h"}}) {
    EXPECT_EQ(relative_time(now + Millis{one.seconds * 1000}, now), one.text);
  }
  EXPECT_EQ(relative_time({}, now), "-");
}

TEST(Pretty, IndentsAndKeepsTheOrderOfKeys) {
  const auto value = boost::json::parse(R"({"b":1,"a":[true,{"x":null}],"empty":{},"none":[]})");
  EXPECT_EQ(pretty(value),
            "{\n"
            "  \"b\": 1,\n"
            "  \"a\": [\n"
            "    true,\n"
            "    {\n"
            "      \"x\": null\n"
            "    }\n"
            "  ],\n"
            "  \"empty\": {},\n"
            "  \"none\": []\n"
            "}\n");
}

TEST(Pretty, ReadsBackAsTheSameValue) {
  const auto value =
      boost::json::parse(R"({"text":"a \"quote\"\n and \u00f6","numbers":[1,-2,3.5,1e300],"key \"q\"":{}})");
  EXPECT_EQ(boost::json::parse(pretty(value)), value);
}

}  // namespace
}  // namespace backhaul::cli
