// What people ask: lists, one return with its history, retries.

#include "store/rows.hpp"
#include "store/sqlite/store_impl.hpp"

namespace backhaul::store::sqlite {
namespace {

#define BACKHAUL_RETURN_COLUMNS                                                                         \
  "r.id, r.merchant, c.id, s.external_id, r.order_name, r.state, r.stage, r.created_at, r.updated_at, " \
  "(SELECT count(*) FROM attention a WHERE a.return_id = r.id) AS attention "                           \
  "FROM returns r JOIN subjects s ON s.id = r.subject JOIN connections c ON c.number = s.connection "

#define BACKHAUL_JOB_COLUMNS                                                                                         \
  "j.id, j.return_id, c.id, j.effect_key, j.kind, j.state, j.attempt, j.run_at, j.created_at, coalesce(j.ended_at, " \
  "0), "                                                                                                             \
  "coalesce(j.unknown_since, 0), j.rule, j.policy_version, j.causes, coalesce(j.decision, 0), j.last_error "         \
  "FROM jobs j JOIN connections c ON c.number = j.connection "

void load_attempts(Database& db, JobRow& job) {
  auto query = db.query(
      "SELECT number, started_at, ended_at, outcome, code, message, coalesce(retry_at, 0) FROM attempts "
      "WHERE job = ? ORDER BY number",
      job.id);
  while (query.step()) job.attempts.push_back(read_attempt_row(query));
}

Stored<ReturnId> resolve_return(Database& db, const std::string& text) {
  if (const auto id = ReturnId::parse(text)) return *id;
  // A source's id wins over an order name of the same text; more than one hit is for the person to choose from.
  for (const char* sql :
       {"SELECT r.id FROM connections c CROSS JOIN subjects s ON s.connection = c.number AND s.external_id = ? "
        "JOIN returns r ON r.subject = s.id LIMIT 2",
        "SELECT id FROM returns WHERE order_name IN (?1, '#' || ?1) LIMIT 2"}) {
    auto query = db.query(sql, text);
    if (!query.step()) continue;
    const auto id = query.id<ReturnId>(0);
    if (query.step()) {
      return fail(many_returns(text));
    }
    return id;
  }
  return fail(no_return(text));
}

// Each begins with what is rarest, so that a long history is not read through.
const char* list_sql(const ReturnFilter& filter) {
  if (filter.needs_attention) {
    return "SELECT " BACKHAUL_RETURN_COLUMNS
           "WHERE r.id IN (SELECT return_id FROM attention) AND r.id < ?1 AND (?2 = '' OR r.order_name IN (?2, '#' || "
           "?2)) AND (?3 = '' OR r.state = ?3) ORDER BY r.id DESC LIMIT ?4";
  }
  if (!filter.order_name.empty()) {
    return "SELECT " BACKHAUL_RETURN_COLUMNS
           "WHERE r.order_name IN (?2, '#' || ?2) AND r.id < ?1 AND (?3 = '' OR r.state = ?3) ORDER BY r.id DESC LIMIT "
           "?4";
  }
  return "SELECT " BACKHAUL_RETURN_COLUMNS "WHERE r.id < ?1 AND (?3 = '' OR r.state = ?3) ORDER BY r.id DESC LIMIT ?4";
}

std::int64_t count(Database& db, const char* sql) {
  auto query = db.query(sql);
  return query.step() ? query.number(0) : 0;
}

}  // namespace

async::Task<Stored<std::vector<ReturnRow>>> SqliteStore::list_returns(ReturnFilter filter) {
  co_return read([&](Database& db) -> Stored<std::vector<ReturnRow>> {
    const auto before = filter.before ? filter.before.value : INT64_MAX;
    const int limit = std::min(filter.limit, rows_max);
    std::vector<ReturnRow> rows;
    auto query = db.query(list_sql(filter), before, filter.order_name, filter.state, limit);
    while (query.step()) rows.push_back(read_return_row(query));
    return rows;
  });
}

async::Task<Stored<ReturnRow>> SqliteStore::find_return(std::string text) {
  co_return read([&](Database& db) -> Stored<ReturnRow> {
    const auto id = resolve_return(db, text);
    if (!id) return fail(id.error());
    auto query = db.query("SELECT " BACKHAUL_RETURN_COLUMNS "WHERE r.id = ?", *id);
    if (!query.step()) return fail(no_return(text));
    auto row = read_return_row(query);
    auto body = db.query("SELECT body FROM returns WHERE id = ?", *id);
    if (body.step()) row.body = std::string(body.text(0));
    return row;
  });
}

async::Task<Stored<std::vector<JournalEvent>>> SqliteStore::events_of_return(ReturnId id, bool bodies) {
  co_return read([&](Database& db) -> Stored<std::vector<JournalEvent>> {
    std::vector<JournalEvent> events;
    auto query = db.query(
        "SELECT e.seq, e.kind, c.id, s.external_id, e.topic, e.at, coalesce(e.duplicate_of, 0), "
        "CASE WHEN ?2 OR e.kind <> 'delivery' THEN unpacked(j.body, j.packed_from) END FROM subjects s JOIN events e "
        "ON e.subject = s.id "
        "JOIN connections c ON c.number = s.connection LEFT JOIN journal j ON j.seq = e.seq "
        "WHERE s.return_id = ?1 ORDER BY e.seq",
        id, bodies ? 1 : 0);
    while (query.step()) {
      events.push_back({.id = query.id<EventId>(0),
                        .kind = kind_of(query.text(1)),
                        .connection = ConnectionId{std::string(query.text(2))},
                        .subject = ExternalId{std::string(query.text(3))},
                        .topic = std::string(query.text(4)),
                        .at = query.time(5),
                        .duplicate_of = query.id<EventId>(6),
                        .body = std::string(query.text(7))});
    }
    return events;
  });
}

async::Task<Stored<std::vector<JobRow>>> SqliteStore::jobs_of_return(ReturnId id) {
  co_return read([&](Database& db) -> Stored<std::vector<JobRow>> {
    std::vector<JobRow> rows;
    auto query = db.query("SELECT " BACKHAUL_JOB_COLUMNS "WHERE j.return_id = ? ORDER BY j.id", id);
    while (query.step()) rows.push_back(read_job_row(query));
    for (auto& row : rows) load_attempts(db, row);
    return rows;
  });
}

async::Task<Stored<std::vector<JobRow>>> SqliteStore::list_jobs(JobFilter filter) {
  co_return read([&](Database& db) -> Stored<std::vector<JobRow>> {
    const auto before = filter.before ? filter.before.value : INT64_MAX;
    std::vector<JobRow> rows;
    auto query = db.query(
        "SELECT " BACKHAUL_JOB_COLUMNS
        "WHERE j.id < ?1 AND CASE WHEN ?2 = '' THEN j.state IN ('available', 'running', 'retryable', 'discarded') "
        "ELSE j.state = ?2 END ORDER BY j.id DESC LIMIT ?3",
        before, filter.state, std::min(filter.limit, rows_max));
    while (query.step()) rows.push_back(read_job_row(query));
    return rows;
  });
}

async::Task<Stored<JobRow>> SqliteStore::find_job(JobId id) {
  co_return read([&](Database& db) -> Stored<JobRow> {
    auto query = db.query("SELECT " BACKHAUL_JOB_COLUMNS "WHERE j.id = ?", id);
    if (!query.step()) return fail(no_job(id));
    auto row = read_job_row(query);
    load_attempts(db, row);
    return row;
  });
}

async::Task<Stored<void>> SqliteStore::ask_retry(JobId id, Time now) {
  auto asked = write<bool>([this, id, now](Database& db) -> Stored<bool> {
    auto query = db.query(
        "SELECT j.effect_key, j.state, r.subject, j.kind, j.run_at FROM jobs j JOIN returns r ON r.id = j.return_id "
        "WHERE j.id = ?",
        id);
    if (!query.step()) return fail(no_job(id));
    const std::string state(query.text(1));
    if (auto refused = cannot_retry(id, state)) return fail(std::move(*refused));
    if (state == "available" || state == "retryable") {
      // Waiting already: a person's word brings it forward.
      if (db.run("UPDATE jobs SET run_at = min(run_at, ?) WHERE id = ? AND unknown_since IS NULL", now, id) == 0) {
        return fail(waits_to_find_out(id));
      }
      jobs_ = true;
      return true;
    }
    const auto body = retry_json(query.text(0));
    insert_event(db, query.number(2), EventKind::command, "retry", body, now, true);
    news_ = true;
    return true;
  });
  co_return (co_await std::move(asked)).map([](bool) {});
}

async::Task<Stored<std::vector<AttentionRow>>> SqliteStore::attention(int limit) {
  co_return read([&](Database& db) -> Stored<std::vector<AttentionRow>> {
    std::vector<AttentionRow> rows;
    auto query = db.query(
        "SELECT a.return_id, coalesce(c.id, ''), a.kind, a.why, a.todo, a.since, a.times, coalesce(r.order_name, ''), "
        "coalesce(s.external_id, '') FROM attention a LEFT JOIN connections c ON c.number = a.connection "
        "LEFT JOIN returns r ON r.id = a.return_id LEFT JOIN subjects s ON s.id = r.subject ORDER BY a.since LIMIT ?",
        std::min(limit, rows_max));
    while (query.step()) rows.push_back(read_attention_row(query));
    return rows;
  });
}

async::Task<Stored<Depths>> SqliteStore::depths() {
  co_return read([](Database& db) -> Stored<Depths> {
    return Depths{.unfiled = count(db, "SELECT coalesce((SELECT max(seq) FROM journal) - (SELECT seq FROM filed), 0)"),
                  .news = count(db, "SELECT count(*) FROM subjects WHERE news IS NOT NULL"),
                  .jobs_waiting = count(db, "SELECT count(*) FROM jobs WHERE state IN ('available', 'retryable')"),
                  .jobs_running = count(db, "SELECT count(*) FROM jobs WHERE state = 'running'"),
                  .refused = count(db,
                                   "SELECT count(*) FROM attention WHERE kind IN ('rma_not_made', 'process_abandoned', "
                                   "'effect_refused', 'cannot_read')"),
                  .attention = count(db, "SELECT count(*) FROM attention")};
  });
}

}  // namespace backhaul::store::sqlite
