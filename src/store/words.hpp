#pragma once
// The words the stores keep in their tables, the same in each of them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/types.hpp"

namespace backhaul::store {

// Steps that share one request to a writer: about half a millisecond, so that deliveries get in between.
inline constexpr std::size_t steps_per_portion = 8;
// A running hub takes up new setup with its regular look, about a second later; deciding again before that would use
// the old.
inline constexpr Millis taken_up_within{3'000};
// Of any list; people page, scripts too.
inline constexpr int rows_max = 1'000;

// What the attempt of a node that ended says.
inline constexpr std::string_view lost_message =
    "the process that ran it ended; whether it took place is found out first";
// What a person can do about a return that was set aside.
inline constexpr std::string_view set_aside_todo = "its events are kept in the journal; report it with the log";

[[nodiscard]] std::string_view to_string(EventKind kind);
[[nodiscard]] std::optional<EventKind> event_kind(std::string_view text);
[[nodiscard]] std::string_view to_string(JobState state);
[[nodiscard]] std::optional<returns::EffectKind> effect_kind(std::string_view text);

// Of a delivery; empty when there is none.
[[nodiscard]] std::string_view digest_bytes(const NewEvent& event);
// [1,2]
[[nodiscard]] std::string causes_json(const std::vector<EventId>& causes);
// The outcome event of a job that was withdrawn before it began.
[[nodiscard]] std::string withdrawn_json(std::string_view effect_key);
// The outcome event of a job whose effect took place, as the vendor told before the job's answer came.
[[nodiscard]] std::string told_json(std::string_view effect_key);
// The command event of a person who wants a job tried again.
[[nodiscard]] std::string retry_json(std::string_view effect_key);

// The state in which a job is stored at first.
[[nodiscard]] JobState state_at_birth(const NewJob& job);
// The job under that number, for who runs it from its birth on.
[[nodiscard]] Job born(const NewJob& job, JobId id, ReturnId return_id, Time at);

// Refusals that both stores give in the same words.
[[nodiscard]] Error no_connection(const ConnectionId& id);
[[nodiscard]] Error name_taken(std::string_view name, std::string_view by);
[[nodiscard]] Error no_policy(const ConnectionId& id);
[[nodiscard]] Error no_return(std::string_view text);
[[nodiscard]] Error many_returns(std::string_view text);
[[nodiscard]] Error no_job(JobId id);
[[nodiscard]] Error not_held(JobId id);
// Why a person cannot have this job tried again now; nothing when they can.
[[nodiscard]] std::optional<Error> cannot_retry(JobId id, std::string_view state);
[[nodiscard]] Error waits_to_find_out(JobId id);

// The outcome of steps that were committed in portions of steps_per_portion. A portion that failed wrote nothing: for
// the caller as if someone else had been faster, the news is still there. All failed: the first one's failure.
[[nodiscard]] Stored<std::vector<StepDone>> join_portions(std::vector<Stored<std::vector<StepDone>>> portions,
                                                          std::size_t steps);

}  // namespace backhaul::store
