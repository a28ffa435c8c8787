#include "connectors/shiphero/client.hpp"

#include <boost/json.hpp>

namespace backhaul::connectors::shiphero {
namespace {

namespace json = boost::json;

// Pages of one list we follow at most. No account has 2,000 webhooks, no order 5,000 returns.
constexpr int pages_max = 40;

void put(json::object& variables, std::string_view name, const std::string& value) {
  if (!value.empty()) variables[name] = value;
}

Failure endless(const Operation& operation) {
  return Failure{Failure::Kind::refused, "too_many_pages", std::string(operation.name) + ": the list does not end",
                 std::nullopt, false};
}

// Turns a reader's result into the call's.
template <class T>
Outcome<T> checked(Read<T> read, const Operation& operation) {
  if (read) return std::move(*read);
  return fail(garbled(operation.name, operation.call, read.error()));
}

}  // namespace

async::Task<Outcome<std::vector<Order>>> Client::find_orders(OrderFilter filter) {
  const Operation operation = find_orders_operation();
  json::object variables;
  put(variables, "partner_order_id", filter.partner_order_id);
  put(variables, "order_number", filter.order_number);
  put(variables, "shop_name", settings_.shop_name);
  put(variables, "customer_account_id", settings_.customer_account_id);
  const auto answer = co_await graphql_.call(operation, std::move(variables));
  if (!answer) {
    if (answer.error().code == "not_found") co_return std::vector<Order>();
    co_return fail(answer.error());
  }
  co_return checked(read_orders(*answer), operation);
}

async::Task<Outcome<Order>> Client::read_order_lines(std::string order_id, std::string after) {
  const Operation operation = order_lines_operation();
  json::object variables;
  put(variables, "id", order_id);
  put(variables, "after", after);
  const auto answer = co_await graphql_.call(operation, std::move(variables));
  if (!answer) co_return fail(answer.error());
  co_return checked(shiphero::read_order_lines(*answer), operation);
}

async::Task<Outcome<std::vector<Return>>> Client::returns_of_order(std::string order_id) {
  const Operation operation = returns_of_order_operation();
  std::vector<Return> all;
  std::string after;
  for (int page = 0; page < pages_max; ++page) {
    json::object variables;
    put(variables, "order_id", order_id);
    put(variables, "customer_account_id", settings_.customer_account_id);
    put(variables, "after", after);
    const auto answer = co_await graphql_.call(operation, std::move(variables));
    if (!answer) co_return fail(answer.error());
    auto read = checked(read_return_heads(*answer), operation);
    if (!read) co_return fail(read.error());
    for (auto& edge : read->edges) all.push_back(std::move(edge.node));
    if (!read->has_next_page) co_return all;
    after = read->end_cursor;
  }
  co_return fail(endless(operation));
}

async::Task<Outcome<Return>> Client::read_return(std::string id) {
  const Operation operation = read_return_operation();
  json::object variables;
  variables["id"] = id;
  const auto answer = co_await graphql_.call(operation, std::move(variables));
  if (!answer) co_return fail(answer.error());
  auto read = checked(shiphero::read_return(*answer), operation);
  if (!read) co_return fail(read.error());
  if (!*read) {
    Failure gone{Failure::Kind::refused, "not_found", "return: ShipHero knows no return " + id, std::nullopt, false};
    co_return fail(std::move(gone));
  }
  co_return std::move(**read);
}

async::Task<Outcome<Connection<Return>>> Client::list_returns(std::string updated_from, std::string updated_to,
                                                              std::string after) {
  const Operation operation = list_returns_operation();
  json::object variables;
  put(variables, "updated_from", updated_from);
  put(variables, "updated_to", updated_to);
  put(variables, "customer_account_id", settings_.customer_account_id);
  put(variables, "after", after);
  const auto answer = co_await graphql_.call(operation, std::move(variables));
  if (!answer) co_return fail(answer.error());
  co_return checked(read_returns(*answer), operation);
}

async::Task<Outcome<Return>> Client::create_return(CreateReturnInput input) {
  const Operation operation = create_return_operation();
  json::object variables;
  variables["data"] = to_json(input);
  const auto answer = co_await graphql_.call(operation, std::move(variables));
  if (!answer) co_return fail(answer.error());
  co_return checked(read_changed_return(*answer), operation);
}

async::Task<Outcome<void>> Client::add_attachment(AddReturnAttachmentInput input) {
  const Operation operation = add_attachment_operation();
  json::object variables;
  variables["data"] = to_json(input);
  const auto answer = co_await graphql_.call(operation, std::move(variables));
  if (!answer) co_return fail(answer.error());
  co_return Outcome<void>();
}

async::Task<Outcome<void>> Client::update_status(std::string return_id, std::string status) {
  const Operation operation = update_status_operation();
  json::object data;
  data["return_id"] = return_id;
  data["status"] = status;
  json::object variables;
  variables["data"] = std::move(data);
  const auto answer = co_await graphql_.call(operation, std::move(variables));
  if (!answer) co_return fail(answer.error());
  co_return Outcome<void>();
}

async::Task<Outcome<Account>> Client::account() {
  const Operation operation = account_operation();
  json::object none;
  const auto answer = co_await graphql_.call(operation, std::move(none));
  if (!answer) co_return fail(answer.error());
  co_return checked(read_account(*answer), operation);
}

async::Task<Outcome<AuthenticatedUser>> Client::me() {
  const Operation operation = me_operation();
  json::object none;
  const auto answer = co_await graphql_.call(operation, std::move(none));
  if (!answer) co_return fail(answer.error());
  co_return checked(read_me(*answer), operation);
}

async::Task<Outcome<std::vector<Webhook>>> Client::webhooks() {
  const Operation operation = webhooks_operation();
  std::vector<Webhook> all;
  std::string after;
  for (int page = 0; page < pages_max; ++page) {
    json::object variables;
    put(variables, "customer_account_id", settings_.customer_account_id);
    put(variables, "after", after);
    const auto answer = co_await graphql_.call(operation, std::move(variables));
    if (!answer) co_return fail(answer.error());
    auto read = checked(read_webhooks(*answer), operation);
    if (!read) co_return fail(read.error());
    for (auto& edge : read->edges) all.push_back(std::move(edge.node));
    if (!read->has_next_page) co_return all;
    after = read->end_cursor;
  }
  co_return fail(endless(operation));
}

async::Task<Outcome<Webhook>> Client::create_webhook(std::string name, std::string tag, std::string url) {
  const Operation operation = create_webhook_operation();
  json::object variables;
  put(variables, "name", name);
  put(variables, "shop_name", tag);
  put(variables, "url", url);
  put(variables, "customer_account_id", settings_.customer_account_id);
  const auto answer = co_await graphql_.call(operation, std::move(variables));
  if (!answer) co_return fail(answer.error());
  co_return checked(read_changed_webhook(*answer), operation);
}

async::Task<Outcome<void>> Client::delete_webhook(std::string name, std::string tag) {
  const Operation operation = delete_webhook_operation();
  json::object variables;
  put(variables, "name", name);
  put(variables, "shop_name", tag);
  put(variables, "customer_account_id", settings_.customer_account_id);
  const auto answer = co_await graphql_.call(operation, std::move(variables));
  if (!answer) co_return fail(answer.error());
  co_return Outcome<void>();
}

async::Task<Outcome<void>> Client::enable_webhook(std::string id) {
  const Operation operation = enable_webhook_operation();
  json::object variables;
  variables["webhook_id"] = id;
  const auto answer = co_await graphql_.call(operation, std::move(variables));
  if (!answer) co_return fail(answer.error());
  co_return Outcome<void>();
}

async::Task<Outcome<Webhook>> Client::update_webhook_url(std::string id, std::string url) {
  const Operation operation = update_webhook_url_operation();
  json::object variables;
  variables["webhook_id"] = id;
  variables["new_url"] = url;
  const auto answer = co_await graphql_.call(operation, std::move(variables));
  if (!answer) co_return fail(answer.error());
  co_return checked(read_changed_webhook(*answer), operation);
}

}  // namespace backhaul::connectors::shiphero
