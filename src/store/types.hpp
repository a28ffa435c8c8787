#pragma once
// What goes into the store and comes out of it. Plain values; JSON travels as text.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "returns/decide.hpp"
#include "returns/effect.hpp"
#include "types/id.hpp"
#include "types/result.hpp"
#include "types/time.hpp"

namespace backhaul::store {

struct Error {
  enum class Kind : std::uint8_t {
    unavailable,  // the disk is full, the file is locked, the server is gone: nothing was written, ask again later
    conflict,     // someone else was faster, or the lease was lost: nothing was written
    not_found,
    invalid  // the request contradicts what is stored; message says how
  };
  Kind kind = Kind::unavailable;
  std::string message;
};

template <class T>
using Stored = Result<T, Error>;

// --- journal ---------------------------------------------------------------------------------------------------------

enum class EventKind : std::uint8_t {
  delivery,  // a vendor told us; body as received
  poll,      // we asked for what changed; body is ours: {"view"|"receipt", "as_of"}
  outcome,   // a job ended; body is ours: {"effect", "status", ...}
  decision,  // what was decided, for the timeline; never news
  command    // a person asked for something
};

using Digest = std::array<unsigned char, 32>;

// What an object at the vendor looked like when it was read. Of two that were asked for before the other was kept,
// nobody knows which is newer: how it looks now is then not known either, and what is read next is news.
struct Look {
  std::string digest;  // equal when it looks the same; empty: the vendor has it no more
  EventId as_of;       // the newest event when it was asked for
};

struct NewEvent {
  ConnectionId connection;
  ExternalId subject;
  EventKind kind = EventKind::delivery;
  std::string topic;
  std::string message_id;        // empty: the vendor has none
  std::optional<Digest> digest;  // deliveries: equal for equal bodies
  std::optional<Look> look;      // polls: when the subject last looked just so, nothing is recorded
  bool only_if_linked = false;   // record nothing unless the subject belongs to a return
  bool news = true;              // false: kept, and never folded in (a body nobody can read)
  std::string body;
  Time at;
};

// What became of it. A duplicate is recorded and does not become news; under load it is found to be one only later, and
// then `duplicate` is false here. Skipped: nothing was recorded.
struct Appended {
  EventId id;
  bool duplicate = false;
  bool skipped = false;
};

struct JournalEvent {
  EventId id;
  EventKind kind = EventKind::delivery;
  ConnectionId connection;
  ExternalId subject;
  std::string topic;
  Time at;
  EventId duplicate_of;
  std::string body;  // empty when not asked for
};

// --- workflow
// ----------------------------------------------------------------------------------------------------------

// A subject up to an event: what a step has folded in.
struct SubjectMark {
  std::int64_t subject = 0;
  EventId up_to;
  // For `park` only: the return nothing can be made of. It is not woken any more, and a person is told `why`.
  ReturnId damaged;
  std::string why;
};

// A return that has something to be folded in, or whose time has come. `id` is 0 for one we do not know yet: then all
// events are of one subject.
struct News {
  ReturnId id;
  std::int64_t version = 0;
  std::string state;  // JSON of returns::ReturnState; empty when new
  std::string stage;  // of the last step
  MerchantId merchant;
  ConnectionId source;               // when new: the connection of the subject
  ExternalId source_id;              // when new: the subject
  std::vector<JournalEvent> events;  // in journal order, without duplicates
  std::vector<SubjectMark> marks;
  // More deliveries are stored than have been looked at, and one of them may be about this return: nothing that cannot
  // be undone may be begun.
  bool behind = false;
};

struct NewRma {
  ConnectionId connection;
  std::int64_t generation = 0;
  ExternalId id;
  std::string reference;
};

// Who holds a running job, and until when. A node that does not renew in time loses it.
struct Lease {
  std::string node;
  Time until;
};

struct NewJob {
  returns::PlannedEffect effect;
  std::optional<Lease> lease;  // born running: its first attempt begins with this commit
};

// One return's step: everything or nothing.
struct Step {
  ReturnId id;               // 0: a new return
  std::int64_t version = 0;  // as taken; another one in the store is a conflict
  MerchantId merchant;
  ConnectionId source;
  ExternalId source_id;
  std::string state;  // JSON
  std::string order_name;
  std::string source_state;
  std::string stage;
  std::vector<SubjectMark> marks;
  std::vector<NewJob> jobs;
  std::vector<std::string> withdraw;  // keys; those not begun end as cancelled, with an outcome event
  // Keys; those that wait to find out whether a lost try took place end as completed, with an outcome event "done": the
  // vendor told that it did.
  std::vector<std::string> told;
  std::vector<NewRma> rmas;
  std::vector<returns::AttentionItem> attention;  // replaces the return's
  std::optional<Time> wake_at;
  std::string decision;  // JSON of a decision event; empty: nothing worth an entry
  Time at;
};

struct Job {
  JobId id;
  ReturnId return_id;
  ConnectionId connection;
  std::string key;
  returns::EffectKind kind = returns::EffectKind::read_source;
  returns::Work work;
  int attempt = 0;     // this one's number, from 1
  int failures = 0;    // earlier ones that ended badly and count
  Time unknown_since;  // set: find out what became of the earlier attempt first
  Time created_at;
};

struct StepDone {
  bool conflict = false;  // nothing was written; the news stays
  ReturnId id;
  std::vector<Job> running;  // the jobs that were born running
};

// --- dispatch
// ------------------------------------------------------------------------------------------------------------

enum class JobState : std::uint8_t { available, running, retryable, completed, cancelled, discarded, shadowed };

struct AttemptRecord {
  int number = 0;
  Time started_at;
  Time ended_at;
  std::string outcome;  // done, refused, retry, unknown, blocked, withdrawn, lost
  std::string code;
  std::string message;
  Time retry_at;
};

// The end of an attempt.
struct Finish {
  JobId job;
  std::string node;
  int attempt = 0;  // the fence: must be the running one
  JobState next = JobState::completed;
  Time run_at;                 // retryable: not before
  Time unknown_since;          // retryable: set when the world may have changed already
  bool spends_attempt = true;  // false: waiting for the vendor's say-so, or a shut-down
  AttemptRecord record;
  std::string outcome;       // JSON of the outcome event; empty: not news
  std::optional<Look> look;  // when something was read
  ExternalId read_subject;   // which object of the job's connection that was
};

// --- people
// --------------------------------------------------------------------------------------------------------------

struct Connection {
  ConnectionId id;
  MerchantId merchant;
  std::string vendor;
  std::string role;
  std::string name;
  std::string settings;  // JSON
  std::string sealed;    // bytes
  Time created_at;
};

struct PolicyVersion {
  std::int64_t version = 0;
  std::string body;  // JSON
  Time created_at;
};

struct MapEntry {
  std::string kind;  // sku, reason, warehouse
  std::string source;
  std::string target;
};

struct ReturnRow {
  ReturnId id;
  MerchantId merchant;
  ConnectionId source;
  ExternalId source_id;
  std::string order_name;
  std::string state;
  std::string stage;
  std::string body;  // JSON; only from find_return
  Time created_at;
  Time updated_at;
  int attention = 0;  // how many items
};

struct ReturnFilter {
  std::string order_name;
  std::string state;
  bool needs_attention = false;
  ReturnId before;  // page: only older ones; 0: from the newest
  int limit = 50;
};

struct JobRow {
  JobId id;
  ReturnId return_id;
  ConnectionId connection;
  std::string key;
  std::string kind;
  std::string state;
  int attempt = 0;
  Time run_at;
  Time created_at;
  Time ended_at;
  Time unknown_since;
  std::string rule;
  std::int64_t policy_version = 0;
  std::string causes;  // JSON array of event numbers
  EventId decision;
  std::string last_error;
  std::vector<AttemptRecord> attempts;  // only from jobs_of_return and find_job
};

struct JobFilter {
  std::string state;  // empty: those not ended, and discarded ones
  JobId before;
  int limit = 50;
};

struct AttentionRow {
  ReturnId return_id;  // 0: the connection
  ConnectionId connection;
  std::string kind;
  std::string why;
  std::string todo;
  Time since;
  std::int64_t times = 1;
  std::string order_name;
  ExternalId source_id;
};

// Depths of the queues, for metrics and /readyz.
struct Depths {
  std::int64_t unfiled = 0;  // entries of the journal from the oldest delivery on that was not looked at yet
  std::int64_t news = 0;
  std::int64_t jobs_waiting = 0;
  std::int64_t jobs_running = 0;
  std::int64_t refused = 0;
  std::int64_t attention = 0;
};

}  // namespace backhaul::store
