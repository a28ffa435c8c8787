#include "workflow/translate.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "returns/outcome.hpp"

namespace backhaul::workflow {
namespace {

using returns::Event;

// Until an RMA is linked, polls pass it over as one of nobody's. A link this late may have missed a change for good; an
// earlier one has not, for their windows overlap by more (poll.overlap_s).
constexpr Millis late_link{30'000};

Translated from_delivery(const store::JournalEvent& entry, const connections::LiveConnection& connection) {
  Translated result;
  if (connection.destination != nullptr) {
    if (const auto parsed = connection.destination->parse(entry.body); !parsed) result.trouble = parsed.error();
    result.events.push_back(
        {.id = entry.id, .at = entry.at, .what = returns::RmaHinted{.destination = entry.connection}});
    return result;
  }
  auto parsed = connection.source->parse(entry.body);
  if (!parsed) {
    result.trouble = parsed.error();
    result.events.push_back({.id = entry.id, .at = entry.at, .what = returns::SourceHinted{}});
    return result;
  }
  returns::SourceHinted hint{
      .view = std::move(parsed->view), .process_failed = parsed->process_failed, .message = std::move(parsed->message)};
  result.events.push_back({.id = entry.id, .at = entry.at, .what = std::move(hint)});
  return result;
}

Translated from_outcome(const store::JournalEvent& entry, Time now) {
  Translated result;
  auto note = returns::decode_outcome(entry.body);
  if (!note) {
    result.trouble = note.error().message;
    return result;
  }
  // A read of an RMA names its connection in the key: read_rma/con_.../n. A poll's entry is the destination's own.
  ConnectionId destination = entry.connection;
  if (note->effect.starts_with("read_rma/")) {
    const auto start = std::string_view("read_rma/").size();
    destination = ConnectionId{note->effect.substr(start, note->effect.find('/', start) - start)};
  }
  result.events = returns::events_of(*note, entry.id, entry.at, destination);
  for (auto& event : result.events) {
    auto* ended = std::get_if<returns::EffectEnded>(&event.what);
    if (ended != nullptr && now - entry.at > late_link) ended->unwatched = true;
  }
  return result;
}

Translated from_command(const store::JournalEvent& entry) {
  Translated result;
  try {
    const auto parsed = boost::json::parse(entry.body);
    const std::string key(parsed.at("effect").as_string());
    result.events.push_back({.id = entry.id, .at = entry.at, .what = returns::RetryAsked{.key = key}});
  } catch (const std::exception& error) {
    result.trouble = fmt::format("stored command cannot be read: {}", error.what());
  }
  return result;
}

}  // namespace

Translated translate(const store::JournalEvent& entry, const connections::LiveConnection* connection, Time now) {
  switch (entry.kind) {
    case store::EventKind::delivery:
      if (connection == nullptr) return {.events = {}, .trouble = "its connection is not configured any more"};
      return from_delivery(entry, *connection);
    case store::EventKind::poll:
    case store::EventKind::outcome:
      return from_outcome(entry, now);
    case store::EventKind::command:
      return from_command(entry);
    case store::EventKind::decision:
      break;
  }
  return {};
}

}  // namespace backhaul::workflow
