#pragma once
// Loop, as far as the hub calls it. Every return asked about exists, is open and is the one of the payload.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/stub/ledger.hpp"
#include "bench/stub/server.hpp"

namespace backhaul::bench::stub {

class LoopVendor {
 public:
  // `details` is the answer to GET .../details, with `"id":9000000000` where the id asked for goes; throws
  // std::runtime_error without one. `listed`: how many returns there are to list.
  LoopVendor(std::string details, std::int64_t listed, Ledger& ledger);

  // `path` begins behind /api/{version}. 404 for what the hub has no business with.
  [[nodiscard]] Reply answer(std::string_view path, const Request& request);

 private:
  [[nodiscard]] Reply details_of(std::string_view id) const;
  [[nodiscard]] Reply list(std::string_view query) const;
  [[nodiscard]] Reply webhooks(std::string_view path, const Request& request);

  std::string before_id_;
  std::string after_id_;
  Ledger& ledger_;
  std::int64_t listed_;
  std::vector<std::string> webhooks_;  // JSON objects
};

}  // namespace backhaul::bench::stub
