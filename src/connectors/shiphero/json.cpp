#include <algorithm>
#include <boost/json.hpp>

#include "connectors/shiphero/json_fields.hpp"
#include "connectors/shiphero/types.hpp"

namespace backhaul::connectors::shiphero {
namespace {

namespace json = boost::json;

Read<LineItem> read_line_item(const json::object& from) {
  std::string error;
  LineItem line{.id = text_at(from, "id"),
                .sku = text_at(from, "sku"),
                .partner_line_item_id = text_at(from, "partner_line_item_id"),
                .quantity = count_at(from, "quantity", error)};
  if (!error.empty()) return fail("order line: " + error);
  return line;
}

std::string take_line_items(const json::object& from, Order& order) {
  auto lines = read_connection<LineItem>(from, "line_items", read_line_item);
  if (!lines) return lines.error();
  for (auto& edge : lines->edges) order.line_items.push_back(std::move(edge.node));
  order.more_line_items = lines->has_next_page;
  order.line_items_cursor = lines->end_cursor;
  return {};
}

OrderAddress read_order_address(const json::object& from) {
  return OrderAddress{.first_name = text_at(from, "first_name"),
                      .last_name = text_at(from, "last_name"),
                      .address1 = text_at(from, "address1"),
                      .address2 = text_at(from, "address2"),
                      .city = text_at(from, "city"),
                      .state = text_at(from, "state"),
                      .state_code = text_at(from, "state_code"),
                      .zip = text_at(from, "zip"),
                      .country = text_at(from, "country"),
                      .country_code = text_at(from, "country_code"),
                      .phone = text_at(from, "phone")};
}

Read<Return> read_return_head(const json::object& from) {
  Return head;
  head.id = text_at(from, "id");
  head.partner_id = text_at(from, "partner_id");
  head.status = text_at(from, "status");
  if (head.id.empty()) return fail(std::string("return without an id"));
  return head;
}

Read<ReturnLineItem> read_return_line(const json::object& from) {
  std::string error;
  ReturnLineItem line;
  line.id = text_at(from, "id");
  line.quantity = count_at(from, "quantity", error);
  line.quantity_received = count_at(from, "quantity_received", error);
  line.restock = count_at(from, "restock", error);
  line.condition = text_at(from, "condition");
  line.is_component = flag_at(from, "is_component", false);
  line.line_item_sku = text_at(object_at(from, "line_item"), "sku");
  line.product_sku = text_at(object_at(from, "product"), "sku");
  if (!error.empty()) return fail("return line: " + error);
  return line;
}

void take_papers(const json::object& from, Return& into) {
  if (const json::array* labels = array_at(from, "labels")) {
    for (const json::value& label : *labels) {
      if (label.is_object()) into.tracking_numbers.push_back(text_at(label.get_object(), "tracking_number"));
    }
  }
  if (const json::array* attachments = array_at(from, "attachments")) {
    for (const json::value& entry : *attachments) {
      if (!entry.is_object()) continue;
      const json::object& attachment = entry.get_object();
      into.attachments.push_back({text_at(attachment, "url"), text_at(attachment, "description")});
    }
  }
}

Read<Return> read_whole_return(const json::object& from) {
  Read<Return> read = read_return_head(from);
  if (!read) return read;
  const json::array* lines = array_at(from, "line_items");
  if (lines == nullptr) return fail(std::string("return ") + read->id + ": line_items is missing");
  for (const json::value& entry : *lines) {
    if (!entry.is_object()) return fail(std::string("return ") + read->id + ": a line is null");
    Read<ReturnLineItem> line = read_return_line(entry.get_object());
    if (!line) return fail(std::move(line.error()));
    read->line_items.push_back(std::move(*line));
  }
  std::string error;
  read->total_items_expected = count_at(from, "total_items_expected", error);
  if (!error.empty()) return fail(std::move(error));
  take_papers(from, *read);
  read->raw = json::serialize(from);
  return read;
}

Read<Order> read_order(const json::object& from) {
  Order order;
  order.id = text_at(from, "id");
  order.order_number = text_at(from, "order_number");
  order.partner_order_id = text_at(from, "partner_order_id");
  order.shop_name = text_at(from, "shop_name");
  if (order.id.empty()) return fail(std::string("order without an id"));
  if (std::string error = take_line_items(from, order); !error.empty()) return fail(std::move(error));
  order.shipping_address = read_order_address(object_at(from, "shipping_address"));
  if (const json::array* shipments = array_at(from, "shipments")) {
    for (const json::value& shipment : *shipments) {
      if (!shipment.is_object()) continue;
      std::string warehouse = text_at(shipment.get_object(), "warehouse_id");
      auto& known = order.warehouse_ids;
      if (!warehouse.empty() && std::ranges::find(known, warehouse) == known.end())
        known.push_back(std::move(warehouse));
    }
  }
  if (const json::array* returns = array_at(from, "returns")) {
    order.returns.emplace();
    for (const json::value& entry : *returns) {
      if (!entry.is_object()) continue;
      Read<Return> head = read_return_head(entry.get_object());
      if (!head) return fail(std::move(head.error()));
      order.returns->push_back(std::move(*head));
    }
  }
  return order;
}

}  // namespace

Read<std::vector<Order>> read_orders(const json::value& envelope) {
  auto page = read_connection<Order>(fields_of(envelope), "data", read_order);
  if (!page) return fail(std::move(page.error()));
  std::vector<Order> orders;
  for (auto& edge : page->edges) orders.push_back(std::move(edge.node));
  return orders;
}

Read<Order> read_order_lines(const json::value& envelope) {
  Order order;
  const json::object& data = object_at(fields_of(envelope), "data");
  if (std::string error = take_line_items(data, order); !error.empty()) return fail(std::move(error));
  return order;
}

Read<std::optional<Return>> read_return(const json::value& envelope) {
  const json::value* data = fields_of(envelope).if_contains("data");
  if (data == nullptr) return fail(std::string("data is missing"));
  if (data->is_null()) return std::optional<Return>();
  Read<Return> read = read_whole_return(fields_of(*data));
  if (!read) return fail(std::move(read.error()));
  return std::optional<Return>(std::move(*read));
}

Read<Connection<Return>> read_returns(const json::value& envelope) {
  return read_connection<Return>(fields_of(envelope), "data", read_whole_return);
}

Read<Connection<Return>> read_return_heads(const json::value& envelope) {
  return read_connection<Return>(fields_of(envelope), "data", read_return_head);
}

Read<Return> read_changed_return(const json::value& envelope) {
  const json::object& from = object_at(fields_of(envelope), "return");
  Read<Return> read = read_return_head(from);
  if (!read) return read;
  // A figure that cannot be read must not make a finished effect look lost.
  std::string ignored;
  read->total_items_expected = count_at(from, "total_items_expected", ignored);
  return read;
}

Read<ReturnUpdate> read_return_update(std::string_view body) {
  json::error_code error;
  const json::value parsed = json::parse(body, error);
  if (error) return fail("not JSON: " + error.message());
  if (!parsed.is_object()) return fail(std::string("not a JSON object"));
  const json::object& from = parsed.get_object();
  return ReturnUpdate{.webhook_type = text_at(from, "webhook_type"), .status = text_at(from, "status")};
}

}  // namespace backhaul::connectors::shiphero
