#pragma once
// What the stub saw: how often each call came, and when the warehouse first heard of each return.

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

namespace backhaul::bench::stub {

class Ledger {
 public:
  // `call` is "loop GET /warehouse/return/details" or "shiphero return_create".
  void count(const std::string& call) { ++calls_[call]; }
  // A second request for the same reference is counted and does not move the first one's time.
  void return_created(const std::string& partner_id, std::int64_t arrived_ns);
  void clear();

  // {"calls":{...},"return_create":{"<partner_id>":<ns>},"return_create_repeated":0}; CLOCK_MONOTONIC nanoseconds.
  [[nodiscard]] std::string json() const;
  // {"calls":{...},"returns":<n>}: how many different returns the warehouse was told of; cheap among millions.
  [[nodiscard]] std::string calls_json() const;

 private:
  [[nodiscard]] boost::json::object calls() const;

  std::map<std::string, std::int64_t> calls_;
  std::unordered_map<std::string, std::int64_t> arrivals_ns_;
  std::int64_t repeated_ = 0;
};

}  // namespace backhaul::bench::stub
