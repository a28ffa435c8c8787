// The job queue: claiming, ending, rescuing.

#include <algorithm>

#include "store/rows.hpp"
#include "store/sqlite/store_impl.hpp"

namespace backhaul::store::sqlite {
namespace {

void insert_attempt(Database& db, JobId job, const AttemptRecord& record) {
  db.run(
      "INSERT INTO attempts (job, number, started_at, ended_at, outcome, code, message, retry_at) "
      "VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM attempts WHERE job = ?1), ?, ?, ?, ?, ?, nullif(?, 0))",
      job, record.started_at, record.ended_at, record.outcome, record.code, record.message, record.retry_at);
}

// What an attempt that has ended was of.
struct Ended {
  std::string kind;
  std::int64_t source_subject = 0;
  std::int64_t connection = 0;
};

// Nothing when it is not this node's any more.
std::optional<Ended> end_attempt(Database& db, const Finish& end) {
  const bool ended = end.next != JobState::retryable;
  const std::optional<std::int64_t> ended_at = ended ? std::optional(end.record.ended_at.ms) : std::nullopt;
  const std::optional<std::int64_t> unknown = end.unknown_since ? std::optional(end.unknown_since.ms) : std::nullopt;
  auto query = db.query(
      "UPDATE jobs SET state = ?, run_at = max(run_at, ?), unknown_since = ?, ended_at = ?, last_error = ?, node = "
      "NULL, "
      "lease_until = NULL, attempt = attempt - ?, failures = failures + ? WHERE id = ? AND state = 'running' "
      "AND node = ? AND attempt = ? "
      "RETURNING kind, (SELECT r.subject FROM returns r WHERE r.id = return_id), connection",
      to_string(end.next), end.run_at, unknown, ended_at,
      end.record.outcome == "done" ? std::string_view() : std::string_view(end.record.message),
      end.spends_attempt ? 0 : 1, end.spends_attempt ? 1 : 0, end.job, end.node, end.attempt);
  if (!query.step()) return std::nullopt;
  return Ended{.kind = std::string(query.text(0)), .source_subject = query.number(1), .connection = query.number(2)};
}

struct Running {
  JobId id;
  int attempt = 0;
};

}  // namespace

Job read_job(Query& query) {
  auto job = read_claimed_row(query);
  if (!job) throw SqliteError{0, job.error().message};
  return std::move(*job);
}

async::Task<Stored<Store::Due>> SqliteStore::due_connections(Time now) {
  co_return read([&](Database& db) -> Stored<Due> {
    Due due;
    // Jumps through the index from one connection with waiting jobs to the next, so the length of a queue costs
    // nothing.
    auto query = db.query(
        "WITH RECURSIVE waiting (n) AS (SELECT min(connection) FROM jobs WHERE state IN ('available', 'retryable') "
        "UNION ALL SELECT (SELECT min(connection) FROM jobs WHERE state IN ('available', 'retryable') AND connection > "
        "n) "
        "FROM waiting WHERE n IS NOT NULL), p (priority) AS (VALUES (0), (1), (2)) "
        "SELECT c.id, f.run_at <= ?1, f.run_at FROM (SELECT n, priority, (SELECT min(run_at) FROM jobs WHERE "
        "connection = n "
        "AND state IN ('available', 'retryable') AND priority = p.priority) AS run_at FROM waiting, p WHERE n IS NOT "
        "NULL) f "
        "JOIN connections c ON c.number = f.n WHERE f.run_at IS NOT NULL AND c.removed_at IS NULL ORDER BY f.n",
        now);
    while (query.step()) {
      if (query.number(1) != 0) {
        ConnectionId id{std::string(query.text(0))};
        if (due.now.empty() || due.now.back() != id) due.now.push_back(std::move(id));
      } else {
        due.next = due.next ? std::min(*due.next, query.time(2)) : query.time(2);
      }
    }
    return due;
  });
}

async::Task<Stored<std::vector<Job>>> SqliteStore::claim_jobs(ConnectionId connection, int limit, Lease lease,
                                                              Time now) {
  return write<std::vector<Job>>([=](Database& db) -> Stored<std::vector<Job>> {
    std::vector<Job> jobs;
    {
      auto query = db.query(
          "SELECT id, return_id, effect_key, kind, work, attempt + 1, coalesce(unknown_since, 0), created_at, failures "
          "FROM jobs "
          "WHERE connection = ? AND state IN ('available', 'retryable') AND run_at <= ? ORDER BY priority, run_at "
          "LIMIT ?",
          connection_number(db, connection), now, limit);
      while (query.step()) {
        jobs.push_back(read_job(query));
        jobs.back().connection = connection;
      }
    }
    for (const auto& job : jobs) {
      db.run("UPDATE jobs SET state = 'running', attempt = attempt + 1, node = ?, lease_until = ? WHERE id = ?",
             lease.node, lease.until, job.id);
    }
    return jobs;
  });
}

async::Task<Stored<void>> SqliteStore::finish(Finish end) {
  auto finished = write<bool>([this, end = std::move(end)](Database& db) -> Stored<bool> {
    const auto ended = end_attempt(db, end);
    if (!ended) return fail(not_held(end.job));
    insert_attempt(db, end.job, end.record);
    if (!end.outcome.empty()) {
      const auto kept = insert_event(db, ended->source_subject, EventKind::outcome, ended->kind, end.outcome,
                                     end.record.ended_at, true);
      if (end.look) {
        auto read = db.query("SELECT id FROM subjects WHERE connection = ? AND external_id = ?", ended->connection,
                             end.read_subject);
        if (read.step()) keep_look(db, read.number(0), *end.look, kept);
      }
      news_ = true;
    }
    if (end.next == JobState::retryable) jobs_ = true;
    return true;
  });
  co_return (co_await std::move(finished)).map([](bool) {});
}

async::Task<Stored<void>> SqliteStore::renew_lease(Lease lease) {
  auto renewed = write<bool>([=](Database& db) -> Stored<bool> {
    db.run("UPDATE jobs SET lease_until = ? WHERE state = 'running' AND node = ?", lease.until, lease.node);
    return true;
  });
  co_return (co_await std::move(renewed)).map([](bool) {});
}

async::Task<Stored<std::int64_t>> SqliteStore::rescue_jobs(Rescue rescue) {
  return write<std::int64_t>([this, rescue](Database& db) -> Stored<std::int64_t> {
    std::vector<Running> lost;
    {
      auto query =
          db.query("SELECT id, attempt FROM jobs WHERE state = 'running' AND (lease_until < ?1 OR (?2 AND node <> ?3))",
                   rescue.now, rescue.alone ? 1 : 0, rescue.node);
      while (query.step()) lost.push_back({.id = query.id<JobId>(0), .attempt = static_cast<int>(query.number(1))});
    }
    for (const auto& job : lost) {
      // A read changes nothing, so it can simply be asked again.
      db.run(
          "UPDATE jobs SET state = 'retryable', node = NULL, lease_until = NULL, "
          "run_at = CASE WHEN kind LIKE 'read%' THEN ?1 ELSE ?2 END, "
          "unknown_since = CASE WHEN kind LIKE 'read%' THEN NULL WHEN kind = 'process' THEN ?1 "
          "ELSE coalesce(unknown_since, ?1) END WHERE id = ?3",  // of a process the newest try counts: it may be the
                                                                 // lost one
          rescue.now, rescue.now + rescue.grace, job.id);
      insert_attempt(db, job.id,
                     {.number = job.attempt,
                      .started_at = rescue.now,
                      .ended_at = rescue.now,
                      .outcome = "lost",
                      .code = {},
                      .message = std::string(lost_message),
                      .retry_at = rescue.now + rescue.grace});
    }
    if (!lost.empty()) jobs_ = true;
    return static_cast<std::int64_t>(lost.size());
  });
}

// In memory: a lock on the folder lets only one server use the file.
async::Task<Stored<bool>> SqliteStore::hold_duty(Duty duty) {
  const std::lock_guard lock(nodes_mutex_);
  auto& held = duties_[duty.name];
  if (held.node != duty.node && held.until > duty.now) co_return false;
  const bool holds = duty.until > duty.now;
  held = std::move(duty);
  co_return holds;
}

async::Task<Stored<int>> SqliteStore::announce(Lease lease, Time now) {
  const std::lock_guard lock(nodes_mutex_);
  nodes_[lease.node] = lease.until;
  std::erase_if(nodes_, [now](const auto& node) { return node.second <= now; });
  co_return std::max(1, static_cast<int>(nodes_.size()));
}

}  // namespace backhaul::store::sqlite
