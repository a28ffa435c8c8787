#pragma once
// One function per call to ShipHero. Each may end in any failure of retry_policy.hpp; further ones are named. Reads may
// be repeated; effects (create, add, update, enable, delete) may not be repeated after `unknown`.
//
// `customer_account_id` is sent wherever ShipHero accepts it (contract 1.4): orders, returns, webhooks, return_create,
// webhook_create, webhook_delete.

#include <string>
#include <vector>

#include "connectors/shiphero/graphql.hpp"
#include "connectors/shiphero/types.hpp"

namespace backhaul::connectors::shiphero {

// Which orders; exactly one of the first two is set.
struct OrderFilter {
  std::string partner_order_id;
  std::string order_number;

  friend bool operator==(const OrderFilter&, const OrderFilter&) = default;
};

// The graphql and settings must outlive it.
class Client {
 public:
  Client(GraphQl& graphql, const Settings& settings) : graphql_(graphql), settings_(settings) {}

  // At most two orders, the first 50 lines of each. None when there is no such order.
  [[nodiscard]] async::Task<Outcome<std::vector<Order>>> find_orders(OrderFilter filter);
  // The next 100 lines of an order: line_items, more_line_items and line_items_cursor are set.
  [[nodiscard]] async::Task<Outcome<Order>> read_order_lines(std::string order_id, std::string after);
  // Every return of the order: id, partner_id, status.
  [[nodiscard]] async::Task<Outcome<std::vector<Return>>> returns_of_order(std::string order_id);

  // refused "not_found": no such return.
  [[nodiscard]] async::Task<Outcome<Return>> read_return(std::string id);
  // A page of 25, in ShipHero's order. Times as to_vendor_time gives them; `after` is a cursor of an earlier page or
  // empty.
  [[nodiscard]] async::Task<Outcome<Connection<Return>>> list_returns(std::string updated_from, std::string updated_to,
                                                                      std::string after);
  // refused "not_found": no such order or warehouse.
  [[nodiscard]] async::Task<Outcome<Return>> create_return(CreateReturnInput input);
  [[nodiscard]] async::Task<Outcome<void>> add_attachment(AddReturnAttachmentInput input);
  [[nodiscard]] async::Task<Outcome<void>> update_status(std::string return_id, std::string status);

  [[nodiscard]] async::Task<Outcome<Account>> account();
  [[nodiscard]] async::Task<Outcome<AuthenticatedUser>> me();

  // Every webhook of the account, all types.
  [[nodiscard]] async::Task<Outcome<std::vector<Webhook>>> webhooks();
  // The answer holds the signing secret, this one time. ShipHero asks the URL with HEAD and wants 2xx.
  [[nodiscard]] async::Task<Outcome<Webhook>> create_webhook(std::string name, std::string tag, std::string url);
  // By type and tag, not by id; an empty tag means the one without.
  [[nodiscard]] async::Task<Outcome<void>> delete_webhook(std::string name, std::string tag);
  [[nodiscard]] async::Task<Outcome<void>> enable_webhook(std::string id);
  [[nodiscard]] async::Task<Outcome<Webhook>> update_webhook_url(std::string id, std::string url);

 private:
  GraphQl& graphql_;
  const Settings& settings_;
};

}  // namespace backhaul::connectors::shiphero
