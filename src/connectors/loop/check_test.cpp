#include <gtest/gtest.h>

#include "connectors/loop/loop_fixture.hpp"

namespace backhaul::connectors::loop {
namespace {

using Level = CheckItem::Level;

struct LoopCheckTest : LoopFixture {
  CheckReport check() { return loop.wait(source->check()); }
  static const CheckItem& item(const CheckReport& report, std::string_view what) {
    for (const auto& one : report.items) {
      if (one.what == what) return one;
    }
    ADD_FAILURE() << "nothing about " << what;
    return report.items.front();
  }
  void webhooks_work() { http.answer(200, R"({"webhooks":[]})"); }
  void details_work() { http.answer(200, R"({"error":{"message":"No return found with this ID."}})"); }
  void list_works() { http.answer(200, R"({"returns":[],"nextPageUrl":null})"); }
  void destinations_work() { http.answer(200, R"({"destinations":[]})"); }
};

TEST_F(LoopCheckTest, AllIsWell) {
  webhooks_work();
  details_work();
  list_works();
  destinations_work();
  const auto report = check();
  ASSERT_EQ(report.items.size(), 4U);
  for (const auto& one : report.items) EXPECT_EQ(one.level, Level::ok) << one.what << one.says;
  EXPECT_EQ(line(1), "GET /warehouse/return/details?return_id=0");
  EXPECT_NE(line(2).find("pageSize=1"), std::string::npos);
  for (const auto& sent : http.requests) EXPECT_EQ(sent.method, "GET");
}

TEST_F(LoopCheckTest, KeyRefused) {
  for (int i = 0; i < 3; ++i) http.answer(401, R"({"errors":"Unauthorized."})");
  const auto report = check();
  ASSERT_EQ(report.items.size(), 1U);
  EXPECT_EQ(report.items[0].level, Level::failed);
  EXPECT_EQ(report.items[0].what, "API key");
  EXPECT_NE(report.items[0].todo.find("Developer Tools"), std::string::npos);
}

TEST_F(LoopCheckTest, OneScopeMissing) {
  http.answer(401, "");
  details_work();
  list_works();
  destinations_work();
  auto report = check();
  EXPECT_EQ(item(report, "API key").level, Level::ok);
  EXPECT_EQ(item(report, "scope Developer Tools").level, Level::failed);
  EXPECT_NE(item(report, "scope Developer Tools").todo.find("Tools & integrations"), std::string::npos);
  EXPECT_EQ(item(report, "scope Returns").level, Level::ok);

  webhooks_work();
  http.answer(401, "");
  http.answer(401, "");
  report = check();
  EXPECT_EQ(item(report, "scope Returns").level, Level::failed);
  EXPECT_EQ(item(report, "scope Destinations (Read)").level, Level::warning);
  EXPECT_FALSE(item(report, "scope Destinations (Read)").todo.empty());
}

TEST_F(LoopCheckTest, Unreachable) {
  for (int i = 0; i < 3; ++i) http.lose(net::HttpError::Kind::not_sent);
  const auto report = check();
  ASSERT_EQ(report.items.size(), 1U);
  EXPECT_EQ(report.items[0].what, "connection");
  EXPECT_EQ(report.items[0].level, Level::failed);
}

TEST_F(LoopCheckTest, BusyBrokenAndMisdirected) {
  http.answer(429, "");
  http.answer(404, "<html>");
  http.answer(500, "");
  const auto report = check();
  EXPECT_EQ(item(report, "scope Developer Tools").level, Level::warning);
  EXPECT_NE(item(report, "scope Returns").todo.find("API version"), std::string::npos);
  EXPECT_EQ(item(report, "scope Destinations (Read)").level, Level::warning);
}

}  // namespace
}  // namespace backhaul::connectors::loop
