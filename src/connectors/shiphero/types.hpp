#pragma once
// ShipHero's wire types, with its field names and only the fields we use (schema of mid-2026, contract 4 to 6), and the
// functions that read them out of an answer or write them into a request (json.cpp).
//
// Nearly every field is nullable there, and without the scope view:pii personal fields come back null. So: an absent or
// null text is "", an absent or null number is 0. What a value cannot be used without (an id, the lines of a return) is
// an error when missing. Readers never throw; their error says which field is wrong.

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "types/result.hpp"

namespace backhaul::connectors::shiphero {

struct LineItem {
  std::string id;
  std::string sku;
  std::string partner_line_item_id;  // the shop's order line, for shop orders
  std::int64_t quantity = 0;
};

struct OrderAddress {
  std::string first_name, last_name, address1, address2, city, state, state_code, zip, country, country_code, phone;
};

struct ReturnLineItem {
  std::string id;
  std::int64_t quantity = 0;
  std::int64_t quantity_received = 0;
  std::int64_t restock = 0;  // units put back to stock
  std::string condition;     // free text
  bool is_component = false;
  std::string line_item_sku;  // line_item.sku
  std::string product_sku;    // product.sku
};

struct ReturnAttachment {
  std::string url, description;
};

struct Return {
  std::string id;
  std::string partner_id;  // our reference
  std::string status;
  std::int64_t total_items_expected = 0;
  std::vector<ReturnLineItem> line_items;
  std::vector<std::string> tracking_numbers;  // labels[].tracking_number
  std::vector<ReturnAttachment> attachments;
  std::string raw;  // the JSON it was read from
};

template <class T>
struct Connection {
  struct Edge {
    T node;
    std::string cursor;
  };
  std::vector<Edge> edges;  // rows ShipHero gave as null are left out
  bool has_next_page = false;
  std::string end_cursor;
};

struct Order {
  std::string id, order_number, partner_order_id, shop_name;
  std::vector<LineItem> line_items;
  bool more_line_items = false;  // the order has further lines after `line_items_cursor`
  std::string line_items_cursor;
  std::vector<std::string> warehouse_ids;      // of its shipments, each once
  OrderAddress shipping_address;               // empty fields without view:pii
  std::optional<std::vector<Return>> returns;  // id, partner_id and status only; not set when ShipHero gave null
};

struct Warehouse {
  std::string id, identifier;  // identifier is the name people see
  bool active = true;
};

struct Account {
  std::string id;
  bool is_3pl = false;
  std::vector<Warehouse> warehouses;
};

struct AuthenticatedUser {
  std::string id;
  bool is_developer = false;
  std::vector<std::string> scopes;
};

struct UserQuota {
  double credits_remaining = 0, max_available = 0, increment_rate = 0;  // increment per second; 0: not said
};

struct Webhook {
  std::string id, name, shop_name, url, health;
  bool enabled = true;
  std::string shared_signature_secret;  // in the answer to webhook_create only
};

struct Dimensions {
  std::string weight, height, width, length;
};

struct CreateReturnLineItemInput {
  std::string sku;
  std::int64_t quantity = 0;
  std::string return_reason;
};

struct AddressInput {
  std::string name, address1, address2, city, state, country, zip, phone;  // empty ones are not sent
};

// Never has exchange_items: the shop's own exchange order reaches ShipHero by itself, so there would be two
// (contract 4.9).
struct CreateReturnInput {
  std::string order_id, warehouse_id, partner_id, return_reason, label_type, label_cost, shipping_carrier,
      shipping_method;
  AddressInput address;
  Dimensions dimensions;
  std::string tracking_number;      // empty: not sent
  std::string customer_account_id;  // empty: not sent
  std::vector<CreateReturnLineItemInput> line_items;
};

struct AddReturnAttachmentInput {
  std::string return_id, url, filename, description;
};

// What a webhook delivery says, fully parsed.
struct ReturnUpdate {
  std::string webhook_type, status;
};

template <class T>
using Read = Result<T, std::string>;

// Each takes the value under data.<operation>, that is the envelope {request_id, complexity, data | <object>};
// `read_quota` takes user_quota itself, which has no envelope.
[[nodiscard]] Read<std::vector<Order>> read_orders(const boost::json::value& envelope);
[[nodiscard]] Read<Order> read_order_lines(const boost::json::value& envelope);  // line_items and their cursor only
[[nodiscard]] Read<std::optional<Return>> read_return(const boost::json::value& envelope);  // nothing: data is null
[[nodiscard]] Read<Connection<Return>> read_returns(const boost::json::value& envelope);
[[nodiscard]] Read<Connection<Return>> read_return_heads(const boost::json::value& envelope);  // id, partner_id, status
[[nodiscard]] Read<Return> read_changed_return(const boost::json::value& envelope);  // {return {id ...}} of a mutation
[[nodiscard]] Read<Account> read_account(const boost::json::value& envelope);
[[nodiscard]] Read<AuthenticatedUser> read_me(const boost::json::value& envelope);
[[nodiscard]] Read<UserQuota> read_quota(const boost::json::value& quota);
[[nodiscard]] Read<Connection<Webhook>> read_webhooks(const boost::json::value& envelope);
[[nodiscard]] Read<Webhook> read_changed_webhook(const boost::json::value& envelope);
[[nodiscard]] Read<ReturnUpdate> read_return_update(std::string_view body);

[[nodiscard]] boost::json::object to_json(const CreateReturnInput& input);
[[nodiscard]] boost::json::object to_json(const AddReturnAttachmentInput& input);

}  // namespace backhaul::connectors::shiphero
