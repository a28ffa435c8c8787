#include "types/id.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace backhaul {
namespace {

TEST(NumberIds, AreWrittenWithPrefixAndThirteenDigits) {
  EXPECT_EQ(ReturnId{1}.str(), "ret_0000000000001");
  EXPECT_EQ(EventId{33}.str(), "evt_0000000000011");
  EXPECT_EQ(JobId{INT64_MAX}.str(), "job_7ZZZZZZZZZZZZ");
}

TEST(NumberIds, ReadBackWhatTheyWrite) {
  for (const std::int64_t number :
       {std::int64_t{1}, std::int64_t{31}, std::int64_t{32}, std::int64_t{1'000'000'007}, INT64_MAX}) {
    EXPECT_EQ(JobId::parse(JobId{number}.str()), JobId{number});
  }
}

TEST(NumberIds, SortAsTextLikeTheirNumbers) {
  const std::vector<std::int64_t> numbers{1, 9, 10, 31, 32, 33, 1023, 1024, 1'000'000, INT64_MAX};
  std::vector<std::string> texts;
  for (const auto number : numbers) texts.push_back(EventId{number}.str());
  EXPECT_TRUE(std::ranges::is_sorted(texts));
}

TEST(NumberIds, RefuseWhatIsNotTheirPublicForm) {
  for (const char* text :
       {"", "ret_", "1", "ret_1", "job_0000000000001", "ret_000000000000I", "ret_00000000000001", "ret_0000000000000",
        "ret_8000000000000", "ret_ZZZZZZZZZZZZZ", "ret_000000000000a", "RET_0000000000001"}) {
    EXPECT_FALSE(ReturnId::parse(text)) << text;
  }
}

TEST(NumberIds, ZeroMeansNoneYet) {
  EXPECT_FALSE(ReturnId{});
  EXPECT_TRUE(ReturnId{1});
}

TEST(ConnectionIds, SortByTimeAndDifferByChance) {
  const auto early = make_connection_id(1'773'500'000'000, ~0ULL);
  const auto later = make_connection_id(1'773'500'000'001, 0);
  EXPECT_EQ(early.value.size(), std::string_view("con_").size() + 19);
  EXPECT_TRUE(early.value.starts_with("con_"));
  EXPECT_LT(early, later);
  EXPECT_NE(make_connection_id(1, 7), make_connection_id(1, 8));
  // 50 bits of chance are used; the rest of `random` is not.
  EXPECT_EQ(make_connection_id(1, 5), make_connection_id(1, 5 | (1ULL << 50U)));
}

TEST(TextIds, OfDifferentKindsAreDifferentTypes) {
  static_assert(!std::is_convertible_v<ConnectionId, MerchantId>);
  static_assert(!std::is_convertible_v<ReturnId, JobId>);
  EXPECT_TRUE(ConnectionId{}.empty());
  EXPECT_EQ(std::hash<ConnectionId>{}(ConnectionId{"a"}), std::hash<ConnectionId>{}(ConnectionId{"a"}));
}

}  // namespace
}  // namespace backhaul
