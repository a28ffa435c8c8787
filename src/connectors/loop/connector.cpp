#include "connectors/loop/connector.hpp"

#include <boost/json.hpp>
#include <utility>

#include "connectors/loop/inbound.hpp"
#include "connectors/loop/source.hpp"

namespace backhaul::connectors {

extern const std::string_view loop_metadata;  // metadata.json, compiled in

namespace loop {
namespace {

namespace json = boost::json;

constexpr double requests_per_minute_default = 300;  // per API key, contract 1.4

// Loop counts 300 in any minute. A bucket of a tenth, and nine tenths trickling in, never exceed that in any 60 s; a
// bucket of 300 refilled at 300 a minute would allow 600 in the first.
constexpr double bucket_of(double per_minute) {
  return per_minute < 10 ? 1 : per_minute / 10;
}
constexpr double refill_of(double per_minute) {
  return per_minute * 0.9 / 60;
}

std::string text_or(const json::object& fields, std::string_view name, std::string_view fallback) {
  const auto* value = fields.if_contains(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return std::string(text == nullptr || text->empty() ? fallback : std::string_view(*text));
}

double number_or(const json::object& fields, std::string_view name, double fallback) {
  const auto* value = fields.if_contains(name);
  if (value == nullptr) return fallback;
  boost::system::error_code error;
  const auto number = value->to_number<double>(error);
  return error || number <= 0 ? fallback : number;
}

std::unique_ptr<Inbound> make_inbound(const ConnectionConfig& config) {
  return make_loop_inbound(text_or(config.credentials, "webhook_secret", ""));
}

std::unique_ptr<Source> make_source(const ConnectionConfig& config, Services services) {
  Client::Settings settings{.base_url = text_or(config.settings, "base_url", "https://api.loopreturns.com"),
                            .api_version = text_or(config.settings, "api_version", "2026-10"),
                            .api_key = text_or(config.credentials, "api_key", "")};
  while (settings.base_url.ends_with('/')) settings.base_url.pop_back();
  const auto per_minute = number_or(config.settings, "requests_per_minute", requests_per_minute_default);
  services.limiter.configure(bucket_of(per_minute), refill_of(per_minute));
  return std::make_unique<LoopSource>(std::move(settings), std::move(services));
}

}  // namespace

const Connector& loop_connector() {
  static const Connector connector{.vendor = "loop",
                                   .metadata_json = loop_metadata,
                                   .role = Role::source,
                                   .bucket = bucket_of(requests_per_minute_default),
                                   .refill_per_second = refill_of(requests_per_minute_default),
                                   .concurrent_calls = 4,
                                   .make_inbound = make_inbound,
                                   .make_source = make_source,
                                   .make_destination = nullptr};
  return connector;
}

}  // namespace loop
}  // namespace backhaul::connectors
