#pragma once
// Makes a broken seed's history smaller: fewer returns, fewer faults, the same law broken.

#include "runner.hpp"

namespace backhaul::sim {

// What to mute besides what `asked` mutes already. Runs the seed up to `runs_max` times.
[[nodiscard]] Muted shrink(const Asked& asked, const Outcome& broken, int runs_max = 250);

}  // namespace backhaul::sim
