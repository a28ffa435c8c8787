#pragma once
// What the stub saw: how often each call came, and when the vendors first heard what of each return.

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace backhaul::bench::stub {

// A return's first times, by its id at Loop; CLOCK_MONOTONIC nanoseconds.
class Times {
 public:
  // A second time is counted and does not move the first.
  void note(std::string_view id, std::int64_t at_ns);
  [[nodiscard]] std::size_t returns() const { return first_ns_.size(); }
  [[nodiscard]] std::int64_t repeated() const { return repeated_; }
  [[nodiscard]] boost::json::object json() const;

 private:
  std::unordered_map<std::string, std::int64_t> first_ns_;
  std::int64_t repeated_ = 0;
};

class Ledger {
 public:
  // `call` is "loop GET /warehouse/return/details" or "shiphero return_create".
  void count(const std::string& call) { ++calls_[call]; }
  void clear();

  Times rmas;       // asked for
  Times processes;  // asked for
  Times closings;   // read by the hub: the return was closed by then

  // {"calls":{...},"return_create":{"<id>":<ns>},"return_create_repeated":0}, and so on for "process" and "closed".
  [[nodiscard]] std::string json() const;
  // {"calls":{...},"returns":n,"processed":n,"closed":n}: of how many different returns; cheap among millions.
  [[nodiscard]] std::string calls_json() const;

 private:
  [[nodiscard]] boost::json::object calls() const;

  std::map<std::string, std::int64_t> calls_;
};

}  // namespace backhaul::bench::stub
