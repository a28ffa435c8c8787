#pragma once
// What all parts of one simulation share: the clock, the trace, the faults, and the record of a broken law.

#include <functional>
#include <optional>
#include <string>

#include "clock.hpp"
#include "faults.hpp"
#include "mutation.hpp"
#include "trace.hpp"

namespace backhaul::sim {

// A law of the design that did not hold. `law` is its number; 0: the simulation itself is at a loss.
struct Violation {
  int law = 0;
  std::string what;
};

struct Stage {
  Stage(std::uint64_t with_seed, Time start, Trace::Keep keep, Muted muted, Mutation breaks)
      : seed(with_seed), clock(start), trace(clock, keep), faults(with_seed, std::move(muted)), mutation(breaks) {}
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  std::uint64_t seed;
  Clock clock;
  Trace trace;
  Faults faults;
  Coverage coverage;
  Mutation mutation;
  std::optional<Violation> violation;  // the first

  HubLoop* hub = nullptr;  // of the present life; nothing while the hub is down
  std::function<void(std::string why)> kill;
  // The phases present among all returns, for faults that concern no single one.
  std::function<void(std::string_view row)> cover_all;

  [[nodiscard]] bool hub_runs() const { return hub != nullptr && !hub->ended(); }
  void broken(int law, std::string what) {
    trace.say("LAW", "{} broken: {}", law, what);
    if (!violation) violation = Violation{.law = law, .what = std::move(what)};
  }
  void cover(std::string_view row, Phase phase) {
    auto found = coverage.find(row);
    if (found == coverage.end())
      found = coverage.emplace(std::string(row), std::array<std::uint64_t, phase_count>{}).first;
    ++found->second.at(static_cast<std::size_t>(phase));
  }
};

}  // namespace backhaul::sim
