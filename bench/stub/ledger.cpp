#include "bench/stub/ledger.hpp"

#include <boost/json.hpp>

namespace backhaul::bench::stub {

void Ledger::return_created(const std::string& partner_id, std::int64_t arrived_ns) {
  if (!arrivals_ns_.emplace(partner_id, arrived_ns).second) ++repeated_;
}

void Ledger::clear() {
  *this = Ledger{};
}

boost::json::object Ledger::calls() const {
  boost::json::object calls;
  for (const auto& [call, count] : calls_) calls[call] = count;
  return calls;
}

std::string Ledger::calls_json() const {
  return boost::json::serialize(boost::json::object{{"calls", calls()}, {"returns", arrivals_ns_.size()}});
}

std::string Ledger::json() const {
  boost::json::object arrivals;
  for (const auto& [partner_id, arrived_ns] : arrivals_ns_) arrivals[partner_id] = arrived_ns;
  return boost::json::serialize(boost::json::object{
      {"calls", calls()}, {"return_create", std::move(arrivals)}, {"return_create_repeated", repeated_}});
}

}  // namespace backhaul::bench::stub
