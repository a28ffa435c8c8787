#include "store/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace backhaul::store {

namespace json = boost::json;

std::string_view to_string(EventKind kind) {
  switch (kind) {
    case EventKind::delivery:
      return "delivery";
    case EventKind::poll:
      return "poll";
    case EventKind::outcome:
      return "outcome";
    case EventKind::decision:
      return "decision";
    case EventKind::command:
      return "command";
  }
  return "delivery";
}

std::optional<EventKind> event_kind(std::string_view text) {
  for (const auto kind :
       {EventKind::delivery, EventKind::poll, EventKind::outcome, EventKind::decision, EventKind::command}) {
    if (to_string(kind) == text) return kind;
  }
  return std::nullopt;
}

std::string_view to_string(JobState state) {
  switch (state) {
    case JobState::available:
      return "available";
    case JobState::running:
      return "running";
    case JobState::retryable:
      return "retryable";
    case JobState::completed:
      return "completed";
    case JobState::cancelled:
      return "cancelled";
    case JobState::discarded:
      return "discarded";
    case JobState::shadowed:
      return "shadowed";
  }
  return "available";
}

std::optional<returns::EffectKind> effect_kind(std::string_view text) {
  using enum returns::EffectKind;
  for (const auto kind : {read_source, read_rma, create_rma, attach_tracking, cancel_rma, process, flag, note, close,
                          cancel, remove_lines, grade, assess}) {
    if (returns::to_string(kind) == text) return kind;
  }
  return std::nullopt;
}

std::string causes_json(const std::vector<EventId>& causes) {
  json::array array;
  for (const auto cause : causes) array.emplace_back(cause.value);
  return json::serialize(array);
}

std::string withdrawn_json(std::string_view effect_key) {
  return json::serialize(json::object{{"effect", effect_key}, {"status", "withdrawn"}});
}

std::string told_json(std::string_view effect_key) {
  return json::serialize(json::object{{"effect", effect_key}, {"status", "done"}});
}

std::string retry_json(std::string_view effect_key) {
  return json::serialize(json::object{{"verb", "retry"}, {"effect", effect_key}});
}

std::string_view digest_bytes(const NewEvent& event) {
  if (!event.digest) return {};
  return {reinterpret_cast<const char*>(event.digest->data()), event.digest->size()};
}

JobState state_at_birth(const NewJob& job) {
  return job.effect.shadow ? JobState::shadowed : job.lease ? JobState::running : JobState::available;
}

Job born(const NewJob& job, JobId id, ReturnId return_id, Time at) {
  return {.id = id,
          .return_id = return_id,
          .connection = job.effect.connection,
          .key = job.effect.key,
          .kind = job.effect.kind,
          .work = job.effect.work,
          .attempt = 1,
          .unknown_since = {},
          .created_at = at};
}

Error no_connection(const ConnectionId& id) {
  return {Error::Kind::not_found, "no connection " + id.value};
}
Error name_taken(std::string_view name, std::string_view by) {
  return {Error::Kind::invalid, fmt::format("a connection named \"{}\" exists already: {}", name, by)};
}
Error no_policy(const ConnectionId& id) {
  return {Error::Kind::not_found, "no policy for " + id.value};
}
Error no_return(std::string_view text) {
  return {Error::Kind::not_found, fmt::format("no return \"{}\" (ret_..., the source's id, or an order name)", text)};
}
Error many_returns(std::string_view text) {
  return {Error::Kind::invalid,
          fmt::format("more than one return matches \"{}\"; `backhaul returns list` shows their ret_ ids", text)};
}
Error no_job(JobId id) {
  return {Error::Kind::not_found, "no job " + id.str()};
}
Error not_held(JobId id) {
  return {Error::Kind::conflict, id.str() + " is not held by this node any more"};
}

std::optional<Error> cannot_retry(JobId id, std::string_view state) {
  if (state == "running") return Error{Error::Kind::invalid, id.str() + " is running now"};
  if (state == "shadowed") {
    return Error{Error::Kind::invalid, id.str() + " was planned in shadow mode; it is never performed"};
  }
  return std::nullopt;
}

Error waits_to_find_out(JobId id) {
  return {Error::Kind::invalid,
          id.str() + " waits to find out whether an earlier try took place; it goes on by itself"};
}

Stored<std::vector<StepDone>> join_portions(std::vector<Stored<std::vector<StepDone>>> portions, std::size_t steps) {
  std::vector<StepDone> all;
  for (auto& portion : portions) {
    const auto end = all.size() + std::min(steps_per_portion, steps - all.size());
    if (portion) std::move(portion->begin(), portion->end(), std::back_inserter(all));
    while (all.size() < end) all.push_back({.conflict = true, .id = {}, .running = {}});
  }
  const bool none = std::ranges::none_of(portions, [](const auto& portion) { return portion.has_value(); });
  if (!portions.empty() && none) return fail(portions.front().error());
  return all;
}

}  // namespace backhaul::store
