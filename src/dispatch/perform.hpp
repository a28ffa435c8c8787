#pragma once
// One attempt of a job: which calls of the connector it takes, and in which order. Decides nothing about returns; what
// it does decide is how to be sure that an effect happens once.

#include <functional>

#include "connections/live.hpp"
#include "returns/outcome.hpp"
#include "store/types.hpp"

namespace backhaul::dispatch {

struct Attempted {
  // The outcome to journal; meaningful when there is no failure, and for `refused`.
  returns::OutcomeNote note;
  std::optional<connectors::Failure> failure;
  bool waiting = false;  // not decided yet whether an earlier try took place: look again after `wait`
  Millis wait{0};
  bool settled = false;  // an earlier, unanswered try is known not to have taken place: only this one can be unknown
  std::optional<store::Look> look;  // when something was read
};

struct PerformRules {
  // How long after an unanswered process an open return is taken as proof that it was never accepted. Loop queues
  // processing and documents no duration; once finished, it refuses a second one.
  Millis process_unknown{900'000};
};

// Whether the hub, by all it has learnt until now, still wants the effect of this job; or why it cannot tell.
using Wanted = std::function<async::Task<connectors::Outcome<bool>>(const store::Job& job)>;

// `as_of` is the newest event in the journal now, before anything is asked. `all`: a process also asks the warehouses
// it rests on, and then `wanted`.
[[nodiscard]] async::Task<Attempted> perform(store::Job job, connections::LivePtr connection,
                                             std::shared_ptr<const connections::Snapshot> all, EventId as_of,
                                             PerformRules rules, Wanted wanted);

}  // namespace backhaul::dispatch
