#include <boost/json.hpp>

#include "connectors/shiphero/types.hpp"

namespace backhaul::connectors::shiphero {
namespace {

namespace json = boost::json;

void put(json::object& into, std::string_view name, const std::string& text) {
  if (!text.empty()) into[name] = text;
}

}  // namespace

json::object to_json(const CreateReturnInput& input) {
  json::object address;
  put(address, "name", input.address.name);
  put(address, "address1", input.address.address1);
  put(address, "address2", input.address.address2);
  put(address, "city", input.address.city);
  put(address, "state", input.address.state);
  put(address, "country", input.address.country);
  put(address, "zip", input.address.zip);
  put(address, "phone", input.address.phone);

  json::array lines;
  for (const CreateReturnLineItemInput& line : input.line_items) {
    lines.push_back(
        json::object{{"sku", line.sku}, {"quantity", line.quantity}, {"return_reason", line.return_reason}});
  }
  json::object out{{"order_id", input.order_id},
                   {"warehouse_id", input.warehouse_id},
                   {"partner_id", input.partner_id},
                   {"return_reason", input.return_reason},
                   {"label_type", input.label_type},
                   {"label_cost", input.label_cost},
                   {"address", std::move(address)},
                   {"dimensions", json::object{{"weight", input.dimensions.weight},
                                               {"height", input.dimensions.height},
                                               {"width", input.dimensions.width},
                                               {"length", input.dimensions.length}}},
                   {"shipping_carrier", input.shipping_carrier},
                   {"shipping_method", input.shipping_method},
                   {"create_label", false},
                   {"email_customer_return_label", false},
                   {"display_issue_refund", false},
                   {"line_items", std::move(lines)}};
  put(out, "tracking_number", input.tracking_number);
  put(out, "customer_account_id", input.customer_account_id);
  return out;
}

json::object to_json(const AddReturnAttachmentInput& input) {
  json::object out{{"return_id", input.return_id}, {"url", input.url}};
  put(out, "filename", input.filename);
  put(out, "description", input.description);
  return out;
}

}  // namespace backhaul::connectors::shiphero
