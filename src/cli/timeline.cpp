#include "cli/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "returns/outcome.hpp"

namespace backhaul::cli {
namespace {

namespace json = boost::json;

std::string name_of(const std::map<ConnectionId, std::string>& names, const ConnectionId& id) {
  const auto found = names.find(id);
  return found == names.end() ? id.value : found->second;
}

std::string with_names(std::string key, const std::map<ConnectionId, std::string>& names) {
  for (const auto& [id, name] : names) {
    if (const auto at = key.find(id.value); at != std::string::npos) key.replace(at, id.value.size(), name);
  }
  return key;
}

// Event numbers in stored JSON as public ids.
std::string list_events(const json::value& causes) {
  std::string text;
  if (!causes.is_array()) return text;
  for (const auto& cause : causes.as_array()) {
    if (!cause.is_int64()) continue;
    text += (text.empty() ? "" : ", ") + EventId{cause.as_int64()}.str();
  }
  return text;
}

std::string describe_receipt(const returns::Receipt& receipt) {
  std::string text = fmt::format("status {}", receipt.raw_status);
  for (const auto& line : receipt.lines) {
    text +=
        fmt::format("; {}: {} of {} received, {} restocked", line.sku, line.received, line.expected, line.restocked);
    if (!line.condition.empty()) text += ", " + line.condition;
  }
  return text;
}

TimelineEntry describe_outcome(const store::JournalEvent& event, TimelineEntry entry,
                               const std::map<ConnectionId, std::string>& names) {
  const auto note = returns::decode_outcome(event.body);
  if (!note) {
    entry.text = note.error().message;
    return entry;
  }
  entry.text = note->effect.empty()
                   ? fmt::format("{}: read by a poll", name_of(names, event.connection))
                   : fmt::format("{}: {}", with_names(note->effect, names), returns::to_string(note->status));
  if (!note->rma.empty())
    entry.text += fmt::format(", RMA {}{}", note->rma.value, note->found ? " (was there already)" : "");
  if (note->gone) entry.text += ", the source knows no such return";
  if (!note->code.empty() || !note->message.empty()) entry.text += fmt::format(": {} {}", note->code, note->message);
  if (note->view) {
    entry.detail = fmt::format("the source says: {}{}, {} units", note->view->raw_state,
                               note->view->flagged ? ", flagged" : "", note->view->units.size());
    for (const auto& label : note->view->labels)
      entry.detail += fmt::format(", {} {}", label.carrier, label.tracking_number);
  }
  if (note->receipt) entry.detail = fmt::format("the warehouse says: {}", describe_receipt(*note->receipt));
  for (const auto& remark : note->remarks) entry.detail += (entry.detail.empty() ? "" : "; ") + remark;
  return entry;
}

TimelineEntry describe_decision(const store::JournalEvent& event, TimelineEntry entry,
                                const std::map<ConnectionId, std::string>& names) {
  const auto parsed = json::parse(event.body);
  const auto text_at = [&](const json::object& object, const char* key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
  };
  const auto& object = parsed.as_object();
  entry.text = text_at(object, "summary");
  if (entry.text.empty()) entry.text = "nothing to do";
  if (const auto rule = text_at(object, "rule"); !rule.empty()) entry.detail = "rule: " + rule;
  if (const auto* effects = object.if_contains("effects"); effects != nullptr && effects->is_array()) {
    for (const auto& effect : effects->as_array()) {
      const auto version = effect.at("policy_version").to_number<std::int64_t>();
      entry.detail += (entry.detail.empty() ? "" : "; ") + with_names(text_at(effect.as_object(), "effect"), names);
      if (version > 0) entry.detail += fmt::format(" (policy v{})", version);  // reads need none
      if (effect.at("shadow").as_bool()) entry.detail += " (shadow: not performed)";
    }
  }
  if (const auto* causes = object.if_contains("causes")) {
    entry.detail += (entry.detail.empty() ? "because of " : "; because of ") + list_events(*causes);
  }
  return entry;
}

TimelineEntry describe_event(const store::JournalEvent& event, const std::map<ConnectionId, std::string>& names) {
  TimelineEntry entry{.at = event.at, .what = {}, .id = event.id.str(), .text = {}, .detail = {}};
  switch (event.kind) {
    case store::EventKind::delivery:
      entry.what = "delivery";
      entry.text = fmt::format("{}: {}", name_of(names, event.connection), event.topic);
      if (event.duplicate_of) entry.text += fmt::format(" (duplicate of {})", event.duplicate_of.str());
      return entry;
    case store::EventKind::poll:
      entry.what = "poll";
      return describe_outcome(event, std::move(entry), names);
    case store::EventKind::outcome:
      entry.what = "outcome";
      return describe_outcome(event, std::move(entry), names);
    case store::EventKind::decision:
      entry.what = "decision";
      return describe_decision(event, std::move(entry), names);
    case store::EventKind::command:
      entry.what = "command";
      entry.text = fmt::format("a person asked to {} {}", event.topic,
                               with_names(std::string(json::parse(event.body).at("effect").as_string()), names));
      return entry;
  }
  return entry;
}

// One damaged entry must not hide the others.
TimelineEntry describe(const store::JournalEvent& event, const std::map<ConnectionId, std::string>& names) {
  try {
    return describe_event(event, names);
  } catch (const std::exception& error) {
    return {.at = event.at,
            .what = std::string("damaged"),
            .id = event.id.str(),
            .text = fmt::format("stored entry cannot be read: {}", error.what()),
            .detail = {}};
  }
}

void add_job(std::vector<TimelineEntry>& entries, const store::JobRow& job,
             const std::map<ConnectionId, std::string>& names) {
  const std::string key = with_names(job.key, names);
  TimelineEntry made{.at = job.created_at,
                     .what = "job",
                     .id = job.id.str(),
                     .text = fmt::format("{}: {}", key, job.state),
                     .detail = {}};
  if (!job.rule.empty()) made.detail = fmt::format("rule: {} (policy v{})", job.rule, job.policy_version);
  const auto causes = list_events(json::parse(job.causes));
  if (!causes.empty()) made.detail += (made.detail.empty() ? "because of " : "; because of ") + causes;
  entries.push_back(std::move(made));
  for (const auto& attempt : job.attempts) {
    TimelineEntry entry{.at = attempt.ended_at,
                        .what = "attempt",
                        .id = job.id.str(),
                        .text = fmt::format("{} #{}: {}", key, attempt.number, attempt.outcome),
                        .detail = {}};
    if (!attempt.code.empty() || !attempt.message.empty())
      entry.text += fmt::format(": {} {}", attempt.code, attempt.message);
    entry.text += fmt::format(" ({} ms)", (attempt.ended_at - attempt.started_at).count());
    if (attempt.retry_at) entry.detail = "again at " + to_iso(attempt.retry_at);
    entries.push_back(std::move(entry));
  }
}

}  // namespace

std::vector<TimelineEntry> make_timeline(const std::vector<store::JournalEvent>& events,
                                         const std::vector<store::JobRow>& jobs,
                                         const std::map<ConnectionId, std::string>& names) {
  std::vector<TimelineEntry> entries;
  // In the order in which things follow from each other within a millisecond: events, jobs, attempts.
  for (const auto& event : events) entries.push_back(describe(event, names));
  for (const auto& job : jobs) add_job(entries, job, names);
  std::ranges::stable_sort(entries, {}, &TimelineEntry::at);
  return entries;
}

json::array to_json(const std::vector<TimelineEntry>& entries) {
  json::array array;
  for (const auto& entry : entries) {
    array.push_back(json::object{{"at", to_iso(entry.at)},
                                 {"what", entry.what},
                                 {"id", entry.id},
                                 {"text", entry.text},
                                 {"detail", entry.detail}});
  }
  return array;
}

}  // namespace backhaul::cli
