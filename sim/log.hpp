#pragma once
// The hub's log as the simulation hears it: into the trace, and never with a secret or a shopper's word (law 8).

#include "stage.hpp"

namespace backhaul::sim {

// Nothing: the log goes nowhere.
void listen_to_log(Stage* stage);

}  // namespace backhaul::sim
