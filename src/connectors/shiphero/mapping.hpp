#pragma once
// Pure functions between ShipHero's types and ours.

#include <string>
#include <string_view>
#include <vector>

#include "connectors/shiphero/client.hpp"
#include "connectors/shiphero/settings.hpp"
#include "connectors/shiphero/types.hpp"

namespace backhaul::connectors::shiphero {

// A header or line reason is required; this stands in when the return has none.
inline constexpr std::string_view reason_unsaid = "Return";

// --- towards ShipHero ---

// Where to look for the order, best first, each once: partner_order_id = the shop's order id, then = the order's name;
// then order_number = the name, then the name without its '#', or with one (contract 5.1). Empty names give nothing.
[[nodiscard]] std::vector<OrderFilter> order_filters(const RmaRequest& request);

// Whether the order is truly the one asked for: ShipHero's filters are taken to be exact, and this holds them to it.
[[nodiscard]] bool answers(const Order& order, const OrderFilter& filter);

struct MatchedLines {
  std::vector<CreateReturnLineItemInput> lines;  // one per SKU, spelled as on the order
  std::vector<std::string> missing;              // SKUs asked for that the order does not have
  std::vector<std::string> remarks;
};
// Finds each requested line on the order: by SKU without regard to case and outer blanks, else by the shop's order line
// (partner_line_item_id), whose SKU is then used and remarked on. Lines that meet on one SKU are added up, their
// reasons joined with "; ". Lines of no quantity are left out. A line whose order lines have different SKUs is missing:
// nothing says which.
[[nodiscard]] MatchedLines match_lines(const RmaRequest& request, const std::vector<LineItem>& order_lines);

// The shopper's address as the RMA wants it; what the order does not show stays empty.
[[nodiscard]] AddressInput to_address(const OrderAddress& address);

[[nodiscard]] CreateReturnInput to_create_input(const RmaRequest& request, const Order& order, std::string warehouse_id,
                                                std::vector<CreateReturnLineItemInput> lines, const Settings& settings);

// --- from ShipHero ---

// Lower case, trimmed, `_` and `-` as blanks, single blanks; "warehouse completed" becomes "warehouse complete":
// spellings of one status differ between the API, the webhook and the screen (contract 4.7).
[[nodiscard]] std::string normalise_status(std::string_view status);

// Lines of one SKU are added up, their conditions joined with "; ". The SKU is the order line's; for a kit's component
// the product's, because there the order line is the kit.
[[nodiscard]] returns::Receipt to_receipt(const Return& from);
[[nodiscard]] RmaRead to_rma_read(const Return& from);

// What ShipHero spells for "none" becomes empty.
[[nodiscard]] std::string without_placeholder(std::string_view text);

// "Primary (V2FyZWhvdXNlOjQy), Annex (...)"; "none" for an empty list.
[[nodiscard]] std::string list_warehouses(const std::vector<Warehouse>& warehouses);

}  // namespace backhaul::connectors::shiphero
