#pragma once
// Loop's wire types: Loop's field names, only the fields the hub uses, values as Loop wrote them. Ids are text, because
// Loop writes them as numbers in one place and strings in another and new ones have 18 digits. mapping.hpp makes them
// ours.
//
// The readers take whatever spelling Loop has been seen to use, ignore fields they do not know, and never throw. Their
// error says what is wrong, in words that hold no value of the body.

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.hpp"
#include "types/result.hpp"

namespace backhaul::connectors::loop {

struct WireLineItem {
  std::string line_item_id;
  std::string provider_line_item_id;
  std::string sku;
  std::string title;
  std::string line_item_title;
  std::string barcode;
  std::string price;          // decimal text
  std::string return_reason;  // list and webhook
  std::string reason;         // details
  std::string parent_return_reason;
  std::string parent_reason;
  std::string return_comment;
  std::string outcome;
};

struct WireLabel {
  std::string status;
  std::string url;
  std::string carrier;
  std::string tracking_number;
};

struct WireReturn {
  std::string id;
  std::string state;
  bool flagged = false;
  bool was_processed = false;
  bool return_processed = false;  // outcomes_processed_at.return_processed is set
  std::string created_at;
  std::string updated_at;
  std::string order_name;
  std::string order_number;
  std::string provider_order_number;
  std::string provider_order_id;
  std::string destination_id;
  std::string currency;
  std::string package_reference;
  std::string carrier;
  std::string tracking_number;
  std::string label_status;
  std::string label_url;
  std::vector<WireLineItem> line_items;
  std::vector<WireLabel> labels;
};

// A page of the detailed list. `raw` is the row's JSON, for the journal.
struct WireReturnRow {
  WireReturn value;
  std::string raw;
};
struct WireReturnPage {
  std::vector<WireReturnRow> returns;
  std::string next_page_url;  // empty on the last page, and when Loop answered with a bare array
};

struct WireNote {
  std::string content;
};

struct WireWebhook {
  std::string id;  // empty in one that does not exist yet
  std::string topic;
  std::string trigger;
  std::string url;
  std::string status;  // "active", "inactive", and in old accounts "deactivated"
};

// What Loop posts to us, whatever the topic.
struct WireDelivery {
  std::string topic;
  std::string trigger;
  std::string message;              // topic return.processing
  std::optional<WireReturn> value;  // topic return
};

[[nodiscard]] Result<WireReturn, std::string> read_return(const boost::json::value& body);
// A page object, or a bare array (Loop's answer without `paginate`).
[[nodiscard]] Result<WireReturnPage, std::string> read_return_page(const boost::json::value& body);
// `{"notes":[...]}`, a bare array, or `false` when there are none.
[[nodiscard]] Result<std::vector<WireNote>, std::string> read_notes(const boost::json::value& body);
[[nodiscard]] Result<std::vector<WireWebhook>, std::string> read_webhooks(const boost::json::value& body);
[[nodiscard]] Result<WireDelivery, std::string> read_delivery(std::string_view body);

// Request bodies.
[[nodiscard]] std::string write_note(std::string_view content);
[[nodiscard]] std::string write_webhook(const WireWebhook& webhook);
// `{"items":[...]}` for POST /dispositioning/grade. Empty notes and categories are left out.
[[nodiscard]] std::string write_grades(const std::vector<GradeItem>& items);
// The same for POST /dispositioning/assess, where the category is the disposition outcome.
[[nodiscard]] std::string write_dispositions(const std::vector<GradeItem>& items);

}  // namespace backhaul::connectors::loop
