#include <boost/json.hpp>
#include <charconv>

#include <fmt/format.h>

#include "connectors/loop/types.hpp"
#include "connectors/loop/wording.hpp"

namespace backhaul::connectors::loop {
namespace {

namespace json = boost::json;

constexpr std::size_t description_bytes_max = 255;  // contract 4.5
constexpr std::size_t note_bytes_max = 65'535;      // contract 4.5

// Text of a string or a whole number; empty for anything else. A number too large for 64 bits has lost digits in
// parsing and would name another thing, so it counts as absent.
std::string text_of(const json::value* value) {
  if (value == nullptr) return {};
  if (const auto* text = value->if_string()) return std::string(*text);
  if (const auto* number = value->if_int64()) return std::to_string(*number);
  if (const auto* number = value->if_uint64()) return std::to_string(*number);
  return {};
}

std::string text(const json::object& object, std::string_view name) {
  return text_of(object.if_contains(name));
}

// Money is decimal text, but a number has been seen in `refunds`; the shortest text that reads back as the same number
// is it.
std::string money(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value != nullptr && value->is_double()) return fmt::format("{:f}", value->get_double());
  return text_of(value);
}

// ISO or naive text, or PHP's {"date":...,"timezone":...}.
std::string date(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value != nullptr && value->is_object()) return text(value->get_object(), "date");
  return text_of(value);
}

bool truth(const json::value* value) {
  if (value == nullptr) return false;
  if (const auto* flag = value->if_bool()) return *flag;
  const auto written = text_of(value);
  return written == "true" || written == "1";
}

const json::array* array_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_array();
}

template <class Use>
void each_object(const json::array* array, Use use) {
  if (array == nullptr) return;
  for (const auto& element : *array) {
    if (const auto* object = element.if_object()) use(*object);
  }
}

WireLineItem line_item(const json::object& row) {
  return {.line_item_id = text(row, "line_item_id"),
          .provider_line_item_id = text(row, "provider_line_item_id"),
          .sku = text(row, "sku"),
          .title = text(row, "title"),
          .line_item_title = text(row, "line_item_title"),
          .barcode = text(row, "barcode"),
          .price = money(row, "price"),
          .return_reason = text(row, "return_reason"),
          .reason = text(row, "reason"),
          .parent_return_reason = text(row, "parent_return_reason"),
          .parent_reason = text(row, "parent_reason"),
          .return_comment = text(row, "return_comment"),
          .outcome = text(row, "outcome")};
}

WireLabel label(const json::object& row) {
  return {.status = text(row, "status"),
          .url = text(row, "url"),
          .carrier = text(row, "carrier"),
          .tracking_number = text(row, "tracking_number")};
}

bool return_processed(const json::object& row) {
  const auto* times = row.if_contains("outcomes_processed_at");
  if (times == nullptr || !times->is_object()) return false;
  const auto* time = times->get_object().if_contains("return_processed");
  return time != nullptr && !time->is_null() && !(time->is_bool() && !time->get_bool());
}

WireReturn wire_return(const json::object& row) {
  WireReturn result{.id = text(row, "id"),
                    .state = text(row, "state"),
                    .flagged = truth(row.if_contains("flagged")),
                    .was_processed = truth(row.if_contains("was_processed")),
                    .return_processed = return_processed(row),
                    .created_at = date(row, "created_at"),
                    .updated_at = date(row, "updated_at"),
                    .order_name = text(row, "order_name"),
                    .order_number = text(row, "order_number"),
                    .provider_order_number = text(row, "provider_order_number"),
                    .provider_order_id = text(row, "provider_order_id"),
                    .destination_id = text(row, "destination_id"),
                    .currency = text(row, "currency"),
                    .package_reference = text(row, "package_reference"),
                    .carrier = text(row, "carrier"),
                    .tracking_number = text(row, "tracking_number"),
                    .label_status = text(row, "label_status"),
                    .label_url = text(row, "label_url"),
                    .line_items = {},
                    .labels = {}};
  if (result.id.empty()) result.id = text(row, "return_id");
  each_object(array_at(row, "line_items"), [&](const auto& item) { result.line_items.push_back(line_item(item)); });
  each_object(array_at(row, "labels"), [&](const auto& item) { result.labels.push_back(label(item)); });
  return result;
}

WireWebhook webhook(const json::object& row) {
  return {.id = text(row, "id"),
          .topic = text(row, "topic"),
          .trigger = text(row, "trigger"),
          .url = text(row, "url"),
          .status = text(row, "status")};
}

// Loop's schema wants a number; an id that is none is sent as it came.
json::value id_value(const std::string& id) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error == std::errc{} && end == id.data() + id.size() && std::to_string(number) == id) return number;
  return json::value(id);
}

json::object item_for(const GradeItem& grade) {
  json::object item{{"line_item_id", id_value(grade.line_id)}};
  if (!grade.note.empty()) item["note"] = cut_utf8(grade.note, note_bytes_max);
  return item;
}

}  // namespace

Result<WireReturn, std::string> read_return(const json::value& body) {
  const auto* object = body.if_object();
  if (object == nullptr) return fail(std::string("a return should be an object"));
  auto result = wire_return(*object);
  if (result.id.empty()) return fail(std::string("a return without an id"));
  return result;
}

Result<WireReturnPage, std::string> read_return_page(const json::value& body) {
  WireReturnPage page;
  const auto* rows = body.if_array();
  if (const auto* object = body.if_object()) {
    rows = array_at(*object, "returns");
    page.next_page_url = text(*object, "nextPageUrl");
  }
  if (rows == nullptr) return fail(std::string("a list of returns without the field returns"));
  for (const auto& row : *rows) {
    auto value = read_return(row);
    if (!value) return fail(std::move(value.error()));
    page.returns.push_back({.value = std::move(*value), .raw = json::serialize(row)});
  }
  return page;
}

Result<std::vector<WireNote>, std::string> read_notes(const json::value& body) {
  std::vector<WireNote> notes;
  if (body.is_bool() && !body.get_bool()) return notes;
  const auto* rows = body.if_array();
  if (const auto* object = body.if_object()) rows = array_at(*object, "notes");
  if (rows == nullptr) return fail(std::string("a list of notes without the field notes"));
  each_object(rows, [&](const auto& row) { notes.push_back({.content = text(row, "content")}); });
  return notes;
}

Result<std::vector<WireWebhook>, std::string> read_webhooks(const json::value& body) {
  std::vector<WireWebhook> webhooks;
  const auto* rows = body.if_array();
  if (const auto* object = body.if_object()) rows = array_at(*object, "webhooks");
  if (rows == nullptr) return fail(std::string("a list of webhooks without the field webhooks"));
  each_object(rows, [&](const auto& row) { webhooks.push_back(webhook(row)); });
  return webhooks;
}

Result<WireDelivery, std::string> read_delivery(std::string_view body) {
  boost::system::error_code error;
  json::monotonic_resource memory;  // the document ends with this call
  const auto value = json::parse({body.data(), body.size()}, error, &memory);
  if (error) return fail(fmt::format("not JSON ({} bytes): {}", body.size(), error.message()));
  const auto* object = value.if_object();
  if (object == nullptr) return fail(std::string("a delivery should be a JSON object"));
  WireDelivery delivery{.topic = text(*object, "topic"),
                        .trigger = text(*object, "trigger"),
                        .message = text(*object, "message"),
                        .value = std::nullopt};
  if (delivery.topic == "return") delivery.value = wire_return(*object);
  return delivery;
}

std::string write_note(std::string_view content) {
  return json::serialize(json::object{{"content", content}});
}

std::string write_webhook(const WireWebhook& webhook) {
  return json::serialize(json::object{
      {"topic", webhook.topic}, {"trigger", webhook.trigger}, {"url", webhook.url}, {"status", webhook.status}});
}

std::string write_grades(const std::vector<GradeItem>& items) {
  json::array rows;
  for (const auto& grade : items) {
    auto row = item_for(grade);
    row["description"] = cut_utf8(grade.description, description_bytes_max);
    if (!grade.category.empty()) row["condition_category"] = grade.category;
    rows.push_back(std::move(row));
  }
  return json::serialize(json::object{{"items", std::move(rows)}});
}

std::string write_dispositions(const std::vector<GradeItem>& items) {
  json::array rows;
  for (const auto& grade : items) {
    auto row = item_for(grade);
    row["disposition_outcome"] = grade.category;
    rows.push_back(std::move(row));
  }
  return json::serialize(json::object{{"items", std::move(rows)}});
}

}  // namespace backhaul::connectors::loop
