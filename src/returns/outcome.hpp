#pragma once
// What is journalled when a job ends or a poll brings something: dispatch and the pollers write it, the workflow reads
// it back as events.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "returns/event.hpp"
#include "types/result.hpp"

namespace backhaul::returns {

struct OutcomeNote {
  std::string effect;  // the job's key; empty for a poll
  EffectStatus status = EffectStatus::done;
  std::string code;
  std::string message;
  bool confirmed = false;  // process: the source shows it finished already
  EventId as_of;           // with view, receipt or gone: the newest event when the question was sent
  std::optional<SourceView> view;
  std::optional<Receipt> receipt;
  bool gone = false;    // the source knows no such return
  ConnectionId reread;  // process withdrawn: the RMA of this destination changed, or could not be read
  ExternalId rma;
  bool found = false;  // the RMA was there already
  std::map<std::string, std::int64_t> lines;
  std::string tracking_number;
  std::vector<std::string> remarks;  // for the timeline
};

[[nodiscard]] std::string encode(const OutcomeNote& note);
[[nodiscard]] Result<OutcomeNote, Problem> decode_outcome(std::string_view json);

// The events it stands for, in the order to fold them. `destination` names the connection a receipt came from.
[[nodiscard]] std::vector<Event> events_of(const OutcomeNote& note, EventId id, Time at,
                                           const ConnectionId& destination);

}  // namespace backhaul::returns
