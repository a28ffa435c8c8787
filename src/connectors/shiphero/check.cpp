#include "connectors/shiphero/check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "connectors/shiphero/mapping.hpp"
#include "connectors/shiphero/text.hpp"
#include "connectors/shiphero/webhooks.hpp"

namespace backhaul::connectors::shiphero {
namespace {

using Level = CheckItem::Level;

std::string todo_for(const Failure& failure) {
  if (failure.code == "missing_scope")
    return "Give the developer user the scope named, then enter its new refresh token.";
  if (failure.code == "unreachable" || failure.code == "timeout")
    return "See whether this machine reaches the API address.";
  if (failure.code == "http_403")
    return "ShipHero's network may be blocking this machine's address: ask ShipHero support.";
  if (failure.code == "account_inactive") return "Have the account made active again in ShipHero.";
  if (failure.code == "schema") return "ShipHero changed its API, or this hub is too old: update the hub.";
  if (failure.kind == Failure::Kind::blocked) return "Make a developer user in ShipHero and enter its refresh token.";
  if (failure.throttled) return "Try again in a minute.";
  return "Try again; if it stays, ask ShipHero support and name the request id.";
}

CheckItem failed(std::string what, const Failure& failure) {
  return CheckItem{Level::failed, std::move(what), failure.message, todo_for(failure)};
}

CheckItem of_user(const AuthenticatedUser& user) {
  CheckItem item{Level::ok, "developer user", "", ""};
  if (user.scopes.empty()) {
    item.says = "the token is accepted; ShipHero lists no scopes for it";
    return item;
  }
  item.says = fmt::format("scopes: {}", fmt::join(user.scopes, " "));
  const auto has = [&](std::string_view start) {
    return std::ranges::any_of(user.scopes, [&](const std::string& scope) { return scope.starts_with(start); });
  };
  // The names of single scopes are not documented; `change:<area>` is the form of every one that lets us write.
  if (has("view:") && !has("change:")) {
    item.level = Level::warning;
    item.todo = "No scope lets the hub make returns. Give the developer user the scope to change returns.";
  }
  return item;
}

CheckItem of_warehouses(const Account& account, const Settings& settings) {
  CheckItem item{Level::ok, "warehouses", list_warehouses(account.warehouses), ""};
  if (settings.warehouse_id.empty()) return item;
  const auto is_ours = [&](const Warehouse& warehouse) { return warehouse.id == settings.warehouse_id; };
  const auto found = std::ranges::find_if(account.warehouses, is_ours);
  if (found != account.warehouses.end() && found->active) {
    item.says = fmt::format("returns go to {}", list_warehouses({*found}));
    return item;
  }
  item.level = Level::failed;
  item.says = fmt::format("the receiving warehouse {} is {}; the account has: {}", settings.warehouse_id,
                          found == account.warehouses.end() ? "not in the account" : "not active",
                          list_warehouses(account.warehouses));
  item.todo = "Enter the id of one of these as the receiving warehouse.";
  // A 3PL's child may be received at a warehouse that this query does not show.
  if (!settings.customer_account_id.empty() && found == account.warehouses.end()) item.level = Level::warning;
  return item;
}

CheckItem of_3pl() {
  return CheckItem{
      Level::warning, "3PL", "this is a 3PL account, and no customer account is set",
      "Set the customer account: ShipHero sends return webhooks only when registered on the customer's account."};
}

CheckItem of_webhooks(const std::vector<Webhook>& webhooks, const Settings& settings, bool secret_known) {
  CheckItem item{Level::ok, "webhook", "", ""};
  const Webhook* ours = find_ours(webhooks, settings.webhook_tag, "");
  if (ours == nullptr) {
    item.level = Level::warning;
    item.says = fmt::format("no \"{}\" webhook with the tag {}", return_webhook, settings.webhook_tag);
    item.todo = "Register the webhooks of this connection.";
    return item;
  }
  item.says = fmt::format("\"{}\" is {}, health {}", ours->name, ours->enabled ? "enabled" : "disabled",
                          ours->health.empty() ? "not said" : ours->health);
  if (!secret_known) {
    item.level = Level::failed;
    item.says += "; its signing secret is not known here, so its deliveries are turned away";
  } else if (!ours->enabled) {
    item.level = Level::failed;
  } else if (!ours->health.empty() && !same_word(ours->health, "HEALTHY")) {
    item.level = Level::warning;
    item.todo = "Deliveries failed: see that the hub's public address is reachable, then register the webhooks again.";
    return item;
  } else {
    return item;
  }
  item.todo = "Register the webhooks of this connection again.";
  return item;
}

}  // namespace

async::Task<CheckReport> check_connection(GraphQl& graphql, Client& client, const Settings& settings,
                                          bool secret_known) {
  CheckReport report;
  const auto token = co_await graphql.tokens().token();
  if (!token) {
    report.items.push_back(failed("refresh token", token.error()));
    co_return report;
  }
  report.items.push_back(CheckItem{Level::ok, "refresh token", "ShipHero gave an access token for it", ""});

  const auto quota = co_await graphql.adopt_quota();
  if (quota) {
    report.items.push_back(CheckItem{Level::ok, "credits",
                                     fmt::format("{} of {} left, {} come back per second", quota->credits_remaining,
                                                 quota->max_available, quota->increment_rate),
                                     ""});
  } else {
    report.items.push_back(
        CheckItem{Level::warning, "credits", quota.error().message, "None: the documented figures are used."});
  }

  const auto user = co_await client.me();
  report.items.push_back(user ? of_user(*user) : failed("developer user", user.error()));

  const auto account = co_await client.account();
  report.items.push_back(account ? of_warehouses(*account, settings) : failed("warehouses", account.error()));
  if (account && account->is_3pl && settings.customer_account_id.empty()) report.items.push_back(of_3pl());

  // Nothing changed in this one millisecond: the question is only whether it may be asked.
  const std::string moment = to_vendor_time(Time{1'577'836'800'000}, false);
  const auto returns = co_await client.list_returns(moment, moment, "");
  report.items.push_back(returns ? CheckItem{Level::ok, "returns", "returns can be read", ""}
                                 : failed("returns", returns.error()));

  const auto webhooks = co_await client.webhooks();
  report.items.push_back(webhooks ? of_webhooks(*webhooks, settings, secret_known)
                                  : failed("webhook", webhooks.error()));
  co_return report;
}

}  // namespace backhaul::connectors::shiphero
