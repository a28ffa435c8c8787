#include "connectors/shiphero/settings.hpp"

#include "connectors/shiphero/auth.hpp"
#include "connectors/shiphero/json_fields.hpp"
#include "connectors/shiphero/text.hpp"

namespace backhaul::connectors::shiphero {
namespace {

std::string text_or(const boost::json::object& from, std::string_view name, std::string fallback) {
  std::string value{trimmed(text_at(from, name))};
  return value.empty() ? fallback : value;
}

double number_or(const boost::json::object& from, std::string_view name, double fallback) {
  const double number = amount_at(from, name);
  return number > 0 ? number : fallback;
}

}  // namespace

Settings read_settings(const boost::json::object& settings) {
  const Settings defaults;
  Settings read;
  read.base_url = text_or(settings, "base_url", defaults.base_url);
  while (read.base_url.ends_with('/')) read.base_url.pop_back();
  read.warehouse_id = to_global_id("Warehouse", text_or(settings, "warehouse_id", ""));
  read.customer_account_id = to_global_id("Account", text_or(settings, "customer_account_id", ""));
  read.shop_name = text_or(settings, "shop_name", "");
  read.cancel_status = text_or(settings, "cancel_status", "");
  read.label_type = text_or(settings, "label_type", defaults.label_type);
  read.shipping_carrier = text_or(settings, "shipping_carrier", defaults.shipping_carrier);
  read.shipping_method = text_or(settings, "shipping_method", defaults.shipping_method);
  read.dimensions.weight = text_or(settings, "package_weight", defaults.dimensions.weight);
  read.dimensions.height = text_or(settings, "package_height", defaults.dimensions.height);
  read.dimensions.width = text_or(settings, "package_width", defaults.dimensions.width);
  read.dimensions.length = text_or(settings, "package_length", defaults.dimensions.length);
  read.webhook_tag = text_or(settings, "webhook_tag", defaults.webhook_tag);
  read.requests_per_window = number_or(settings, "requests_per_5_minutes", defaults.requests_per_window);
  read.credits_max = number_or(settings, "credits_max", defaults.credits_max);
  read.credits_per_second = number_or(settings, "credits_per_second", defaults.credits_per_second);
  return read;
}

Credentials read_credentials(const boost::json::object& credentials) {
  return Credentials{.refresh_token = text_or(credentials, "refresh_token", ""),
                     .webhook_secret = text_or(credentials, "webhook_secret", "")};
}

std::string to_global_id(std::string_view type, std::string_view id) {
  if (!all_digits(id)) return std::string(id);
  return to_base64(std::string(type) + ":" + std::string(id));
}

}  // namespace backhaul::connectors::shiphero
