#pragma once
// The GraphQL documents we send, one per vendor call, and what each costs.
//
// Cost, as ShipHero reserves it before running an operation (contract 3.2; the formula is inferred): 1, plus for every
// connection the product of the page sizes on the way to it; plain lists are free; a mutation is 10. Unused rows are
// credited back there.

#include <string_view>

#include "connectors/shiphero/retry_policy.hpp"

namespace backhaul::connectors::shiphero {

// Page sizes. Orders: two rows are enough to see that a look-up is ambiguous.
inline constexpr int orders_page = 2;
inline constexpr int order_lines_page = 50;
inline constexpr int more_lines_page = 100;  // ShipHero's maximum
inline constexpr int return_heads_page = 100;
inline constexpr int returns_page = 25;
inline constexpr int webhooks_page = 50;

// Refers to text that lives as long as the program.
struct Operation {
  std::string_view name;  // the root field, under which `data` and `operation` speak of it
  std::string_view document;
  double cost = 1;
  Call call = Call::read;
};

// Variables are named as the arguments are, `customer_account_id` too; absent ones count as not given. The
// three return mutations take one variable `data`.
[[nodiscard]] Operation find_orders_operation();       // partner_order_id, order_number, shop_name, customer_account_id
[[nodiscard]] Operation order_lines_operation();       // id, after
[[nodiscard]] Operation returns_of_order_operation();  // order_id, customer_account_id, after
[[nodiscard]] Operation read_return_operation();       // id
[[nodiscard]] Operation list_returns_operation();      // updated_from, updated_to, customer_account_id, after
[[nodiscard]] Operation account_operation();
[[nodiscard]] Operation me_operation();
[[nodiscard]] Operation user_quota_operation();
[[nodiscard]] Operation webhooks_operation();  // customer_account_id, after
[[nodiscard]] Operation create_return_operation();
[[nodiscard]] Operation add_attachment_operation();
[[nodiscard]] Operation update_status_operation();
[[nodiscard]] Operation create_webhook_operation();      // name, url, shop_name, customer_account_id
[[nodiscard]] Operation delete_webhook_operation();      // name, shop_name, customer_account_id
[[nodiscard]] Operation enable_webhook_operation();      // webhook_id
[[nodiscard]] Operation update_webhook_url_operation();  // webhook_id, new_url

}  // namespace backhaul::connectors::shiphero
