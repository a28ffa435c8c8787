#pragma once
// ShipHero, as far as the hub calls it. Every order asked for exists, holds the payload's three SKUs and has no returns
// yet; every RMA asked for is made, and received in full when the course goes on. Answers carry more fields than are
// selected, which a client must ignore anyway.

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bench/stub/course.hpp"
#include "bench/stub/graphql.hpp"
#include "bench/stub/ledger.hpp"
#include "bench/stub/server.hpp"

namespace backhaul::bench::stub {

class ShipHeroVendor {
 public:
  ShipHeroVendor(Course& course, Ledger& ledger) : course_(course), ledger_(ledger) {}

  // `path` is /graphql, /auth/refresh or /auth/token.
  [[nodiscard]] Reply answer(std::string_view path, const Request& request);

 private:
  [[nodiscard]] Reply graphql(const Request& request);
  // The JSON text under data.<field.key>.
  [[nodiscard]] std::string resolve(const TopField& field, const boost::json::value& variables,
                                    std::int64_t arrived_ns);
  [[nodiscard]] std::string return_create(const boost::json::value& input, std::int64_t arrived_ns);
  [[nodiscard]] std::string webhook_create(const boost::json::value& input);

  [[nodiscard]] std::string return_of(const std::string& partner_id) const;

  Course& course_;
  Ledger& ledger_;
  std::vector<std::string> webhooks_;  // JSON objects, without their secrets
};

}  // namespace backhaul::bench::stub
