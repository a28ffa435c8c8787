#pragma once
// A ShipHero connection's settings and credentials, read out of what metadata.json allows.

#include <string>

#include "connectors/connector.hpp"
#include "connectors/shiphero/types.hpp"

namespace backhaul::connectors::shiphero {

// The bucket as other clients measured it; older accounts are said to have 1001 and 15 (contract 3.1).
inline constexpr double default_credits_max = 4004;
inline constexpr double default_credits_per_second = 60;
// "7000 requests per rolling 5 minutes, failed ones counted" (contract 3.1).
inline constexpr double default_requests_per_window = 7000;
inline constexpr double request_window_seconds = 300;

struct Settings {
  std::string base_url = "https://public-api.shiphero.com";  // no slash at its end
  std::string warehouse_id;                                  // empty: chosen per order
  std::string customer_account_id;                           // empty: the token's own account
  std::string shop_name;                                     // empty: orders of every shop
  std::string cancel_status;                                 // empty: RMAs cannot be cancelled
  std::string label_type = "SELF_RETURN";
  std::string shipping_carrier = "generic";
  std::string shipping_method = "generic";
  Dimensions dimensions{"1", "1", "1", "1"};
  std::string webhook_tag = "backhaul";
  double credits_max = default_credits_max;
  double credits_per_second = default_credits_per_second;
  double requests_per_window = default_requests_per_window;
};

struct Credentials {
  std::string refresh_token;
  std::string webhook_secret;  // empty until the webhook has been registered
};

// Absent or empty values take the defaults above. Ids given as bare numbers become ShipHero's opaque form.
[[nodiscard]] Settings read_settings(const boost::json::object& settings);
[[nodiscard]] Credentials read_credentials(const boost::json::object& credentials);

// ShipHero's opaque id of a numbered thing: to_global_id("Warehouse", "42") is "V2FyZWhvdXNlOjQy". Anything but digits
// is an opaque id already and comes back as it is. Every id in ShipHero's samples is built so (contract 2.2).
[[nodiscard]] std::string to_global_id(std::string_view type, std::string_view id);

}  // namespace backhaul::connectors::shiphero
