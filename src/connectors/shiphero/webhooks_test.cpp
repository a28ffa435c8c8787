#include "connectors/shiphero/fixture.hpp"

namespace backhaul::connectors::shiphero {
namespace {

namespace json = boost::json;

const std::string url = "https://hub.example/in/con_1";

// An answer to `webhooks` with these nodes (JSON text, comma separated objects).
std::string webhooks(std::initializer_list<std::string> nodes) {
  std::string edges;
  for (const auto& node : nodes) edges += (edges.empty() ? "" : ",") + (R"({"cursor":"c","node":)" + node + "}");
  return R"({"data":{"webhooks":{"data":{"pageInfo":{"hasNextPage":false,"endCursor":"c"},"edges":[)" + edges + "]}}}}";
}
std::string ours(const std::string& at, bool enabled = true, const std::string& health = "HEALTHY",
                 const std::string& tag = "\"backhaul\"") {
  return R"({"id":"W3","name":"Return Update","shop_name":)" + tag + R"(,"url":")" + at + R"(","enabled":)" +
         (enabled ? "true" : "false") + R"(,"health":")" + health + "\"}";
}
const std::string merchants_own =
    R"({"id":"W1","name":"Return Update","shop_name":null,"url":"https://other.example/a","enabled":true})";
const std::string other_type =
    R"({"id":"W2","name":"PO Update","shop_name":"backhaul","url":"https://hub.example/in/con_1","enabled":true})";

TEST_F(ShipHero, a_webhook_in_order_is_left_alone) {
  answer_start();
  answer_file("webhooks.json");
  const auto report = loop.wait(destination().ensure_webhooks(url));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_TRUE(report->changes.empty());
  EXPECT_TRUE(report->new_credentials.empty());
}

TEST_F(ShipHero, a_missing_webhook_is_made_beside_the_merchants_own) {
  config.settings["customer_account_id"] = "771";
  answer_start();
  http.answer(200, webhooks({merchants_own, other_type}));
  answer_file("webhook_create.json");
  const auto report = loop.wait(destination().ensure_webhooks(url));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->changes.size(), 1U);
  EXPECT_EQ(report->new_credentials, (json::object{{"webhook_secret", "s3cret-made-up"}}));
  EXPECT_EQ(variables(-2), (json::object{{"customer_account_id", "QWNjb3VudDo3NzE="}}));
  EXPECT_EQ(json::value(variables(-1)),
            json::parse(R"({"name":"Return Update","shop_name":"backhaul","url":"https://hub.example/in/con_1",
                                                        "customer_account_id":"QWNjb3VudDo3NzE="})"));
}

TEST_F(ShipHero, webhooks_on_later_pages_count) {
  answer_start();
  http.answer(200, R"({"data":{"webhooks":{"data":{"pageInfo":{"hasNextPage":true,"endCursor":"c50"},"edges":[]}}}})");
  http.answer(200, webhooks({ours(url)}));
  const auto report = loop.wait(destination().ensure_webhooks(url));
  EXPECT_TRUE(report->changes.empty());
  EXPECT_EQ(variables(-1)["after"], "c50");
}

TEST_F(ShipHero, a_webhook_that_drifted_is_mended) {
  answer_start();
  http.answer(200, webhooks({ours("https://old.example/in", false, "UNHEALTHY")}));
  http.answer(200, R"({"data":{"webhook_update_url":{"webhook":{"id":"W3","shared_signature_secret":null}}}})");
  http.answer(200, R"({"data":{"webhook_enable":{"webhook":{"id":"W3"}}}})");
  const auto report = loop.wait(destination().ensure_webhooks(url));
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_EQ(report->changes.size(), 3U);
  EXPECT_TRUE(report->new_credentials.empty());
  EXPECT_EQ(variables(-2), (json::object{{"webhook_id", "W3"}, {"new_url", url}}));
  EXPECT_EQ(variables(-1), (json::object{{"webhook_id", "W3"}}));
}

TEST_F(ShipHero, a_webhook_with_our_url_and_no_tag_is_ours) {
  answer_start();
  http.answer(200, webhooks({ours(url, false, "WARNING", "null")}));
  http.answer(200, R"({"data":{"webhook_enable":{"webhook":{"id":"W3"}}}})");
  const auto report = loop.wait(destination().ensure_webhooks(url));
  EXPECT_EQ(report->changes.size(), 2U);
}

TEST_F(ShipHero, a_webhook_whose_secret_is_lost_is_made_anew) {
  config.credentials.erase("webhook_secret");
  answer_start();
  http.answer(200, webhooks({merchants_own, ours(url)}));
  http.answer(200, R"({"data":{"webhook_delete":{"request_id":"r","complexity":10}}})");
  answer_file("webhook_create.json");
  const auto report = loop.wait(destination().ensure_webhooks(url));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->new_credentials.at("webhook_secret"), "s3cret-made-up");
  EXPECT_EQ(variables(-2), (json::object{{"name", "Return Update"}, {"shop_name", "backhaul"}}));
  for (const auto& change : report->changes) EXPECT_EQ(change.find("s3cret"), std::string::npos);
  // Asked again before the new secret has reached a new object.
  http.answer(200, webhooks({ours(url)}));
  EXPECT_TRUE(loop.wait(destination().ensure_webhooks(url))->changes.empty());
}

TEST_F(ShipHero, a_webhook_that_exists_without_being_listed_is_replaced) {
  answer_start();
  http.answer(200, webhooks({}));
  http.answer(
      200,
      R"({"errors":[{"message":"Webhook already exists","operation":"webhook_create"}],"data":{"webhook_create":null}})");
  http.answer(200, R"({"data":{"webhook_delete":{"request_id":"r"}}})");
  answer_file("webhook_create.json");
  EXPECT_TRUE(loop.wait(destination().ensure_webhooks(url)).has_value());
}

TEST_F(ShipHero, a_webhook_made_without_a_secret_shown_is_not_a_success) {
  answer_start();
  http.answer(200, webhooks({}));
  http.answer(200, R"({"data":{"webhook_create":{"webhook":{"id":"W9","shared_signature_secret":null}}}})");
  EXPECT_EQ(loop.wait(destination().ensure_webhooks(url)).error().kind, Failure::Kind::unknown);
}

TEST_F(ShipHero, a_rotated_refresh_token_is_handed_over) {
  http.answer(200, R"({"access_token":"a","expires_in":100,"refresh_token":"rotated"})");
  http.answer(200, testdata("user_quota.json"));
  answer_file("webhooks.json");
  const auto report = loop.wait(destination().ensure_webhooks(url));
  EXPECT_EQ(report->new_credentials.at("refresh_token"), "rotated");
}

// --- check ---

const CheckItem* item(const CheckReport& report, std::string_view what) {
  for (const auto& entry : report.items) {
    if (entry.what == what) return &entry;
  }
  ADD_FAILURE() << "no item " << what;
  return nullptr;
}

const std::string no_returns = R"({"data":{"returns":{"data":{"pageInfo":{"hasNextPage":false},"edges":[]}}}})";

TEST_F(ShipHero, check_of_a_connection_in_order) {
  config.settings["warehouse_id"] = "42";
  answer_start();
  answer_file("me.json");
  answer_file("account.json");
  http.answer(200, no_returns);
  answer_file("webhooks.json");
  const CheckReport report = loop.wait(destination().check());
  ASSERT_EQ(report.items.size(), 6U);
  for (const auto& entry : report.items) {
    EXPECT_EQ(entry.level, CheckItem::Level::ok) << entry.what << ": " << entry.says;
    EXPECT_TRUE(entry.todo.empty()) << entry.what;
    EXPECT_FALSE(entry.says.empty()) << entry.what;
  }
  EXPECT_NE(item(report, "developer user")->says.find("change:returns"), std::string::npos);
  EXPECT_NE(item(report, "warehouses")->says.find("Primary"), std::string::npos);
}

TEST_F(ShipHero, check_says_what_is_wrong_and_what_to_do) {
  config.settings["warehouse_id"] = "99";
  config.credentials.erase("webhook_secret");
  answer_start();
  http.answer(200, R"({"data":{"me":{"data":{"id":"U","scopes":["view:orders"]}}}})");
  http.answer(
      200,
      R"({"data":{"account":{"data":{"id":"A","is_3pl":true,"warehouses":[{"id":"W1","identifier":"Primary"}]}}}})");
  http.answer(200,
              R"({"errors":[{"message":"Missing required scope(s): view:returns","code":7}],"data":{"returns":null}})");
  answer_file("webhooks.json");
  const CheckReport report = loop.wait(destination().check());
  EXPECT_EQ(item(report, "developer user")->level, CheckItem::Level::warning);
  EXPECT_EQ(item(report, "warehouses")->level, CheckItem::Level::failed);
  EXPECT_NE(item(report, "warehouses")->says.find("Primary (W1)"), std::string::npos);
  EXPECT_EQ(item(report, "3PL")->level, CheckItem::Level::warning);
  EXPECT_EQ(item(report, "returns")->level, CheckItem::Level::failed);
  EXPECT_NE(item(report, "returns")->says.find("view:returns"), std::string::npos);
  EXPECT_EQ(item(report, "webhook")->level, CheckItem::Level::failed);
  for (const auto& entry : report.items) {
    EXPECT_EQ(entry.todo.empty(), entry.level == CheckItem::Level::ok) << entry.what;
  }
}

TEST_F(ShipHero, check_without_a_token_stops_there) {
  http.answer(401, "");
  const CheckReport report = loop.wait(destination().check());
  ASSERT_EQ(report.items.size(), 1U);
  EXPECT_EQ(report.items[0].level, CheckItem::Level::failed);
  EXPECT_FALSE(report.items[0].todo.empty());
}

TEST_F(ShipHero, check_goes_on_when_a_question_fails) {
  http.answer(200, testdata("auth_refresh.json"));
  for (int i = 0; i < 5; ++i) http.lose(net::HttpError::Kind::not_sent);
  const CheckReport report = loop.wait(destination().check());
  EXPECT_EQ(report.items.size(), 6U);
  EXPECT_EQ(http.unused(), 0U);
}

}  // namespace
}  // namespace backhaul::connectors::shiphero
