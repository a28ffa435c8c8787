#pragma once
// What a run of the simulation says.

#include <string>

#include "runner.hpp"

namespace backhaul::sim {

[[nodiscard]] std::string describe(const Totals& totals, double seconds);
// Faults and people's doings by the phase of the returns they met.
[[nodiscard]] std::string table_of(const Coverage& coverage);
// The command that does it again.
[[nodiscard]] std::string replay_of(const Asked& asked);

}  // namespace backhaul::sim
