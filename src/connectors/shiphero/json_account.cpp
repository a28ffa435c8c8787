#include <boost/json.hpp>

#include "connectors/shiphero/json_fields.hpp"
#include "connectors/shiphero/types.hpp"

namespace backhaul::connectors::shiphero {
namespace {

namespace json = boost::json;

Read<Webhook> read_webhook(const json::object& from) {
  Webhook webhook{.id = text_at(from, "id"),
                  .name = text_at(from, "name"),
                  .shop_name = text_at(from, "shop_name"),
                  .url = text_at(from, "url"),
                  .health = text_at(from, "health"),
                  .enabled = flag_at(from, "enabled", true),
                  .shared_signature_secret = text_at(from, "shared_signature_secret")};
  if (webhook.id.empty()) return fail(std::string("webhook without an id"));
  return webhook;
}

}  // namespace

Read<Account> read_account(const json::value& envelope) {
  const json::object& from = object_at(fields_of(envelope), "data");
  Account account{.id = text_at(from, "id"), .is_3pl = flag_at(from, "is_3pl", false), .warehouses = {}};
  const json::array* warehouses = array_at(from, "warehouses");
  if (warehouses == nullptr) return fail(std::string("warehouses is missing"));
  for (const json::value& entry : *warehouses) {
    const json::object& warehouse = fields_of(entry);
    std::string id = text_at(warehouse, "id");
    if (id.empty()) continue;
    account.warehouses.push_back({std::move(id), text_at(warehouse, "identifier"), flag_at(warehouse, "active", true)});
  }
  return account;
}

Read<AuthenticatedUser> read_me(const json::value& envelope) {
  const json::object& from = object_at(fields_of(envelope), "data");
  AuthenticatedUser user{.id = text_at(from, "id"),
                         .is_developer = flag_at(from, "is_developer", false),
                         .scopes = texts_at(from, "scopes")};
  if (user.id.empty()) return fail(std::string("user without an id"));
  return user;
}

Read<UserQuota> read_quota(const json::value& quota) {
  if (!quota.is_object()) return fail(std::string("user_quota is not an object"));
  const json::object& from = quota.get_object();
  return UserQuota{.credits_remaining = amount_at(from, "credits_remaining"),
                   .max_available = amount_at(from, "max_available"),
                   .increment_rate = amount_at(from, "increment_rate")};
}

Read<Connection<Webhook>> read_webhooks(const json::value& envelope) {
  return read_connection<Webhook>(fields_of(envelope), "data", read_webhook);
}

Read<Webhook> read_changed_webhook(const json::value& envelope) {
  return read_webhook(object_at(fields_of(envelope), "webhook"));
}

}  // namespace backhaul::connectors::shiphero
