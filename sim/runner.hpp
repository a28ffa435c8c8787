#pragma once
// Runs seeds in processes of their own: what a simulation leaves behind goes with them, a crash is a finding like any
// other, and none can hang for ever.

#include <functional>
#include <optional>
#include <vector>

#include "simulation.hpp"

namespace backhaul::sim {

struct Totals {
  std::uint64_t seeds = 0;
  std::uint64_t returns = 0;
  std::uint64_t lives = 0;
  std::uint64_t steps = 0;
  std::uint64_t calls = 0;
  std::uint64_t letters = 0;
  Millis home_after_max{0};
  std::uint64_t home_after_seed = 0;  // whose that was
  Coverage coverage;
  std::vector<Outcome> broken;
};

struct Budget {
  std::uint64_t first_seed = 1;
  std::uint64_t returns = 0;  // 0: no limit
  double seconds = 0;         // 0: no limit
  int processes = 1;
  std::size_t broken_max = 1;  // stops after so many broken seeds
  Mutation mutation = Mutation::none;
  Muted muted;
  bool far_clocks = false;
  std::function<bool(const Totals&)> go_on = [](const Totals&) { return true; };  // asked about twice a second
};

// One seed, in a process of its own; with its trace when asked for.
[[nodiscard]] Outcome run_apart(Asked asked);
// Seeds from `first_seed` on, until the budget is used up.
[[nodiscard]] Totals run_many(const Budget& budget);

// A folder of this process's own, in memory where the system has such a place.
[[nodiscard]] std::filesystem::path scratch_folder();

}  // namespace backhaul::sim
