#pragma once
// Loop, as far as the hub calls it. Every return asked about exists, is the one of the payload, and is open until it
// was processed and the course goes on.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/stub/course.hpp"
#include "bench/stub/ledger.hpp"
#include "bench/stub/server.hpp"

namespace backhaul::bench::stub {

class LoopVendor {
 public:
  // `details` is the answer to GET .../details, with `"id":9000000000,"state":"open"` where the id asked for
  // goes; throws std::runtime_error without it. `listed`: how many returns there are to list.
  LoopVendor(std::string details, std::int64_t listed, Course& course, Ledger& ledger);

  // `path` begins behind /api/{version}. 404 for what the hub has no business with.
  [[nodiscard]] Reply answer(std::string_view path, const Request& request);

 private:
  [[nodiscard]] Reply details_of(std::string_view id, std::int64_t arrived_ns);
  [[nodiscard]] Reply act(std::string_view path, std::int64_t arrived_ns);
  [[nodiscard]] Reply list(std::string_view query) const;
  [[nodiscard]] Reply webhooks(std::string_view path, const Request& request);

  std::string before_id_;
  std::string after_state_;
  Course& course_;
  Ledger& ledger_;
  std::int64_t listed_;
  std::vector<std::string> webhooks_;  // JSON objects
};

}  // namespace backhaul::bench::stub
