#pragma once
// Making an RMA: find the order, see whether the RMA is there already, choose the warehouse, make it.
//
// In the common case two round trips: one `orders` query that shows the order, its lines, shipments, address and
// returns, then return_create. ShipHero has no idempotency key (contract 4.10), so the look at the order's returns is
// what keeps a repeated create from making a second RMA.

#include "connectors/shiphero/client.hpp"

namespace backhaul::connectors::shiphero {

// The client and settings must outlive the task. Besides the client's failures:
//   retry   "order_not_found"    not imported yet, perhaps never: ask again in ten minutes
//   refused "order_ambiguous"    several orders fit
//   refused "sku_not_on_order"   message names the SKUs
//   refused "warehouse_unknown"  message names the warehouses there are
//   refused "no_lines"           nothing to return
[[nodiscard]] async::Task<Outcome<RmaMade>> create_rma(Client& client, const Settings& settings, RmaRequest request);

}  // namespace backhaul::connectors::shiphero
