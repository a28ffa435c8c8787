#include "connectors/shiphero/mapping.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/shiphero/text.hpp"

namespace backhaul::connectors::shiphero {
namespace {

// Adds `part` to a list written with "; ", unless it is empty or there already.
void join(std::string& list, std::string_view part) {
  part = trimmed(part);
  if (part.empty()) return;
  std::string_view rest = list;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find("; "), rest.size());
    if (rest.substr(0, end) == part) return;
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  if (!list.empty()) list += "; ";
  list += part;
}

// "gid://shopify/Order/123" and "123" are the same id.
std::string_view bare_id(std::string_view id) {
  id = trimmed(id);
  return id.starts_with("gid://") ? id.substr(id.rfind('/') + 1) : id;
}

const LineItem* find_by_sku(const std::vector<LineItem>& lines, std::string_view sku) {
  if (trimmed(sku).empty()) return nullptr;
  const auto found = std::ranges::find_if(lines, [&](const LineItem& line) { return same_word(line.sku, sku); });
  return found == lines.end() ? nullptr : &*found;
}

// The order line behind the shop's order lines; nothing when there is none, or when they have different SKUs.
const LineItem* find_by_shop_line(const std::vector<LineItem>& lines, const std::vector<std::string>& shop_lines) {
  const LineItem* found = nullptr;
  for (const std::string& id : shop_lines) {
    if (bare_id(id).empty()) continue;
    for (const LineItem& line : lines) {
      if (bare_id(line.partner_line_item_id) != bare_id(id) || trimmed(line.sku).empty()) continue;
      if (found != nullptr && !same_word(found->sku, line.sku)) return nullptr;
      found = &line;
    }
  }
  return found;
}

std::string first_filled(std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) {
    if (!trimmed(text).empty()) return std::string(trimmed(text));
  }
  return {};
}

std::string sku_of(const ReturnLineItem& line) {
  return line.is_component ? first_filled({line.product_sku, line.line_item_sku})
                           : first_filled({line.line_item_sku, line.product_sku});
}

}  // namespace

std::vector<OrderFilter> order_filters(const RmaRequest& request) {
  std::vector<OrderFilter> filters;
  const auto add = [&](OrderFilter filter) {
    if (std::ranges::find(filters, filter) == filters.end()) filters.push_back(std::move(filter));
  };
  const std::string id(bare_id(request.provider_order_id));
  const std::string name = first_filled({request.order_name, request.order_number});
  if (!id.empty()) add({id, ""});
  if (name.empty()) return filters;
  add({name, ""});
  add({"", name});
  add({"", name.starts_with('#') ? name.substr(1) : "#" + name});
  std::erase(filters, OrderFilter{});
  return filters;
}

bool answers(const Order& order, const OrderFilter& filter) {
  const std::string& wanted = filter.partner_order_id.empty() ? filter.order_number : filter.partner_order_id;
  const std::string& given = filter.partner_order_id.empty() ? order.order_number : order.partner_order_id;
  return given.empty() || same_word(given, wanted);
}

MatchedLines match_lines(const RmaRequest& request, const std::vector<LineItem>& order_lines) {
  MatchedLines matched;
  for (const RmaLine& line : request.lines) {
    if (line.quantity <= 0) continue;
    const LineItem* found = find_by_sku(order_lines, line.sku);
    if (found == nullptr) {
      found = find_by_shop_line(order_lines, line.provider_line_ids);
      if (found == nullptr) {
        matched.missing.push_back(trimmed(line.sku).empty() ? "(no SKU)" : line.sku);
        continue;
      }
      matched.remarks.push_back(fmt::format("SKU {} is not on the order; its order line is {} there, so that was used",
                                            line.sku, found->sku));
    }
    auto same =
        std::ranges::find_if(matched.lines, [&](const auto& known) { return same_word(known.sku, found->sku); });
    if (same == matched.lines.end()) same = matched.lines.insert(same, {found->sku, 0, ""});
    same->quantity += line.quantity;
    join(same->return_reason, line.reason);
  }
  for (auto& line : matched.lines)
    line.return_reason = first_filled({line.return_reason, request.reason, reason_unsaid});
  return matched;
}

AddressInput to_address(const OrderAddress& address) {
  std::string name = first_filled({address.first_name});
  const std::string last = first_filled({address.last_name});
  if (!name.empty() && !last.empty()) name += ' ';
  name += last;
  return AddressInput{.name = std::move(name),
                      .address1 = address.address1,
                      .address2 = address.address2,
                      .city = address.city,
                      .state = first_filled({address.state_code, address.state}),
                      .country = first_filled({address.country_code, address.country}),
                      .zip = address.zip,
                      .phone = address.phone};
}

CreateReturnInput to_create_input(const RmaRequest& request, const Order& order, std::string warehouse_id,
                                  std::vector<CreateReturnLineItemInput> lines, const Settings& settings) {
  std::string reasons;
  for (const auto& line : lines) join(reasons, line.return_reason);
  return CreateReturnInput{.order_id = order.id,
                           .warehouse_id = std::move(warehouse_id),
                           .partner_id = request.reference,
                           .return_reason = first_filled({request.reason, reasons, reason_unsaid}),
                           .label_type = settings.label_type,
                           .label_cost = "0.00",
                           .shipping_carrier = settings.shipping_carrier,
                           .shipping_method = settings.shipping_method,
                           .address = to_address(order.shipping_address),
                           .dimensions = settings.dimensions,
                           .tracking_number = without_placeholder(request.tracking_number),
                           .customer_account_id = settings.customer_account_id,
                           .line_items = std::move(lines)};
}

std::string normalise_status(std::string_view status) {
  std::string out;
  for (char c : lowered(status)) {
    if (c == '_' || c == '-' || c == '\t' || c == '\n' || c == '\r') c = ' ';
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c;
  }
  if (out.ends_with(' ')) out.pop_back();
  return out == "warehouse completed" ? "warehouse complete" : out;
}

returns::Receipt to_receipt(const Return& from) {
  returns::Receipt receipt;
  receipt.status = normalise_status(from.status);
  receipt.raw_status = from.status;
  for (const ReturnLineItem& line : from.line_items) {
    const std::string sku = sku_of(line);
    auto same = std::ranges::find_if(receipt.lines, [&](const auto& known) { return same_word(known.sku, sku); });
    if (same == receipt.lines.end()) {
      same = receipt.lines.insert(same, returns::ReceiptLine{});
      same->sku = sku;
    }
    same->expected += line.quantity;
    same->received += line.quantity_received;
    same->restocked += line.restock;
    join(same->condition, without_placeholder(line.condition));
  }
  return receipt;
}

RmaRead to_rma_read(const Return& from) {
  RmaRead read;
  read.id = ExternalId{from.id};
  read.reference = from.partner_id;
  read.receipt = to_receipt(from);
  read.raw = from.raw;
  return read;
}

std::string without_placeholder(std::string_view text) {
  const std::string_view word = trimmed(text);
  return same_word(word, "N/A") ? std::string() : std::string(word);
}

std::string list_warehouses(const std::vector<Warehouse>& warehouses) {
  std::string list;
  for (const Warehouse& warehouse : warehouses) {
    if (!list.empty()) list += ", ";
    list += fmt::format("{} ({})", warehouse.identifier.empty() ? "unnamed" : warehouse.identifier, warehouse.id);
  }
  return list.empty() ? "none" : list;
}

}  // namespace backhaul::connectors::shiphero
