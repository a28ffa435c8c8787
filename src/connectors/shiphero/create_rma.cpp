#include "connectors/shiphero/create_rma.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "connectors/shiphero/mapping.hpp"
#include "connectors/shiphero/text.hpp"

namespace backhaul::connectors::shiphero {
namespace {

constexpr Millis order_wait{10 * 60 * 1'000};  // shops hand orders over in batches
constexpr int line_pages_max = 10;             // 50 + 10 x 100 order lines: more than any shop's order has

Failure refused(std::string code, const std::string& message) {
  return Failure{Failure::Kind::refused, std::move(code), shown(message, 500), std::nullopt, false};
}

Failure order_not_found(const RmaRequest& request) {
  Failure failure{Failure::Kind::retry, "order_not_found", "", order_wait, false};
  failure.message =
      shown(fmt::format("ShipHero has no order {} (shop's id {}): not imported yet, or in another account or shop",
                        request.order_name, request.provider_order_id),
            500);
  return failure;
}

struct Found {
  Order order;
  std::vector<std::string> remarks;
};

std::string describe(const OrderFilter& filter) {
  return filter.partner_order_id.empty() ? fmt::format("order_number {}", filter.order_number)
                                         : fmt::format("partner_order_id {}", filter.partner_order_id);
}

async::Task<Outcome<Found>> find_order(Client& client, const RmaRequest& request) {
  const std::vector<OrderFilter> filters = order_filters(request);
  for (std::size_t i = 0; i < filters.size(); ++i) {
    auto hits = co_await client.find_orders(filters[i]);
    if (!hits) co_return fail(hits.error());
    std::erase_if(*hits, [&](const Order& order) { return !answers(order, filters[i]); });
    if (hits->size() > 1) {
      std::vector<std::string> which;
      for (const Order& order : *hits) which.push_back(fmt::format("{} of {}", order.order_number, order.shop_name));
      co_return fail(refused("order_ambiguous",
                             fmt::format("more than one order has {}: {}. Set the connection's shop name, or make "
                                         "the RMA by hand.",
                                         describe(filters[i]), fmt::join(which, ", "))));
    }
    if (hits->empty()) continue;
    Found found;
    found.order = std::move(hits->front());
    if (i > 0) found.remarks.push_back(fmt::format("the order was found by its {}", describe(filters[i])));
    co_return found;
  }
  co_return fail(order_not_found(request));
}

// The return that carries our reference, when there is one.
std::optional<RmaMade> existing_rma(const std::vector<Return>& returns, const std::string& reference) {
  std::optional<RmaMade> made;
  for (const Return& existing : returns) {
    if (trimmed(existing.partner_id) != trimmed(reference)) continue;
    if (made) {
      made->remarks.push_back(fmt::format("{} carries the same reference", existing.id));
      continue;
    }
    made.emplace();
    made->id = ExternalId{existing.id};
    made->found = true;
    const std::string status = normalise_status(existing.status);
    if (!status.empty() && status != "pending")
      made->remarks.push_back(fmt::format("the RMA found stands at \"{}\"", status));
  }
  return made;
}

// Matches against the lines at hand, and reads on while the order has more and something is missing.
async::Task<Outcome<MatchedLines>> match_all_lines(Client& client, const RmaRequest& request, Order& order) {
  MatchedLines matched = match_lines(request, order.line_items);
  for (int page = 0; page < line_pages_max && !matched.missing.empty() && order.more_line_items; ++page) {
    auto more = co_await client.read_order_lines(order.id, order.line_items_cursor);
    if (!more) co_return fail(more.error());
    std::ranges::move(more->line_items, std::back_inserter(order.line_items));
    order.more_line_items = more->more_line_items;
    order.line_items_cursor = more->line_items_cursor;
    matched = match_lines(request, order.line_items);
  }
  if (!matched.missing.empty()) {
    co_return fail(refused("sku_not_on_order", fmt::format("order {} has no line with SKU {}", order.order_number,
                                                           fmt::join(matched.missing, ", "))));
  }
  if (matched.lines.empty()) co_return fail(refused("no_lines", "the return has no line to send"));
  co_return matched;
}

async::Task<Outcome<std::string>> choose_warehouse(Client& client, const Settings& settings, const RmaRequest& request,
                                                   const Order& order, std::vector<std::string>& remarks) {
  if (!request.warehouse.empty()) co_return to_global_id("Warehouse", request.warehouse);
  if (!settings.warehouse_id.empty()) co_return settings.warehouse_id;
  if (order.warehouse_ids.size() == 1) {
    remarks.push_back(fmt::format("receiving warehouse {}: it shipped the order", order.warehouse_ids.front()));
    co_return order.warehouse_ids.front();
  }
  auto account = co_await client.account();
  if (!account) co_return fail(account.error());
  std::vector<Warehouse>& warehouses = account->warehouses;
  std::erase_if(warehouses, [](const Warehouse& warehouse) { return !warehouse.active; });
  if (warehouses.size() == 1) {
    remarks.push_back(fmt::format("receiving warehouse {}: the account has no other", warehouses.front().id));
    co_return warehouses.front().id;
  }
  const std::string_view why =
      order.warehouse_ids.empty() ? "the order has no shipment" : "the order shipped from several";
  co_return fail(refused("warehouse_unknown",
                         fmt::format("which warehouse receives the return? {}, and the account has: {}. Set the "
                                     "connection's receiving warehouse.",
                                     why, list_warehouses(warehouses))));
}

void remark_differences(const Return& made, const CreateReturnInput& sent, std::vector<std::string>& remarks) {
  std::int64_t units = 0;
  for (const auto& line : sent.line_items) units += line.quantity;
  if (made.total_items_expected != 0 && made.total_items_expected != units) {
    remarks.push_back(fmt::format("{} units were sent, and ShipHero expects {}", units, made.total_items_expected));
  }
  if (!made.partner_id.empty() && made.partner_id != sent.partner_id) {
    remarks.push_back(fmt::format("ShipHero keeps the reference as {}", made.partner_id));
  }
}

}  // namespace

async::Task<Outcome<RmaMade>> create_rma(Client& client, const Settings& settings, RmaRequest request) {
  auto found = co_await find_order(client, request);
  if (!found) co_return fail(found.error());
  Order& order = found->order;

  // A missing list is not an empty one: without having looked, nothing is made.
  if (!order.returns) {
    auto returns = co_await client.returns_of_order(order.id);
    if (!returns) co_return fail(returns.error());
    order.returns = std::move(*returns);
  }
  if (auto existing = existing_rma(*order.returns, request.reference)) co_return std::move(*existing);

  auto matched = co_await match_all_lines(client, request, order);
  if (!matched) co_return fail(matched.error());
  RmaMade made;
  made.remarks = std::move(found->remarks);
  std::ranges::move(matched->remarks, std::back_inserter(made.remarks));
  auto warehouse = co_await choose_warehouse(client, settings, request, order, made.remarks);
  if (!warehouse) co_return fail(warehouse.error());

  CreateReturnInput input = to_create_input(request, order, std::move(*warehouse), std::move(matched->lines), settings);
  const auto answer = co_await client.create_return(input);
  if (!answer) co_return fail(answer.error());
  made.id = ExternalId{answer->id};
  remark_differences(*answer, input, made.remarks);
  co_return made;
}

}  // namespace backhaul::connectors::shiphero
