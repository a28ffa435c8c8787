#pragma once
// What can happen to a return. The workflow translates journal entries into these; evolve folds them in.

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "returns/model.hpp"

namespace backhaul::returns {

// The source told us something. A hint is never believed where money moves.
struct SourceHinted {
  std::optional<SourceView> view;
  bool process_failed = false;
  std::string message;
};

// We asked the source. `as_of` is the newest event that was in the journal when the question was sent.
struct SourceWasRead {
  SourceView view;
  EventId as_of;
};

// We asked, and the source knows no such return. `as_of` as above.
struct SourceIsGone {
  EventId as_of;
};

// The destination told us that an RMA changed.
struct RmaHinted {
  ConnectionId destination;
};

struct RmaWasRead {
  ConnectionId destination;
  Receipt receipt;
  EventId as_of;
};

// The code of a withdrawn process that was asked for, never answered, and found not to have taken place.
inline constexpr std::string_view not_taken = "not_taken";

// The code of an effect that ended badly and that a person asked for once more.
inline constexpr std::string_view retry_asked = "retry_asked";

// A job ended. `status` is done, refused, abandoned or withdrawn; a process that ended "done" was accepted by the
// source.
struct EffectEnded {
  std::string key;
  EffectStatus status = EffectStatus::done;
  std::string code;
  std::string message;
  ExternalId rma;                             // create_rma
  bool unwatched = false;                     // create_rma: it may have changed since, told to nobody
  std::map<std::string, std::int64_t> lines;  // create_rma: what was asked for, per SKU
  std::string tracking_number;                // create_rma, attach_tracking: what was sent
};

// A person asked for an ended effect to be tried again.
struct RetryAsked {
  std::string key;
};

struct Event {
  EventId id;
  Time at;
  std::variant<SourceHinted, SourceWasRead, SourceIsGone, RmaHinted, RmaWasRead, EffectEnded, RetryAsked> what;
};

}  // namespace backhaul::returns
