#pragma once
// The transport under client.hpp: token, limiter, one POST, the answer judged.
//   POST {base_url}/graphql {"query", "variables"}   contract 0 and 2.1

#include <boost/json/object.hpp>
#include <string>

#include "connectors/shiphero/auth.hpp"
#include "connectors/shiphero/queries.hpp"
#include "connectors/shiphero/settings.hpp"
#include "connectors/shiphero/types.hpp"

namespace backhaul::connectors::shiphero {

// Belongs to the engine's loop. The settings must outlive it.
class GraphQl {
 public:
  GraphQl(const Settings& settings, std::string refresh_token, Services services);

  // Runs the operation and gives the value under data.<name>; failures as retry_policy.hpp says. A 401 is answered by
  // one token refresh and one repetition, for effects too: a request that was not let in was not carried out. The very
  // first call asks ShipHero for the account's credit figures before (one more round trip, its failure is ignored).
  [[nodiscard]] async::Task<Outcome<boost::json::value>> call(Operation operation, boost::json::object variables);

  // Asks for the credit figures now and gives them to the limiter. A setting other than the default wins over
  // ShipHero's word; figures that are absent or zero are ignored.
  [[nodiscard]] async::Task<Outcome<UserQuota>> adopt_quota();

  [[nodiscard]] TokenKeeper& tokens() { return tokens_; }

 private:
  async::Task<Outcome<boost::json::value>> send(Operation operation, std::string body);
  async::Task<Result<net::HttpResponse, net::HttpError>> post(Operation operation, std::string token, std::string body);
  void configure(double bucket, double per_second);

  const Settings& settings_;
  Services services_;
  double bucket_;
  double per_second_;
  double cost_min_ = 1;  // of any request, so that the request ceiling holds
  TokenKeeper tokens_;
  bool quota_asked_ = false;
};

// The least a request must cost so that a full bucket and five minutes of refill stay within 7000 requests: 3.15 at
// 4004 and 60, never under 1.
[[nodiscard]] double request_cost_min(double bucket, double per_second, double requests_per_window);

}  // namespace backhaul::connectors::shiphero
