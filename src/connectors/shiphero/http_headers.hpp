#pragma once
// The headers every request to ShipHero carries.

#include "net/http_client.hpp"

namespace backhaul::connectors::shiphero {

// ShipHero's network seems to turn away unknown agents (contract 1.5: one client sends a browser's name; requests from
// some clouds get 403), so ours begins as a browser's does and says who it is.
inline constexpr const char* user_agent = "Mozilla/5.0 (compatible; Backhaul)";

[[nodiscard]] inline net::Headers json_headers() {
  net::Headers headers;
  headers.emplace_back("Content-Type", "application/json");
  headers.emplace_back("Accept", "application/json");
  headers.emplace_back("User-Agent", user_agent);
  return headers;
}

}  // namespace backhaul::connectors::shiphero
