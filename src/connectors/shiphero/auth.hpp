#pragma once
// Access tokens.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.hpp"

namespace backhaul::connectors::shiphero {

// Keeps the access token of one connection. Belongs to the engine's loop: not for several threads.
//   POST {base}/auth/refresh {"refresh_token"}   contract 1.1
//   the access token lives 28 days; the refresh token does not rotate
class TokenKeeper {
 public:
  // `cost` is what a refresh takes from the limiter: it counts against the request ceiling, not the credits.
  TokenKeeper(std::string base_url, std::string refresh_token, double cost, Services services);

  // The access token, fetched when there is none or it is about to expire. Concurrent callers share one refresh and its
  // outcome.
  //   retry or blocked as retry_policy.hpp says; never unknown, since a refresh changes nothing
  [[nodiscard]] async::Task<Outcome<std::string>> token();
  // A token other than `rejected`, which got a 401. When somebody has fetched a newer one meanwhile, that one.
  [[nodiscard]] async::Task<Outcome<std::string>> replace(std::string rejected);

  // The refresh token ShipHero gave in place of ours, if it ever did: to be stored.
  [[nodiscard]] const std::optional<std::string>& rotated_refresh_token() const { return rotated_; }

 private:
  async::Task<Outcome<std::string>> refresh();  // single flight
  async::Task<Outcome<std::string>> fetch();    // one request

  std::string url_;
  std::string refresh_token_;
  double cost_;
  Services services_;
  std::string access_token_;
  Time expires_at_;
  std::optional<std::string> rotated_;
  bool refreshing_ = false;
  std::vector<async::Resolver<Outcome<std::string>>> waiting_;
};

[[nodiscard]] std::string to_base64(std::string_view bytes);

}  // namespace backhaul::connectors::shiphero
