#include "connectors/shiphero/mapping.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "connectors/shiphero/fixture.hpp"
#include "connectors/shiphero/queries.hpp"

namespace backhaul::connectors::shiphero {
namespace {

boost::json::value envelope(const std::string& file, const char* operation) {
  return boost::json::parse(testdata(file)).at("data").at(operation);
}

RmaLine line(std::string sku, std::int64_t quantity, std::string reason = "",
             std::vector<std::string> shop_lines = {}) {
  return RmaLine{std::move(sku), quantity, std::move(reason), std::move(shop_lines)};
}

TEST(ShipHeroMapping, statuses_are_normalised) {
  const std::pair<const char*, const char*> table[] = {{"Pending", "pending"},
                                                       {" Warehouse Complete ", "warehouse complete"},
                                                       {"warehouse_completed", "warehouse complete"},
                                                       {"WAREHOUSE-COMPLETE", "warehouse complete"},
                                                       {"Warehouse  Completed", "warehouse complete"},
                                                       {"complete", "complete"},
                                                       {"completed", "completed"},
                                                       {"manual_approval", "manual approval"},
                                                       {"_", ""},
                                                       {"", ""},
                                                       {"Prüfen\t- jetzt", "prüfen jetzt"}};
  for (const auto& [given, wanted] : table) EXPECT_EQ(normalise_status(given), wanted) << given;
}

TEST(ShipHeroMapping, orders_are_looked_for_in_four_ways) {
  RmaRequest request;
  request.provider_order_id = "550111222333444555";
  request.order_name = "#1001";
  request.order_number = "1001";
  const std::vector<OrderFilter> wanted{{"550111222333444555", ""}, {"#1001", ""}, {"", "#1001"}, {"", "1001"}};
  EXPECT_EQ(order_filters(request), wanted);
  request.order_name = "1001";
  EXPECT_EQ(order_filters(request).back(), (OrderFilter{"", "#1001"}));
  request.provider_order_id = "gid://shopify/Order/1001";
  EXPECT_EQ(order_filters(request).size(), 3U);
  EXPECT_TRUE(order_filters(RmaRequest{}).empty());
  request.order_name = "#";
  EXPECT_EQ(order_filters(request).size(), 3U);
}

TEST(ShipHeroMapping, lines_of_one_sku_are_added_up) {
  RmaRequest request;
  request.reason = "Header";
  request.lines = {line("tee-blu-m", 1, "Too small"), line("TEE-BLU-M ", 2, "Damaged"),
                   line("TEE-BLU-M", 1, "Too small"), line("MUG", 1)};
  const std::vector<LineItem> order{{"1", "TEE-BLU-M", "11", 4}, {"2", "TEE-BLU-M", "12", 1}, {"3", "mug", "", 1}};
  const MatchedLines matched = match_lines(request, order);
  EXPECT_TRUE(matched.missing.empty());
  ASSERT_EQ(matched.lines.size(), 2U);
  EXPECT_EQ(matched.lines[0].sku, "TEE-BLU-M");
  EXPECT_EQ(matched.lines[0].quantity, 4);
  EXPECT_EQ(matched.lines[0].return_reason, "Too small; Damaged");
  EXPECT_EQ(matched.lines[1].sku, "mug");
  EXPECT_EQ(matched.lines[1].return_reason, "Header");
}

TEST(ShipHeroMapping, a_renamed_sku_is_bridged_by_the_shops_order_line) {
  RmaRequest request;
  request.lines = {line("OLD", 1, "", {"135000000000000001"}),
                   line("", 1, "", {"gid://shopify/LineItem/135000000000000002"}), line("GONE", 1, "", {"9", ""}),
                   line("BOTH", 1, "", {"135000000000000001", "135000000000000002"}), line("ZERO", 0)};
  const std::vector<LineItem> order{
      {"1", "NEW", "135000000000000001", 1}, {"2", "NEWER", "135000000000000002", 1}, {"3", "X", "", 1}};
  const MatchedLines matched = match_lines(request, order);
  EXPECT_EQ(matched.missing, (std::vector<std::string>{"GONE", "BOTH"}));
  ASSERT_EQ(matched.lines.size(), 2U);
  EXPECT_EQ(matched.lines[0].sku, "NEW");
  EXPECT_EQ(matched.lines[1].sku, "NEWER");
  EXPECT_EQ(matched.lines[0].return_reason, "Return");
  EXPECT_EQ(matched.remarks.size(), 2U);
}

TEST(ShipHeroMapping, reads_an_order) {
  const auto orders = read_orders(envelope("orders.json", "orders"));
  ASSERT_TRUE(orders.has_value()) << orders.error();
  ASSERT_EQ(orders->size(), 1U);
  const Order& order = orders->front();
  EXPECT_EQ(order.partner_order_id, "550111222333444555");
  EXPECT_EQ(order.line_items.size(), 3U);
  EXPECT_EQ(order.line_items[0].partner_line_item_id, "135000000000000001");
  EXPECT_EQ(order.warehouse_ids, std::vector<std::string>{to_global_id("Warehouse", "42")});
  ASSERT_TRUE(order.returns.has_value());
  EXPECT_EQ(order.returns->front().partner_id, "loop-1600");
  const AddressInput address = to_address(order.shipping_address);
  EXPECT_EQ(address.name, "Ann Example");
  EXPECT_EQ(address.state, "NY");
  EXPECT_EQ(address.country, "US");
}

TEST(ShipHeroMapping, tolerates_an_order_without_personal_data) {
  const auto orders = read_orders(envelope("orders_without_pii.json", "orders"));
  ASSERT_TRUE(orders.has_value());
  const auto input = to_json(to_create_input(RmaRequest{}, orders->front(), "w", {}, Settings{}));
  EXPECT_TRUE(input.at("address").as_object().empty());
  EXPECT_FALSE(input.contains("tracking_number"));
  EXPECT_FALSE(input.contains("customer_account_id"));
}

TEST(ShipHeroMapping, reads_a_receipt) {
  const auto read = read_return(envelope("return.json", "return"));
  ASSERT_TRUE(read.has_value()) << read.error();
  ASSERT_TRUE(read->has_value());
  const RmaRead rma = to_rma_read(**read);
  EXPECT_EQ(rma.id.value, to_global_id("Return", "123456789012345678"));
  EXPECT_EQ(rma.reference, "loop-1673");
  EXPECT_EQ(rma.receipt.status, "warehouse complete");
  EXPECT_EQ(rma.receipt.raw_status, "Warehouse_Completed");
  const std::vector<returns::ReceiptLine> wanted{
      {"TEE-BLU-M", 2, 2, 1, "Good; Damaged", ""}, {"CAP-Größe-L", 1, 0, 0, "", ""}, {"MUG", 2, 2, 2, "", ""}};
  EXPECT_EQ(rma.receipt.lines, wanted);
  EXPECT_NE(rma.raw.find("123456789012345678"), std::string::npos);
}

TEST(ShipHeroMapping, a_return_without_lines_is_an_error_and_null_is_not) {
  const auto parse = [](const char* text) { return read_return(boost::json::parse(text)); };
  EXPECT_FALSE(parse(R"({"data":{"id":"a","status":"Complete"}})").has_value());
  EXPECT_FALSE(parse(R"({"data":{"id":"a","line_items":[null]}})").has_value());
  EXPECT_FALSE(parse(R"({"data":{"id":"a","line_items":[{"quantity":1.5}]}})").has_value());
  EXPECT_FALSE(parse(R"({"data":{"line_items":[]}})").has_value());
  EXPECT_FALSE(parse(R"({})").has_value());
  EXPECT_FALSE(parse(R"([])").has_value());
  const auto none = parse(R"({"data":null})");
  ASSERT_TRUE(none.has_value());
  EXPECT_FALSE(none->has_value());
  const auto spelled = parse(R"({"data":{"id":7,"line_items":[{"quantity":"3","quantity_received":null}]}})");
  ASSERT_TRUE(spelled.has_value());
  EXPECT_EQ((*spelled)->line_items[0].quantity, 3);
}

TEST(ShipHeroMapping, a_page_that_says_it_goes_on_must_say_where) {
  EXPECT_FALSE(
      read_returns(boost::json::parse(R"({"data":{"pageInfo":{"hasNextPage":true,"endCursor":null},"edges":[]}})"))
          .has_value());
  EXPECT_FALSE(read_returns(boost::json::parse(R"({"data":null})")).has_value());
  EXPECT_TRUE(read_returns(boost::json::parse(R"({"data":{"edges":[null,{"node":null}]}})")).has_value());
}

TEST(ShipHeroMapping, ids_given_as_numbers_become_global) {
  EXPECT_EQ(to_global_id("Warehouse", "42"), "V2FyZWhvdXNlOjQy");
  EXPECT_EQ(to_global_id("Warehouse", "V2FyZWhvdXNlOjQy"), "V2FyZWhvdXNlOjQy");
  EXPECT_EQ(to_global_id("Warehouse", ""), "");
  boost::json::object settings{
      {"base_url", "https://x.example//"}, {"warehouse_id", 42}, {"credits_max", 1001}, {"credits_per_second", 0}};
  const Settings read = read_settings(settings);
  EXPECT_EQ(read.base_url, "https://x.example");
  EXPECT_EQ(read.warehouse_id, "V2FyZWhvdXNlOjQy");
  EXPECT_EQ(read.credits_max, 1001);
  EXPECT_EQ(read.credits_per_second, 60);
}

TEST(ShipHeroQueries, both_documents_read_the_same_fields) {
  const auto fields = [](std::string_view document) {
    const std::size_t start = document.find("id legacy_id");
    return document.substr(start, document.find("attachments{url description}") - start);
  };
  EXPECT_EQ(fields(read_return_operation().document), fields(list_returns_operation().document));
}

TEST(ShipHeroQueries, ask_for_the_page_sizes_they_are_charged_for) {
  const auto asks = [](const Operation& operation, int size) {
    return operation.document.find("first:" + std::to_string(size)) != std::string_view::npos;
  };
  EXPECT_TRUE(asks(find_orders_operation(), orders_page) && asks(find_orders_operation(), order_lines_page));
  EXPECT_TRUE(asks(order_lines_operation(), more_lines_page));
  EXPECT_TRUE(asks(returns_of_order_operation(), return_heads_page));
  EXPECT_TRUE(asks(list_returns_operation(), returns_page));
  EXPECT_TRUE(asks(webhooks_operation(), webhooks_page));
  EXPECT_EQ(find_orders_operation().cost, 103);
  EXPECT_EQ(create_return_operation().cost, 10);
}

}  // namespace
}  // namespace backhaul::connectors::shiphero
