#include "returns/outcome.hpp"

namespace backhaul::returns {

std::vector<Event> events_of(const OutcomeNote& note, EventId id, Time at, const ConnectionId& destination) {
  std::vector<Event> events;
  const auto add = [&](auto what) { events.push_back({.id = id, .at = at, .what = std::move(what)}); };
  // The effect first: a view read after it must be able to confirm it.
  if (!note.effect.empty()) {
    EffectEnded ended;
    ended.key = note.effect;
    ended.status = note.status;
    ended.code = note.code;
    ended.message = note.message;
    ended.rma = note.rma;
    ended.unwatched = note.found;
    ended.lines = note.lines;
    ended.tracking_number = note.tracking_number;
    add(std::move(ended));
  }
  if (note.view) add(SourceWasRead{.view = *note.view, .as_of = note.as_of});
  if (note.receipt) add(RmaWasRead{.destination = destination, .receipt = *note.receipt, .as_of = note.as_of});
  if (!note.reread.empty()) add(RmaHinted{.destination = note.reread});
  if (note.gone) add(SourceIsGone{.as_of = note.as_of});
  return events;
}

}  // namespace backhaul::returns
