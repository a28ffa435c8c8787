#include "bench/stub/ledger.hpp"

#include <boost/json.hpp>

namespace backhaul::bench::stub {

void Times::note(std::string_view id, std::int64_t at_ns) {
  if (!first_ns_.emplace(id, at_ns).second) ++repeated_;
}

boost::json::object Times::json() const {
  boost::json::object times;
  for (const auto& [id, at_ns] : first_ns_) times[id] = at_ns;
  return times;
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
  return boost::json::serialize(boost::json::object{{"calls", calls()},
                                                    {"returns", rmas.returns()},
                                                    {"processed", processes.returns()},
                                                    {"closed", closings.returns()}});
}

std::string Ledger::json() const {
  return boost::json::serialize(boost::json::object{{"calls", calls()},
                                                    {"return_create", rmas.json()},
                                                    {"return_create_repeated", rmas.repeated()},
                                                    {"process", processes.json()},
                                                    {"process_repeated", processes.repeated()},
                                                    {"closed", closings.json()}});
}

}  // namespace backhaul::bench::stub
