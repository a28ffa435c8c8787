// The job queue: claiming, ending, rescuing. A running job's attempt number is its fence: only the node and the attempt
// that hold it can end it, however late they come.

#include <algorithm>

#include "store/postgres/store_impl.hpp"
#include "store/rows.hpp"

namespace backhaul::store::postgres {
namespace {

constexpr int rescued_at_once_max = 1'000;
// Nodes that ended are of interest to whoever looks into the table; a new name comes with each start.
constexpr Millis nodes_kept{86'400'000};

}  // namespace

Job read_job(const Row& row) {
  auto job = read_claimed_row(row);
  if (!job) throw std::runtime_error(job.error().message);
  return std::move(*job);
}

async::Task<Stored<Store::Due>> PostgresStore::due_connections(Time now) {
  return read<Due>([now](Tx& tx) -> async::Task<Stored<Due>> {
    // Jumps through the index from one connection with waiting jobs to the next, so the length of a queue costs
    // nothing.
    const auto asked = tx.query(
        "WITH RECURSIVE waiting (n) AS (SELECT min(connection) FROM jobs WHERE state IN ('available', 'retryable') "
        "UNION ALL SELECT (SELECT min(connection) FROM jobs WHERE state IN ('available', 'retryable') AND connection > "
        "n) "
        "FROM waiting WHERE n IS NOT NULL) "
        "SELECT c.id, f.run_at <= $1, f.run_at FROM (SELECT n, (SELECT min(run_at) FROM jobs WHERE connection = n "
        "AND state IN ('available', 'retryable') AND priority = p.priority) AS run_at FROM waiting, "
        "(VALUES (0), (1), (2)) AS p (priority) WHERE n IS NOT NULL) f "
        "JOIN connections c ON c.number = f.n WHERE f.run_at IS NOT NULL AND c.removed_at IS NULL ORDER BY f.n",
        now);
    const auto rows = co_await asked;
    Due due;
    for (const auto row : rows) {
      if (row.flag(1)) {
        ConnectionId id{std::string(row.text(0))};
        if (due.now.empty() || due.now.back() != id) due.now.push_back(std::move(id));
      } else {
        due.next = due.next ? std::min(*due.next, row.time(2)) : row.time(2);
      }
    }
    co_return due;
  });
}

async::Task<Stored<std::vector<Job>>> PostgresStore::claim_jobs(ConnectionId connection, int limit, Lease lease,
                                                                Time now) {
  return write_job<std::vector<Job>>([=, this](Tx& tx) -> async::Task<Stored<std::vector<Job>>> {
    auto numbering = connection_number(tx, connection);
    const auto number = co_await std::move(numbering);
    const auto asked = tx.query(
        "WITH due AS (SELECT id FROM jobs WHERE connection = $1 AND state IN ('available', 'retryable') AND run_at <= "
        "$2 "
        "ORDER BY priority, run_at LIMIT $3 FOR UPDATE SKIP LOCKED) "
        "UPDATE jobs j SET state = 'running', attempt = attempt + 1, node = $4, lease_until = $5 FROM due "
        "WHERE j.id = due.id RETURNING j.id, return_id, effect_key, kind, work, attempt, coalesce(unknown_since, 0), "
        "created_at, failures, priority, run_at",
        number, now, limit, lease.node, lease.until);
    const auto rows = co_await asked;
    std::vector<Row> in_order;
    for (const auto row : rows) in_order.push_back(row);
    std::ranges::sort(in_order, {}, [](const Row& row) {
      return std::tuple{row.number(9), row.number(10), row.number(0)};
    });
    std::vector<Job> jobs;
    for (const auto& row : in_order) {
      jobs.push_back(read_job(row));
      jobs.back().connection = connection;
    }
    co_return jobs;
  });
}

async::Task<Stored<void>> PostgresStore::finish(Finish end) {
  return write_job<void>([end = std::move(end)](Tx& tx) -> async::Task<Stored<void>> {
    auto ending = tx.end(end);
    const auto ended = co_await ending;
    if (!ended) co_return fail(not_held(end.job));
    if (end.next == JobState::retryable) tx.jobs = true;
    if (end.outcome.empty()) co_return Stored<void>{};

    std::vector<std::int64_t> subjects{ended->source_subject};
    if (ended->read_subject != 0) subjects.push_back(ended->read_subject);
    auto locking = tx.lock({}, std::move(subjects));
    co_await locking;
    std::vector<Entry> entries;
    entries.push_back({.subject = ended->source_subject,
                       .kind = EventKind::outcome,
                       .topic = ended->kind,
                       .look = end.look && ended->read_subject != 0 ? &*end.look : nullptr,
                       .looked_at = ended->read_subject,
                       .body = end.outcome,
                       .at = end.record.ended_at});
    auto recording = tx.record(std::move(entries));
    co_await recording;
    co_return Stored<void>{};
  });
}

async::Task<Stored<void>> PostgresStore::renew_lease(Lease lease) {
  return write_job<void>([lease = std::move(lease)](Tx& tx) -> async::Task<Stored<void>> {
    tx.run("UPDATE jobs SET lease_until = $1 WHERE state = 'running' AND node = $2", lease.until, lease.node);
    co_return Stored<void>{};
  });
}

async::Task<Stored<std::int64_t>> PostgresStore::rescue_jobs(Rescue rescue) {
  return write_job<std::int64_t>([rescue = std::move(rescue)](Tx& tx) -> async::Task<Stored<std::int64_t>> {
    // A read changes nothing, so it can simply be asked again. Of a process the newest try counts: it may be the lost
    // one. Locked ones are being ended, or rescued by another node.
    const auto asked = tx.query(
        "WITH lost AS (SELECT id FROM jobs WHERE state = 'running' AND (lease_until < $1 OR ($2 AND node <> $3)) "
        "LIMIT $5 FOR UPDATE SKIP LOCKED) "
        "UPDATE jobs j SET state = 'retryable', node = NULL, lease_until = NULL, "
        "run_at = CASE WHEN kind LIKE 'read%' THEN $1 ELSE $4 END, "
        "unknown_since = CASE WHEN kind LIKE 'read%' THEN NULL WHEN kind = 'process' THEN $1 "
        "ELSE coalesce(unknown_since, $1) END FROM lost WHERE j.id = lost.id RETURNING j.id",
        rescue.now, rescue.alone, rescue.node, rescue.now + rescue.grace, rescued_at_once_max);
    const auto rows = co_await asked;
    const AttemptRecord record{.started_at = rescue.now,
                               .ended_at = rescue.now,
                               .outcome = "lost",
                               .code = {},
                               .message = std::string(lost_message),
                               .retry_at = rescue.now + rescue.grace};
    std::vector<std::pair<JobId, const AttemptRecord*>> attempts;
    for (const auto row : rows) attempts.emplace_back(row.id<JobId>(0), &record);
    tx.insert_attempts(attempts);
    if (!rows.empty()) tx.jobs = true;
    co_return rows.size();
  });
}

async::Task<Stored<bool>> PostgresStore::hold_duty(Duty duty) {
  return write<bool>([duty = std::move(duty)](Tx& tx) -> async::Task<Stored<bool>> {
    const auto asked = tx.query(
        "INSERT INTO duties (name, node, until) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE "
        "SET node = excluded.node, until = excluded.until WHERE duties.node = excluded.node OR duties.until <= $4 "
        "RETURNING name",
        duty.name, duty.node, duty.until, duty.now);
    const auto rows = co_await asked;
    co_return !rows.empty() && duty.until > duty.now;
  });
}

async::Task<Stored<int>> PostgresStore::announce(Lease lease, Time now) {
  return write<int>([lease = std::move(lease), now](Tx& tx) -> async::Task<Stored<int>> {
    tx.run("INSERT INTO nodes (node, until) VALUES ($1, $2) ON CONFLICT (node) DO UPDATE SET until = excluded.until",
           lease.node, lease.until);
    tx.run("DELETE FROM nodes WHERE until < $1", now - nodes_kept);
    const auto asked = tx.query("SELECT count(*) FROM nodes WHERE until > $1", now);
    const auto rows = co_await asked;
    co_return std::max(1, static_cast<int>(rows[0].number(0)));
  });
}

}  // namespace backhaul::store::postgres
