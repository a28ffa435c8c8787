#pragma once
// What follows from what is. Pure, and level-triggered: it compares what should be with what is and plans the
// difference, so a hint that was lost, doubled or late costs time, not correctness. docs/states.md draws the states.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "returns/effect.hpp"
#include "returns/model.hpp"
#include "returns/policy.hpp"

namespace backhaul::returns {

// Something the hub cannot finish by itself. `kind` is stable and has a page in docs/errors/.
struct AttentionItem {
  std::string kind;
  std::string why;   // what is the matter, with the vendor's words
  std::string todo;  // what a person can do about it
  ConnectionId connection;

  friend bool operator==(const AttentionItem&, const AttentionItem&) = default;
};

struct Plan {
  std::vector<PlannedEffect> effects;
  std::vector<std::string> withdraw;  // keys of planned effects that are no longer wanted
  std::vector<std::string> told;      // keys of planned effects whose end the vendor told before the answer came
  std::vector<AttentionItem> attention;
  std::optional<Time> wake_at;  // decide again then, should nothing happen before
  std::string rule;             // the rule behind `summary`; empty when no policy was asked
  std::string summary;          // one line for people: what was decided and why
};

[[nodiscard]] Plan decide(const ReturnState& state, const PolicySet& policies, Time now);

// Whether an effect at the source that is planned, and not asked for yet, is still wanted by what is known now: neither
// withdrawn nor told to be over, and were it not planned, it would be (its destination may be paused by now, or in
// shadow). The caller has just read the return, and brings that with its answer when the effect is not wanted.
[[nodiscard]] bool is_wanted(const ReturnState& state, const PolicySet& policies, Time now, std::string_view key);

// The state once `plan` is on its way: every effect in the ledger, every RMA to make in the making.
[[nodiscard]] ReturnState with_plan(ReturnState state, const Plan& plan);

}  // namespace backhaul::returns
