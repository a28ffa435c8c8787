#include "connectors/loop/webhooks.hpp"

#include <gtest/gtest.h>

#include "connectors/loop/loop_fixture.hpp"

namespace backhaul::connectors::loop {
namespace {

const std::string url = "https://hub.example.test/hooks/tok123";

std::vector<WireWebhook> all_well() {
  return {{"1", "return", "return.created", url, "active"},
          {"2", "return", "return.updated", url, "active"},
          {"3", "return", "return.closed", url, "active"},
          {"4", "return.processing", "return.processing.failed", url, "active"},
          {"5", "label", "label.created", url, "active"},
          {"6", "label", "label.updated", url, "Active"}};
}

TEST(LoopWebhookPlan, NothingToDo) {
  EXPECT_TRUE(plan_webhooks(all_well(), url).empty());
}

TEST(LoopWebhookPlan, CreatesWhatIsMissing) {
  const auto changes = plan_webhooks({}, url);
  ASSERT_EQ(changes.size(), 6U);
  for (const auto& change : changes) {
    EXPECT_EQ(change.kind, WebhookChange::Kind::create);
    EXPECT_EQ(change.webhook.status, "active");
    EXPECT_EQ(change.words.find("tok123"), std::string::npos) << change.words;
  }
}

TEST(LoopWebhookPlan, OthersAreLeftAlone) {
  auto existing = all_well();
  existing.push_back({"20", "return", "return.created", "https://else.example.test/hooks/other", "active"});
  existing.push_back({"21", "return", "return.created", "https://hub.example.test/hooks/tok1234", "inactive"});
  existing.push_back({"22", "return", "return.created", "https://hub.example.test/hooks/tok123/x", "inactive"});
  existing.push_back({"23", "restock", "restock.requested", url, "inactive"});  // not one of those we want
  existing.push_back({"24", "return", "label.updated", url, "active"});
  existing.push_back({"25", "return", "return.created", "", ""});
  EXPECT_TRUE(plan_webhooks(existing, url).empty());
}

TEST(LoopWebhookPlan, MendsWhatDrifted) {
  auto existing = all_well();
  existing[0].status = "inactive";
  existing[1].status = "deactivated";
  existing[2].url = "https://old.example.test:8443/prefix/hooks/tok123?x=1";
  const auto changes = plan_webhooks(existing, url);
  ASSERT_EQ(changes.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(changes[i].kind, WebhookChange::Kind::update);
    EXPECT_EQ(changes[i].webhook.id, existing[i].id);
    EXPECT_EQ(changes[i].webhook.url, url);
    EXPECT_EQ(changes[i].webhook.status, "active");
    EXPECT_EQ(changes[i].words.find("tok123"), std::string::npos);
  }
  EXPECT_NE(changes[1].words.find("deactivated"), std::string::npos);
  EXPECT_NE(changes[2].words.find("pointed webhook 3"), std::string::npos);
}

TEST(LoopWebhookPlan, CopiesAreDeletedAndTheBestKept) {
  auto existing = all_well();
  existing[0].status = "inactive";
  existing.push_back({"30", "return", "return.created", url, "active"});
  existing.push_back({"31", "return", "return.created", "https://old.example.test/hooks/tok123", "active"});
  const auto changes = plan_webhooks(existing, url);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].kind, WebhookChange::Kind::remove);
  EXPECT_EQ(changes[0].webhook.id, "1");
}

TEST(LoopWebhookPlan, AnAddressWithoutATokenMatchesOnlyItself) {
  const auto changes =
      plan_webhooks({{"1", "return", "return.created", "https://b.test/hook", "active"}}, "https://a.test/hook");
  EXPECT_EQ(changes.size(), 6U);
}

struct LoopWebhooksTest : LoopFixture {
  Outcome<WebhookReport> ensure() { return loop.wait(source->ensure_webhooks(url)); }
};

const std::string five_well = R"({"webhooks":[
  {"id":1,"topic":"return","trigger":"return.created","url":"https://hub.example.test/hooks/tok123","status":"inactive"},
  {"id":2,"topic":"return","trigger":"return.updated","url":"https://hub.example.test/hooks/tok123","status":"active"},
  {"id":3,"topic":"return","trigger":"return.closed","url":"https://hub.example.test/hooks/tok123","status":"active"},
  {"id":4,"topic":"return.processing","trigger":"return.processing.failed","url":"https://hub.example.test/hooks/tok123","status":"active"},
  {"id":5,"topic":"label","trigger":"label.created","url":"https://hub.example.test/hooks/tok123","status":"active"},
  {"id":7,"topic":"label","trigger":"label.created","url":"https://hub.example.test/hooks/tok123","status":"active"},
  {"id":8,"topic":"return","trigger":"return.created","url":"https://else.example.test/","status":"inactive"}]})";

TEST_F(LoopWebhooksTest, RepairsAndReports) {
  http.answer(200, five_well);
  http.answer(204, "");
  http.answer(404, R"({"errors":{"code":"NOT_FOUND"}})");  // somebody deleted the copy meanwhile
  http.answer(201, R"({"id":9,"shop_id":42,"topic":"label","trigger":"label.updated","url":"x","status":"active"})");
  const auto report = ensure();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->changes.size(), 3U);
  EXPECT_EQ(line(0), "GET /webhooks");
  EXPECT_EQ(line(1), "PUT /webhooks/1");
  EXPECT_EQ(
      request(1).body,
      R"({"topic":"return","trigger":"return.created","url":"https://hub.example.test/hooks/tok123","status":"active"})");
  EXPECT_EQ(line(2), "DELETE /webhooks/7");
  EXPECT_EQ(line(3), "POST /webhooks");
  EXPECT_EQ(
      request(3).body,
      R"({"topic":"label","trigger":"label.updated","url":"https://hub.example.test/hooks/tok123","status":"active"})");
  EXPECT_TRUE(report->new_credentials.empty());
}

TEST_F(LoopWebhooksTest, StopsAtTheFirstFailure) {
  http.answer(401, "");
  EXPECT_EQ(ensure().error().kind, Failure::Kind::blocked);
  http.answer(200, five_well);
  http.answer(500, "");
  EXPECT_EQ(ensure().error().kind, Failure::Kind::unknown);
  http.answer(200, R"({"webhooks":null})");
  EXPECT_EQ(ensure().error().code, "garbled_answer");
}

}  // namespace
}  // namespace backhaul::connectors::loop
