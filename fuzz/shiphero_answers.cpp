// ShipHero's answers. What was asked is the operation.

#include <boost/json.hpp>

#include "answers.hpp"
#include "connectors/shiphero/mapping.hpp"
#include "connectors/shiphero/retry_policy.hpp"

using namespace backhaul;
using namespace backhaul::connectors;
using namespace backhaul::connectors::shiphero;
using namespace backhaul::fuzz;

namespace {

// The words of a reader's error reach people by way of `garbled`.
template <class T>
const T* value_of(const Read<T>& read) {
  if (read) return &*read;
  check(!read.error().empty(), "an error says what is wrong");
  check_failure(garbled("returns", Call::read, read.error()));
  return nullptr;
}

void check_return(const Return& from) {
  check(!from.id.empty(), "a return has an id");
  const auto read = to_rma_read(from);
  std::size_t lines = read.receipt.lines.size();
  check(lines <= from.line_items.size(), "a receipt has a line per SKU");
  check(normalise_status(read.receipt.status) == read.receipt.status, "a status is normalised once");
}

void check_order(const Order& order) {
  RmaRequest request{.reference = "r1",
                     .order_name = order.order_number,
                     .order_number = {},
                     .provider_order_id = order.partner_order_id,
                     .warehouse = {},
                     .reason = {},
                     .carrier = {},
                     .tracking_number = {},
                     .lines = {}};
  for (const auto& line : order.line_items) {
    request.lines.push_back(
        {.sku = line.sku, .quantity = 1, .reason = "Too big", .provider_line_ids = {line.partner_line_item_id}});
  }
  const auto matched = match_lines(request, order.line_items);
  std::size_t units = matched.missing.size();
  for (const auto& line : matched.lines) units += static_cast<std::size_t>(line.quantity);
  check(units == request.lines.size(), "each unit asked for is matched or missing");
  for (const auto& filter : order_filters(request)) (void)answers(order, filter);
  (void)boost::json::serialize(to_json(to_create_input(request, order, "w", matched.lines, Settings{})));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = take_answer(view(data, size));
  const auto& response = input.response;
  Asked asked;
  asked.call = input.kind == "effect" ? Call::effect : input.kind == "token" ? Call::token : Call::read;
  // The operation is ours, never a vendor's word.
  asked.operation = input.what.size() > 60 || input.what.find('@') != std::string_view::npos ? "returns" : input.what;
  asked.now = Time{1'773'500'000'000};

  const auto answer = judge(response, asked);
  if (!answer) {
    check_failure(answer.error());
    return 0;
  }
  check(response.status >= 200 && response.status < 300, "only a 2xx is good");
  if (const auto read = read_orders(*answer); const auto* orders = value_of(read)) {
    for (const auto& order : *orders) check_order(order);
  }
  if (const auto read = read_order_lines(*answer); const auto* order = value_of(read)) check_order(*order);
  if (const auto read = read_return(*answer); const auto* one = value_of(read)) {
    if (*one) check_return(**one);
  }
  if (const auto read = read_returns(*answer); const auto* page = value_of(read)) {
    for (const auto& edge : page->edges) check_return(edge.node);
  }
  if (const auto read = read_changed_return(*answer); const auto* one = value_of(read)) check_return(*one);
  if (const auto read = read_account(*answer); const auto* account = value_of(read)) {
    check(!list_warehouses(account->warehouses).empty(), "a list of nothing says so");
  }
  const auto heads = read_return_heads(*answer);
  const auto me = read_me(*answer);
  const auto quota = read_quota(*answer);
  const auto webhooks = read_webhooks(*answer);
  const auto webhook = read_changed_webhook(*answer);
  (void)value_of(heads), (void)value_of(me), (void)value_of(quota), (void)value_of(webhooks), (void)value_of(webhook);
  return 0;
}
