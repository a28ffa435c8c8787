#pragma once
// Folds what happened into what is. Pure. Events may come late, twice or not at all: facts only move forward, by the
// numbers the events carry, never by the order in which they are folded.

#include "returns/event.hpp"
#include "returns/model.hpp"

namespace backhaul::returns {

[[nodiscard]] ReturnState evolve(ReturnState state, const Event& event);

}  // namespace backhaul::returns
