#include "bench/stub/shiphero_vendor.hpp"

#include <boost/json.hpp>

#include "bench/stub/shiphero_answers.hpp"

namespace backhaul::bench::stub {

namespace {

namespace json = boost::json;

constexpr std::string_view token =
    R"({"access_token":"stub-access-token","expires_in":2419200,"scope":"openid profile offline_access",)"
    R"("token_type":"Bearer"})";
constexpr std::string_view quota =
    R"({"credits_remaining":1000000,"max_available":1000000,"increment_rate":1000000,"is_expired":null,)"
    R"("expiration_date":null,"time_remaining":null})";

Reply not_understood() {
  return {.status = 400, .body = R"({"errors":[{"message":"not understood by the stub"}]})"};
}

}  // namespace

Reply ShipHeroVendor::answer(std::string_view path, const Request& request) {
  if (path == "/graphql") return graphql(request);
  if (path != "/auth/refresh" && path != "/auth/token") return {.status = 404, .body = "{}"};
  ledger_.count("shiphero " + std::string{path});
  return {.body = std::string{token}};
}

Reply ShipHeroVendor::graphql(const Request& request) {
  json::error_code error;
  auto asked = json::parse({request.body.data(), request.body.size()}, error);
  auto* members = error ? nullptr : asked.if_object();
  auto* query = members == nullptr ? nullptr : members->if_contains("query");
  if (query == nullptr || !query->is_string()) return not_understood();
  auto* variables = members->if_contains("variables");
  const json::value none;
  std::string data;
  for (const auto& field : top_fields(query->get_string())) {
    auto value = resolve(field, variables == nullptr ? none : *variables, request.arrived_ns);
    if (value.empty()) return not_understood();
    data += (data.empty() ? "\"" : ",\"") + field.key + "\":" + value;
  }
  if (data.empty()) return not_understood();
  return {.body = R"({"data":{)" + data + "}}"};
}

std::string ShipHeroVendor::resolve(const TopField& field, const json::value& variables, std::int64_t arrived_ns) {
  ledger_.count("shiphero " + std::string{field.name});
  const auto text = [&](std::string_view name) { return text_argument(field, name, variables); };
  if (field.name == "return_create") return return_create(argument(field, "data", variables), arrived_ns);
  if (field.name == "orders")
    return envelope_json("data", connection_json({order_json({text("partner_order_id"), text("order_number")})}));
  if (field.name == "returns") return envelope_json("data", connection_json({}));
  if (field.name == "return") return envelope_json("data", return_of(partner_id_of(text("id"))));
  if (field.name == "order") return envelope_json("data", order_json({}));
  if (field.name == "user_quota") return std::string{quota};
  if (field.name == "me") return envelope_json("data", me_json());
  if (field.name == "account") return envelope_json("data", account_json());
  if (field.name == "webhooks") return envelope_json("data", connection_json(webhooks_));
  if (field.name == "webhook_create") return webhook_create(argument(field, "data", variables));
  if (field.name.starts_with("return_")) {
    auto id = text_of(argument(field, "data", variables), "return_id");
    return envelope_json("return", return_of(partner_id_of(id)));
  }
  if (field.name.starts_with("webhook_"))
    return envelope_json("webhook", webhooks_.empty() ? std::string{"null"} : webhooks_.back());
  return {};
}

std::string ShipHeroVendor::return_create(const json::value& input, std::int64_t arrived_ns) {
  auto partner_id = text_of(input, "partner_id");
  ledger_.rmas.note(partner_id, arrived_ns);
  course_.rma_made(partner_id);
  return envelope_json("return", return_json(partner_id, Received::nothing));
}

std::string ShipHeroVendor::return_of(const std::string& partner_id) const {
  return return_json(partner_id, course_.is_received(partner_id) ? Received::everything : Received::nothing);
}

std::string ShipHeroVendor::webhook_create(const json::value& input) {
  json::object made{{"id", "V2ViaG9vazo" + std::to_string(webhooks_.size() + 1)},
                    {"name", text_of(input, "name")},
                    {"shop_name", text_of(input, "shop_name")},
                    {"url", text_of(input, "url")},
                    {"enabled", true},
                    {"health", "HEALTHY"}};
  webhooks_.push_back(json::serialize(made));
  // Shown this one time only.
  made["shared_signature_secret"] = "stub-shared-signature-secret";
  return envelope_json("webhook", json::serialize(made));
}

}  // namespace backhaul::bench::stub
