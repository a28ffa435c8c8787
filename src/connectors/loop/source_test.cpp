#include <gtest/gtest.h>

#include "connectors/loop/connector.hpp"
#include "connectors/loop/loop_fixture.hpp"

namespace backhaul::connectors::loop {
namespace {

using Kind = Failure::Kind;

struct LoopSourceTest : LoopFixture {
  Outcome<SourceRead> read(std::string id = "90001") { return loop.wait(source->read(ExternalId{std::move(id)})); }
  Outcome<Page<SourceRead>> list(Window window, std::string cursor = {}) {
    return loop.wait(source->list_changes(window, std::move(cursor)));
  }
  static constexpr Window hour{Time{1'773'500'000'000 - 3'600'000}, Time{1'773'500'000'000}};
};

TEST_F(LoopSourceTest, ReadsOneReturn) {
  http.answer(200, testdata("details.json"));
  const auto result = read();
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->id.value, "90001");
  EXPECT_EQ(result->view.order_name, "#1201");
  EXPECT_EQ(result->raw, testdata("details.json"));
  EXPECT_EQ(line(0), "GET /warehouse/return/details?return_id=90001");
  EXPECT_EQ(net::find_header(request(0).headers, "X-Authorization"), "key-for-tests");
  EXPECT_EQ(net::find_header(request(0).headers, "Authorization"), "");
  EXPECT_TRUE(request(0).repeatable);
  EXPECT_EQ(request(0).timeout, Millis{30'000});
  EXPECT_EQ(limiter.spent, 1);
}

TEST_F(LoopSourceTest, ReadFails) {
  struct Case {
    int status;
    std::string body;
    Kind kind;
    std::string code;
  };
  const Case cases[] = {{200, R"({"error":{"message":"No return found with this ID."}})", Kind::refused, "not_found"},
                        {200, R"({"id":90002,"state":"open"})", Kind::retry, "garbled_answer"},
                        {200, R"({"id":90001,"created_at":"x"})", Kind::retry, "garbled_answer"},
                        {200, R"({"state":"open"})", Kind::retry, "garbled_answer"},
                        {200, "[]", Kind::retry, "garbled_answer"},
                        {200, "{", Kind::retry, "garbled_answer"},
                        {500, "", Kind::retry, "500"},
                        {401, "", Kind::blocked, "unauthorized"}};
  for (const auto& c : cases) {
    http.answer(c.status, c.body);
    const auto result = read();
    ASSERT_FALSE(result) << c.body;
    EXPECT_EQ(result.error().kind, c.kind) << c.body;
    EXPECT_EQ(result.error().code, c.code) << c.body;
  }
  http.lose(net::HttpError::Kind::unknown);
  EXPECT_EQ(read().error().kind, Kind::retry);
}

TEST_F(LoopSourceTest, AThrottledCallSlowsTheWholeConnection) {
  http.answer(429, "", {{"Retry-After", "12"}});
  const auto result = read();
  EXPECT_TRUE(result.error().throttled);
  EXPECT_EQ(result.error().wait, Millis{12'000});
  EXPECT_EQ(limiter.last_wait, Millis{12'000});
}

TEST_F(LoopSourceTest, TheKeyIsInNoMessage) {
  http.answer(422, R"({"message":"the key key-for-tests is odd"})");
  EXPECT_EQ(read().error().message, "the key *** is odd");
}

TEST_F(LoopSourceTest, IdsAreEncoded) {
  http.answer(200, R"({"id":"a/b?c","state":"open"})");
  ASSERT_TRUE(read("a/b?c"));
  EXPECT_EQ(line(0), "GET /warehouse/return/details?return_id=a%2Fb%3Fc");
}

TEST_F(LoopSourceTest, ListsEveryStateAndKeepsItsFilters) {
  const std::string filters =
      "&from=2026-03-14T13%3A53%3A20.000Z&to=2026-03-14T14%3A53%3A20.000Z&paginate=true&pageSize=100";
  const std::string path = "GET /warehouse/return/list?filter=updated_at&state=";
  http.answer(200, testdata("list_page.json"));
  auto page = list(hour);
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->items.size(), 2U);
  EXPECT_EQ(page->items[0].id.value, "90001");
  EXPECT_EQ(page->items[1].id.value, "900000000000000017");
  EXPECT_NE(page->items[1].raw.find("#1202"), std::string::npos);
  EXPECT_EQ(page->items[1].raw.find("#1201"), std::string::npos);
  EXPECT_EQ(line(0), path + "open" + filters);

  http.answer(200, R"({"returns":[],"nextPageUrl":null,"previousPageUrl":null})");
  page = list(hour, page->next);
  ASSERT_TRUE(page);
  // Our host and our filters; of Loop's URL only the cursor.
  EXPECT_EQ(line(1), path + "open" + filters + "&cursor=eyJpZCI6OTAwMDF9%3D%3D");
  const std::string states[] = {"review", "cancelled", "closed", "expired"};
  for (std::size_t i = 0; i < 4; ++i) {
    http.answer(200, i % 2 == 0 ? "[]" : R"({"returns":[]})");
    page = list(hour, page->next);
    ASSERT_TRUE(page);
    EXPECT_EQ(line(2 + i), path + states[i] + filters);
  }
  EXPECT_EQ(page->next, "");
}

TEST_F(LoopSourceTest, ALongWindowIsSplit) {
  const Window long_window{Time{1'773'500'000'000 - 150LL * 86'400'000}, Time{1'773'500'000'000}};
  std::string cursor;
  std::size_t calls = 0;
  do {
    http.answer(200, R"([{"id":"1","state":"open"}])");
    const auto page = list(long_window, cursor);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->items.size(), 1U);
    cursor = page->next;
    ++calls;
  } while (!cursor.empty() && calls < 100);
  EXPECT_EQ(calls, 10U);
  EXPECT_NE(line(4).find("to=2026-02-11T14%3A53%3A20.000Z"), std::string::npos) << line(4);
  EXPECT_NE(line(5).find("from=2026-02-11T14%3A53%3A20.000Z"), std::string::npos) << line(5);
}

TEST_F(LoopSourceTest, ListFails) {
  EXPECT_EQ(list(hour, "nonsense").error().code, "bad_cursor");
  EXPECT_TRUE(list({hour.to, hour.from})->items.empty());  // no request for an empty window
  EXPECT_TRUE(http.requests.empty());

  const std::string bad[] = {R"({"returns":[],"nextPageUrl":"https://x.test/list?page=2"})",
                             R"({"returns":[{"state":"open"}]})",
                             R"({"returns":[{"id":1,"line_items":[{"price":"x"}]}]})",
                             R"({"rows":[]})",
                             R"({"returns":{}})",
                             "true"};
  for (const auto& body : bad) {
    http.answer(200, body);
    const auto page = list(hour);
    ASSERT_FALSE(page) << body;
    EXPECT_EQ(page.error().code, "garbled_answer") << body;
    EXPECT_EQ(page.error().kind, Kind::retry) << body;
  }
  http.answer(200, R"({"returns":[],"nextPageUrl":"?cursor=same"})");
  EXPECT_EQ(list(hour, "0.0.same").error().code, "garbled_answer");
  http.answer(422, R"({"message":"bad","errors":{"from":["too long"]}})");
  EXPECT_EQ(list(hour).error().message, "bad too long");
}

TEST_F(LoopSourceTest, Parses) {
  const auto hint = source->parse(testdata("return_created.json"));
  ASSERT_TRUE(hint);
  EXPECT_EQ(hint->topic, "return.created");
  EXPECT_FALSE(source->parse("[]"));
  EXPECT_FALSE(source->parse("{"));
  EXPECT_TRUE(source->capabilities().change_cursor);
}

TEST_F(LoopSourceTest, TheLimitHoldsInAnyMinute) {
  ASSERT_TRUE(limiter.configured);
  EXPECT_LE(limiter.configured->first + 60 * limiter.configured->second, 300.0);
  EXPECT_LE(loop_connector().bucket + 60 * loop_connector().refill_per_second, 300.0);
  auto config = test_config();
  config.settings["requests_per_minute"] = 60;
  config.settings["base_url"] = "https://loop.example.test";
  const auto slow = loop_connector().make_source(config, Services{http, limiter, loop, {}});
  EXPECT_LE(limiter.configured->first + 60 * limiter.configured->second, 60.0);
}

}  // namespace
}  // namespace backhaul::connectors::loop
