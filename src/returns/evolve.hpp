#pragma once
// Folds what happened into what is. Pure. Events may come late, twice or not at all: facts only move forward, by the
// numbers the events carry, never by the order in which they are folded.

#include "returns/event.hpp"
#include "returns/model.hpp"

namespace backhaul::returns {

[[nodiscard]] ReturnState evolve(ReturnState state, const Event& event);

// Processes that were asked for, never answered, and taken for lost, since a person last asked for one.
struct LostProcesses {
  int count = 0;
  bool asked_by_hand = false;  // whether a person ever did
};
[[nodiscard]] LostProcesses lost_processes(const ReturnState& state);

}  // namespace backhaul::returns
