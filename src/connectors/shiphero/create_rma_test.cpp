#include <functional>

#include "connectors/shiphero/fixture.hpp"
#include "connectors/shiphero/settings.hpp"

namespace backhaul::connectors::shiphero {
namespace {

namespace json = boost::json;
using Kind = Failure::Kind;

const std::string no_orders =
    R"({"data":{"orders":{"data":{"pageInfo":{"hasNextPage":false,"endCursor":null},"edges":[]}}}})";

RmaRequest request() {
  RmaRequest wanted;
  wanted.reference = "loop-1673";
  wanted.order_name = "#1001";
  wanted.order_number = "1001";
  wanted.provider_order_id = "550111222333444555";
  wanted.tracking_number = "9400TEST0001";
  wanted.lines = {RmaLine{"tee-blu-m", 1, "Too small", {}}, RmaLine{"MUG", 1, "", {}}};
  return wanted;
}

// testdata/orders.json with its one order changed.
std::string orders_with(const std::function<void(json::object&)>& change) {
  json::value all = json::parse(testdata("orders.json"));
  change(all.at("data").at("orders").at("data").at("edges").at(0).at("node").as_object());
  return json::serialize(all);
}

// --- create ---

TEST_F(ShipHero, create_takes_two_round_trips) {
  answer_start();
  answer_file("orders.json");
  answer_file("return_create.json");
  const auto made = loop.wait(destination().create(request()));
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(made->id.value, to_global_id("Return", "700001"));
  EXPECT_FALSE(made->found);
  EXPECT_EQ(made->remarks.size(), 1U);  // the warehouse
  ASSERT_EQ(http.requests.size(), 4U);  // token, quota, then the two

  EXPECT_EQ(http.requests[0].url, "https://public-api.shiphero.com/auth/refresh");
  EXPECT_EQ(http.requests[2].url, "https://public-api.shiphero.com/graphql");
  EXPECT_EQ(net::find_header(http.requests[2].headers, "authorization"), "Bearer header.claims.signature");
  EXPECT_TRUE(http.requests[2].repeatable);
  EXPECT_FALSE(http.requests[3].repeatable);
  EXPECT_EQ(http.requests[3].timeout, Millis{30'000});
  EXPECT_EQ(variables(2), (json::object{{"partner_order_id", "550111222333444555"}}));

  const json::object data = variables(3)["data"].as_object();
  const json::value wanted = json::parse(R"({
    "order_id": "T3JkZXI6OTAwMDAx", "warehouse_id": "V2FyZWhvdXNlOjQy", "partner_id": "loop-1673", "return_reason": "Too small; Return",
    "label_type": "SELF_RETURN", "label_cost": "0.00",
    "address": {"name": "Ann Example", "address1": "1 Sample St", "city": "Testville", "state": "NY", "country": "US", "zip": "10001"},
    "dimensions": {"weight": "1", "height": "1", "width": "1", "length": "1"},
    "shipping_carrier": "generic", "shipping_method": "generic", "tracking_number": "9400TEST0001",
    "create_label": false, "email_customer_return_label": false, "display_issue_refund": false,
    "line_items": [{"sku": "TEE-BLU-M", "quantity": 1, "return_reason": "Too small"}, {"sku": "MUG", "quantity": 1, "return_reason": "Return"}]})");
  EXPECT_EQ(json::value(data), wanted) << data;
}

TEST_F(ShipHero, create_finds_what_an_earlier_attempt_made) {
  answer_start();
  http.answer(200, orders_with([](json::object& order) {
                order["returns"].as_array().push_back(
                    json::object{{"id", "R1"}, {"partner_id", "loop-1673"}, {"status", "Warehouse_Complete"}});
                order["returns"].as_array().push_back(
                    json::object{{"id", "R2"}, {"partner_id", "loop-1673"}, {"status", "Pending"}});
              }));
  const auto made = loop.wait(destination().create(request()));
  ASSERT_TRUE(made.has_value());
  EXPECT_TRUE(made->found);
  EXPECT_EQ(made->id.value, "R1");
  EXPECT_EQ(made->remarks.size(), 2U);
}

TEST_F(ShipHero, create_looks_elsewhere_when_the_order_does_not_show_its_returns) {
  answer_start();
  http.answer(200, orders_with([](json::object& order) { order["returns"] = nullptr; }));
  http.answer(200, R"({"data":{"returns":{"data":{"pageInfo":{"hasNextPage":true,"endCursor":"c1"},"edges":[]}}}})");
  http.answer(
      200,
      R"({"data":{"returns":{"data":{"pageInfo":{"hasNextPage":false},"edges":[{"node":{"id":"R1","partner_id":"loop-1673"}}]}}}})");
  const auto made = loop.wait(destination().create(request()));
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->id.value, "R1");
  EXPECT_EQ(variables(-1)["after"], "c1");
}

TEST_F(ShipHero, create_tries_every_way_to_the_order_and_then_waits) {
  config.settings["shop_name"] = "sample.myshopify.com";
  config.settings["customer_account_id"] = "771";
  answer_start();
  for (int i = 0; i < 4; ++i) http.answer(200, no_orders);
  const auto made = loop.wait(destination().create(request()));
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().kind, Kind::retry);
  EXPECT_EQ(made.error().code, "order_not_found");
  EXPECT_EQ(made.error().wait, Millis{600'000});
  EXPECT_FALSE(made.error().throttled);
  const json::value wanted = json::parse(
      R"({"order_number":"1001","shop_name":"sample.myshopify.com","customer_account_id":"QWNjb3VudDo3NzE="})");
  EXPECT_EQ(json::value(variables(-1)), wanted);
}

TEST_F(ShipHero, create_takes_not_found_of_a_look_up_as_no_hit) {
  answer_start();
  http.answer(200, R"({"errors":[{"message":"Not found","code":5}],"data":{"orders":null}})");
  answer_file("orders.json");  // its partner_order_id is not the order's name: not the one asked for
  answer_file("orders.json");
  answer_file("return_create.json");
  const auto made = loop.wait(destination().create(request()));
  ASSERT_TRUE(made.has_value());
  EXPECT_NE(made->remarks.front().find("order_number #1001"), std::string::npos);
}

TEST_F(ShipHero, create_does_not_guess_between_orders) {
  answer_start();
  json::value all = json::parse(testdata("orders.json"));
  auto& edges = all.at("data").at("orders").at("data").at("edges").as_array();
  edges.push_back(json::value(edges.at(0)));
  http.answer(200, json::serialize(all));
  const auto made = loop.wait(destination().create(request()));
  EXPECT_EQ(made.error().kind, Kind::refused);
  EXPECT_EQ(made.error().code, "order_ambiguous");
}

TEST_F(ShipHero, create_names_skus_the_order_lacks) {
  answer_start();
  answer_file("orders.json");
  RmaRequest wanted = request();
  wanted.lines.push_back(RmaLine{"HAT-RED", 1, "", {}});
  const auto made = loop.wait(destination().create(wanted));
  EXPECT_EQ(made.error().kind, Kind::refused);
  EXPECT_EQ(made.error().code, "sku_not_on_order");
  EXPECT_NE(made.error().message.find("HAT-RED"), std::string::npos);
}

TEST_F(ShipHero, create_reads_on_in_a_long_order) {
  answer_start();
  http.answer(200, orders_with([](json::object& order) {
                order["line_items"].as_object()["pageInfo"] = json::object{{"hasNextPage", true}, {"endCursor", "c50"}};
              }));
  http.answer(200, R"({"data":{"order":{"data":{"line_items":{"pageInfo":{"hasNextPage":false,"endCursor":null},
                       "edges":[{"node":{"id":"L51","sku":"HAT-RED","quantity":1}}]}}}}})");
  answer_file("return_create.json");
  RmaRequest wanted = request();
  wanted.lines = {RmaLine{"hat-red", 1, "", {}}};
  ASSERT_TRUE(loop.wait(destination().create(wanted)).has_value());
  EXPECT_EQ(variables(3)["after"], "c50");
  EXPECT_EQ(variables(4)["data"].at("line_items").at(0).at("sku"), "HAT-RED");
}

TEST_F(ShipHero, create_without_lines_is_refused) {
  answer_start();
  answer_file("orders.json");
  RmaRequest wanted = request();
  wanted.lines.clear();
  EXPECT_EQ(loop.wait(destination().create(wanted)).error().code, "no_lines");
}

// --- the warehouse ---

std::string sent_warehouse(const json::object& variables) {
  return std::string(variables.at("data").at("warehouse_id").as_string());
}

TEST_F(ShipHero, warehouse_is_the_requests_then_the_connections) {
  config.settings["warehouse_id"] = "43";
  answer_start();
  for (int i = 0; i < 2; ++i) {
    answer_file("orders.json");
    answer_file("return_create.json");
  }
  RmaRequest wanted = request();
  wanted.warehouse = "44";
  (void)loop.wait(destination().create(wanted));
  EXPECT_EQ(sent_warehouse(variables(-1)), to_global_id("Warehouse", "44"));
  (void)loop.wait(destination().create(request()));
  EXPECT_EQ(sent_warehouse(variables(-1)), to_global_id("Warehouse", "43"));
}

TEST_F(ShipHero, warehouse_is_the_accounts_only_one_when_nothing_shipped) {
  answer_start();
  http.answer(200, orders_with([](json::object& order) { order["shipments"] = nullptr; }));
  http.answer(
      200,
      R"({"data":{"account":{"data":{"id":"A","warehouses":[{"id":"W1","identifier":"Primary"},{"id":"W2","active":false}]}}}})");
  answer_file("return_create.json");
  ASSERT_TRUE(loop.wait(destination().create(request())).has_value());
  EXPECT_EQ(sent_warehouse(variables(-1)), "W1");
}

TEST_F(ShipHero, warehouse_unknown_says_which_there_are) {
  answer_start();
  http.answer(200, orders_with([](json::object& order) {
                order["shipments"] = json::parse(R"([{"warehouse_id":"W1"},{"warehouse_id":"W2"}])");
              }));
  answer_file("account.json");
  const auto made = loop.wait(destination().create(request()));
  EXPECT_EQ(made.error().kind, Kind::refused);
  EXPECT_EQ(made.error().code, "warehouse_unknown");
  EXPECT_NE(made.error().message.find("Annex (" + to_global_id("Warehouse", "43") + ")"), std::string::npos)
      << made.error().message;
  EXPECT_EQ(made.error().message.find("Old"), std::string::npos);
}

// --- when the answer to a create is odd ---

TEST_F(ShipHero, create_whose_answer_is_lost_is_unknown) {
  const auto create = [&] { return loop.wait(destination().create(request())).error(); };
  // The answers to return_create, each after its own look.
  const std::vector<std::pair<std::function<void()>, Kind>> table{
      {[&] { http.lose(net::HttpError::Kind::unknown); }, Kind::unknown},
      {[&] { http.lose(net::HttpError::Kind::not_sent); }, Kind::retry},
      {[&] { http.answer(502, "<html>"); }, Kind::unknown},
      {[&] { http.answer(200, R"({"data":{"return_create":{"return":{"id":null}}}})"); }, Kind::unknown},
      {[&] { http.answer(200, R"({"data":{"return_create":null}})"); }, Kind::unknown},
      {[&] { answer_file("error_not_found.json"); }, Kind::refused},
  };
  answer_start();
  for (const auto& [answer, kind] : table) {
    answer_file("orders.json");
    answer();
    EXPECT_EQ(create().kind, kind);
  }
  EXPECT_EQ(http.unused(), 0U);
}

}  // namespace
}  // namespace backhaul::connectors::shiphero
