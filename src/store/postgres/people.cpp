// What people ask: lists, one return with its history, retries.

#include <algorithm>

#include "store/postgres/store_impl.hpp"
#include "store/rows.hpp"

namespace backhaul::store::postgres {
namespace {

#define BACKHAUL_RETURN_COLUMNS                                                                         \
  "r.id, r.merchant, c.id, s.external_id, r.order_name, r.state, r.stage, r.created_at, r.updated_at, " \
  "(SELECT count(*) FROM attention a WHERE a.return_id = r.id) AS attention "                           \
  "FROM returns r JOIN subjects s ON s.id = r.subject JOIN connections c ON c.number = s.connection "

#define BACKHAUL_JOB_COLUMNS                                                                    \
  "j.id, j.return_id, c.id, j.effect_key, j.kind, j.state, j.attempt, j.run_at, j.created_at, " \
  "coalesce(j.ended_at, 0), coalesce(j.unknown_since, 0), j.rule, j.policy_version, j.causes, " \
  "coalesce(j.decision, 0), j.last_error FROM jobs j JOIN connections c ON c.number = j.connection "

#define BACKHAUL_ATTEMPTS                                                                                  \
  "SELECT number, started_at, ended_at, outcome, code, message, coalesce(retry_at, 0), job FROM attempts " \
  "WHERE job = ANY ($1) ORDER BY job, number"

async::Task<std::vector<JobRow>> with_attempts(Tx& tx, std::vector<JobRow> jobs) {
  std::vector<std::int64_t> ids;
  for (const auto& job : jobs) ids.push_back(job.id.value);
  const auto asked = tx.query(BACKHAUL_ATTEMPTS, ids);
  const auto rows = co_await asked;
  for (const auto row : rows) {
    const auto job = std::ranges::find(jobs, row.id<JobId>(7), &JobRow::id);
    job->attempts.push_back(read_attempt_row(row));
  }
  co_return jobs;
}

// A source's id wins over an order name of the same text; more than one hit is for the person to choose from.
async::Task<Stored<ReturnId>> resolve_return(Tx& tx, std::string text) {
  if (const auto id = ReturnId::parse(text)) co_return *id;
  const auto asked_source = tx.query(
      "SELECT r.id FROM connections c JOIN subjects s ON s.connection = c.number AND s.external_id = $1 "
      "JOIN returns r ON r.subject = s.id LIMIT 2",
      text);
  const auto asked_order =
      tx.query("SELECT id FROM returns WHERE order_name = $1 OR order_name = '#' || $1 LIMIT 2", text);
  const auto by_source = co_await asked_source;
  const auto by_order = co_await asked_order;
  const auto& hits = by_source.empty() ? by_order : by_source;
  if (hits.empty()) co_return fail(no_return(text));
  if (hits.size() > 1) co_return fail(many_returns(text));
  co_return hits[0].id<ReturnId>(0);
}

// Each begins with what is rarest, so that a long history is not read through; a state alone is common. Two steps, lest
// the planner walk all returns from the newest because of the limit.
const char* list_sql(const ReturnFilter& filter) {
  if (filter.needs_attention) {
    return "WITH rare AS MATERIALIZED (SELECT DISTINCT return_id AS id FROM attention) SELECT " BACKHAUL_RETURN_COLUMNS
           "WHERE r.id IN (SELECT id FROM rare) AND r.id < $1 AND ($2 = '' OR r.order_name IN ($2, '#' || $2)) "
           "AND ($3 = '' OR r.state = $3) ORDER BY r.id DESC LIMIT $4";
  }
  if (!filter.order_name.empty()) {
    return "WITH rare AS MATERIALIZED (SELECT id FROM returns WHERE order_name IN ($2, '#' || $2)) "
           "SELECT " BACKHAUL_RETURN_COLUMNS
           "WHERE r.id IN (SELECT id FROM rare) AND r.id < $1 AND ($3 = '' OR r.state = $3) ORDER BY r.id DESC LIMIT "
           "$4";
  }
  return "SELECT " BACKHAUL_RETURN_COLUMNS
         "WHERE r.id < $1 AND $2 = '' AND ($3 = '' OR r.state = $3) ORDER BY r.id DESC LIMIT $4";
}

}  // namespace

async::Task<Stored<std::vector<ReturnRow>>> PostgresStore::list_returns(ReturnFilter filter) {
  return read<std::vector<ReturnRow>>(
      [filter = std::move(filter)](Tx& tx) -> async::Task<Stored<std::vector<ReturnRow>>> {
        const auto asked = tx.query(list_sql(filter), filter.before ? filter.before.value : INT64_MAX,
                                    filter.order_name, filter.state, std::min(filter.limit, rows_max));
        const auto found = co_await asked;
        std::vector<ReturnRow> rows;
        for (const auto row : found) rows.push_back(read_return_row(row));
        co_return rows;
      });
}

async::Task<Stored<ReturnRow>> PostgresStore::find_return(std::string text) {
  return read<ReturnRow>([text = std::move(text)](Tx& tx) -> async::Task<Stored<ReturnRow>> {
    auto resolving = resolve_return(tx, text);
    const auto id = co_await std::move(resolving);
    if (!id) co_return fail(id.error());
    const auto asked = tx.query("SELECT " BACKHAUL_RETURN_COLUMNS "WHERE r.id = $1", *id);
    const auto asked_body = tx.query("SELECT body FROM returns WHERE id = $1", *id);
    const auto rows = co_await asked;
    const auto body = co_await asked_body;
    if (rows.empty()) co_return fail(no_return(text));
    auto row = read_return_row(rows[0]);
    row.body = std::string(body[0].text(0));
    co_return row;
  });
}

async::Task<Stored<std::vector<JournalEvent>>> PostgresStore::events_of_return(ReturnId id, bool bodies) {
  return read<std::vector<JournalEvent>>([id, bodies](Tx& tx) -> async::Task<Stored<std::vector<JournalEvent>>> {
    const auto asked = tx.query(
        "SELECT e.seq, e.kind, c.id, s.external_id, e.topic, e.at, coalesce(e.duplicate_of, 0), "
        "CASE WHEN $2 OR e.kind <> 'delivery' THEN j.body END FROM subjects s JOIN events e ON e.subject = s.id "
        "JOIN connections c ON c.number = s.connection LEFT JOIN journal j ON j.seq = e.seq "
        "WHERE s.return_id = $1 ORDER BY e.seq",
        id, bodies);
    const auto rows = co_await asked;
    std::vector<JournalEvent> events;
    for (const auto row : rows) {
      events.push_back({.id = row.id<EventId>(0),
                        .kind = kind_of(row.text(1)),
                        .connection = ConnectionId{std::string(row.text(2))},
                        .subject = ExternalId{std::string(row.text(3))},
                        .topic = std::string(row.text(4)),
                        .at = row.time(5),
                        .duplicate_of = row.id<EventId>(6),
                        .body = std::string(row.text(7))});
    }
    co_return events;
  });
}

async::Task<Stored<std::vector<JobRow>>> PostgresStore::jobs_of_return(ReturnId id) {
  return read<std::vector<JobRow>>([id](Tx& tx) -> async::Task<Stored<std::vector<JobRow>>> {
    const auto asked = tx.query("SELECT " BACKHAUL_JOB_COLUMNS "WHERE j.return_id = $1 ORDER BY j.id", id);
    const auto found = co_await asked;
    std::vector<JobRow> rows;
    for (const auto row : found) rows.push_back(read_job_row(row));
    auto loading = with_attempts(tx, std::move(rows));
    co_return co_await std::move(loading);
  });
}

async::Task<Stored<std::vector<JobRow>>> PostgresStore::list_jobs(JobFilter filter) {
  return read<std::vector<JobRow>>([filter = std::move(filter)](Tx& tx) -> async::Task<Stored<std::vector<JobRow>>> {
    const auto asked = tx.query(
        "SELECT " BACKHAUL_JOB_COLUMNS
        "WHERE j.id < $1 AND CASE WHEN $2 = '' THEN j.state IN ('available', 'running', 'retryable', 'discarded') "
        "ELSE j.state = $2 END ORDER BY j.id DESC LIMIT $3",
        filter.before ? filter.before.value : INT64_MAX, filter.state, std::min(filter.limit, rows_max));
    const auto found = co_await asked;
    std::vector<JobRow> rows;
    for (const auto row : found) rows.push_back(read_job_row(row));
    co_return rows;
  });
}

async::Task<Stored<JobRow>> PostgresStore::find_job(JobId id) {
  return read<JobRow>([id](Tx& tx) -> async::Task<Stored<JobRow>> {
    const auto asked = tx.query("SELECT " BACKHAUL_JOB_COLUMNS "WHERE j.id = $1", id);
    const auto found = co_await asked;
    if (found.empty()) co_return fail(no_job(id));
    std::vector<JobRow> rows;
    rows.push_back(read_job_row(found[0]));
    auto loading = with_attempts(tx, std::move(rows));
    auto loaded = co_await std::move(loading);
    co_return std::move(loaded.front());
  });
}

async::Task<Stored<void>> PostgresStore::ask_retry(JobId id, Time now) {
  return write<void>([id, now](Tx& tx) -> async::Task<Stored<void>> {
    const auto asked = tx.query(
        "SELECT j.effect_key, j.state, r.subject FROM jobs j JOIN returns r ON r.id = j.return_id WHERE j.id = $1", id);
    const auto found = co_await asked;
    if (found.empty()) co_return fail(no_job(id));
    const auto state = found[0].text(1);
    if (auto refused = cannot_retry(id, state)) co_return fail(std::move(*refused));
    if (state == "available" || state == "retryable") {
      // Waiting already: a person's word brings it forward.
      const auto asked_forward = tx.query(
          "UPDATE jobs SET run_at = least(run_at, $1) WHERE id = $2 AND unknown_since IS NULL "
          "AND state IN ('available', 'retryable') RETURNING id",
          now, id);
      const auto forward = co_await asked_forward;
      if (forward.empty()) co_return fail(waits_to_find_out(id));
      tx.jobs = true;
      co_return Stored<void>{};
    }
    const auto body = retry_json(found[0].text(0));
    auto locking = tx.lock({}, std::vector{found[0].number(2)});
    co_await locking;
    std::vector<Entry> entries;
    entries.push_back(
        {.subject = found[0].number(2), .kind = EventKind::command, .topic = "retry", .body = body, .at = now});
    auto recording = tx.record(std::move(entries));
    co_await recording;
    co_return Stored<void>{};
  });
}

async::Task<Stored<std::vector<AttentionRow>>> PostgresStore::attention(int limit) {
  return read<std::vector<AttentionRow>>([limit](Tx& tx) -> async::Task<Stored<std::vector<AttentionRow>>> {
    const auto asked = tx.query(
        "SELECT a.return_id, coalesce(c.id, ''), a.kind, a.why, a.todo, a.since, a.times, coalesce(r.order_name, ''), "
        "coalesce(s.external_id, '') FROM attention a LEFT JOIN connections c ON c.number = a.connection "
        "LEFT JOIN returns r ON r.id = a.return_id LEFT JOIN subjects s ON s.id = r.subject ORDER BY a.since LIMIT $1",
        std::min(limit, rows_max));
    const auto found = co_await asked;
    std::vector<AttentionRow> rows;
    for (const auto row : found) rows.push_back(read_attention_row(row));
    co_return rows;
  });
}

async::Task<Stored<Depths>> PostgresStore::depths() {
  return read<Depths>([](Tx& tx) -> async::Task<Stored<Depths>> {
    const auto asked = tx.query(
        "SELECT (SELECT count(*) FROM subjects WHERE news IS NOT NULL), "
        "(SELECT count(*) FROM jobs WHERE state IN ('available', 'retryable')), "
        "(SELECT count(*) FROM jobs WHERE state = 'running'), "
        "(SELECT count(*) FROM attention WHERE kind IN ('rma_not_made', 'process_abandoned', 'effect_refused', "
        "'cannot_read')), (SELECT count(*) FROM attention)");
    const auto rows = co_await asked;
    co_return Depths{.news = rows[0].number(0),
                     .jobs_waiting = rows[0].number(1),
                     .jobs_running = rows[0].number(2),
                     .refused = rows[0].number(3),
                     .attention = rows[0].number(4)};
  });
}

}  // namespace backhaul::store::postgres
