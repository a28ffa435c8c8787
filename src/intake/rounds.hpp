#pragma once
// Who is next, when every connection has something done for it now and then: at most so many at once for each vendor,
// one after the other, so that no connection is forgotten however many there are, and a vendor that stalls holds up
// nobody else's.

#include <functional>
#include <map>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "connections/live.hpp"

namespace backhaul::intake {

class Rounds {
 public:
  // `at_once`: per vendor. `looked_at`: connections considered per call, which bounds what a call costs when there are
  // many.
  Rounds(int at_once, int looked_at) : at_once_(at_once), looked_at_(looked_at) {}

  // Calls `begin` for connections that are due and not under way. `longest`: no connection waits longer than this,
  // whatever the clock did. Each must be `ended`.
  void start(const connections::Snapshot& snapshot, Time now, Millis longest,
             const std::function<void(const connections::LivePtr&)>& begin);
  void ended(const connections::LiveConnection& connection, Time next);
  [[nodiscard]] bool idle() const { return busy_.empty(); }

 private:
  int at_once_;
  int looked_at_;
  std::size_t at_ = 0;
  std::unordered_map<ConnectionId, Time> next_;
  std::unordered_set<ConnectionId> busy_;
  std::map<std::string_view, int> busy_of_vendor_;
};

}  // namespace backhaul::intake
