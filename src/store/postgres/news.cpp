// Finding what is new, and keeping other nodes from working on the same.

#include <algorithm>

#include "store/postgres/store_impl.hpp"

namespace backhaul::store::postgres {
namespace {

News& news_of(std::vector<News>& all, ReturnId id) {
  const auto found = std::ranges::find(all, id, &News::id);
  if (id && found != all.end()) return *found;
  all.emplace_back().id = id;
  return all.back();
}

// A subject with news.
struct Found {
  std::int64_t subject = 0;
  ConnectionId connection;
  ExternalId external_id;
  std::size_t news = 0;  // which of the result
  std::size_t mark = 0;
};

// Gives the subjects in the order of their news.
std::vector<Found> group(const Rows& rows, std::vector<News>& all) {
  std::vector<Found> found;
  for (const auto row : rows) {
    auto& news = news_of(all, row.id<ReturnId>(2));
    const ConnectionId connection{std::string(row.text(4))};
    const ExternalId external_id{std::string(row.text(3))};
    if (!news.id) {
      news.source = connection;
      news.source_id = external_id;
      news.merchant = MerchantId{std::string(row.text(5))};
    }
    news.marks.push_back({.subject = row.number(0), .up_to = row.id<EventId>(1)});
    found.push_back({.subject = row.number(0),
                     .connection = connection,
                     .external_id = external_id,
                     .news = static_cast<std::size_t>(&news - all.data()),
                     .mark = news.marks.size() - 1});
  }
  return found;
}

void add_events(const Rows& rows, const std::vector<Found>& found, std::vector<News>& all) {
  std::unordered_map<std::int64_t, const Found*> by_subject;
  for (const auto& one : found) by_subject[one.subject] = &one;
  for (const auto row : rows) {
    const auto& about = *by_subject.at(row.number(0));
    auto& news = all[about.news];
    news.marks[about.mark].up_to = std::max(news.marks[about.mark].up_to, row.id<EventId>(1));
    news.events.push_back({.id = row.id<EventId>(1),
                           .kind = kind_of(row.text(2)),
                           .connection = about.connection,
                           .subject = about.external_id,
                           .topic = std::string(row.text(3)),
                           .at = row.time(4),
                           .duplicate_of = {},
                           .body = std::string(row.text(5))});
  }
}

void fill_return(const Row& row, News& news) {
  news.version = row.number(1);
  news.state = std::string(row.text(2));
  news.merchant = MerchantId{std::string(row.text(3))};
  news.source = ConnectionId{std::string(row.text(4))};
  news.source_id = ExternalId{std::string(row.text(5))};
  news.stage = std::string(row.text(6));
}

}  // namespace

// A node that works on a return holds the subject whose news or time brought it, until its step is committed, or for
// the few seconds written here: two nodes seldom do the same work twice. Only that: what makes it safe is the return's
// version. Rows that others are writing to are left for the next look, which their commit causes.
async::Task<Stored<PostgresStore::Held>> PostgresStore::hold_news(int limit, Time now) {
  return write<Held>([this, limit, now](Tx& tx) -> async::Task<Stored<Held>> {
    Held held;
    const auto asked = tx.query(
        "WITH free AS (SELECT id FROM subjects WHERE news IS NOT NULL AND (held_until IS NULL OR held_until < now() "
        "OR held_by = $1) ORDER BY news LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED) "
        "UPDATE subjects s SET held_by = $1, held_until = now() + interval '5 s' FROM free WHERE s.id = free.id "
        "RETURNING s.id",
        options_.node, limit);
    const auto with_news = co_await asked;
    for (const auto row : with_news) held.with_news.push_back(row.number(0));
    const auto asked_due = tx.query(
        "WITH free AS (SELECT s.id, r.id AS return_id FROM returns r JOIN subjects s ON s.id = r.subject "
        "WHERE r.wake_at <= $1 AND (s.held_until IS NULL OR s.held_until < now() OR s.held_by = $2) "
        "ORDER BY r.wake_at LIMIT $3 FOR NO KEY UPDATE OF s SKIP LOCKED) "
        "UPDATE subjects s SET held_by = $2, held_until = now() + interval '5 s' FROM free WHERE s.id = free.id "
        "RETURNING free.return_id",
        now, options_.node, limit - with_news.size());
    const auto due = co_await asked_due;
    for (const auto row : due) held.due.push_back(row.number(0));
    co_return held;
  });
}

async::Task<Stored<std::vector<News>>> PostgresStore::read_news(Tx& tx, const Held& held) {
  std::vector<News> all;
  // All subjects with news of a return that one of them brings, or its time. What was set aside with the return comes
  // first: an outcome or a refusal among it decides whether something may be done once more.
  // OFFSET 0: row by row through an index. The planner cannot know how few these are, and would rather read the table.
  const auto asked = tx.query(
      "WITH held AS MATERIALIZED (SELECT s.* FROM unnest($1) AS w (id) CROSS JOIN LATERAL (SELECT id, news, return_id, "
      "external_id, connection FROM subjects WHERE id = w.id OFFSET 0) AS s), "
      "wanted AS (SELECT * FROM held WHERE return_id IS NULL AND news IS NOT NULL UNION ALL "
      "SELECT s.* FROM (SELECT return_id FROM held WHERE return_id IS NOT NULL UNION SELECT unnest($2)) AS r (id) "
      "CROSS JOIN LATERAL (SELECT id, least(news, parked), return_id, external_id, connection FROM subjects "
      "WHERE return_id = r.id AND (news IS NOT NULL OR parked IS NOT NULL) OFFSET 0) AS s) "
      "SELECT w.id, w.news, w.return_id, w.external_id, c.id, c.merchant FROM wanted w "
      "JOIN connections c ON c.number = w.connection ORDER BY w.news",
      held.with_news, held.due);
  const auto subjects = co_await asked;
  const auto found = group(subjects, all);
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> firsts;
  for (const auto& one : found) {
    ids.push_back(one.subject);
    firsts.push_back(all[one.news].marks[one.mark].up_to.value);
  }
  const auto asked_events = tx.query(
      "SELECT e.subject, e.seq, e.kind, e.topic, e.at, j.body FROM unnest($1, $2) AS w (s, f) "
      "JOIN events e ON e.subject = w.s AND e.seq >= w.f JOIN journal j ON j.seq = e.seq "
      "WHERE e.duplicate_of IS NULL AND e.kind <> 'decision' ORDER BY e.seq",
      ids, firsts);
  for (const auto id : held.due) news_of(all, ReturnId{id});
  std::vector<std::int64_t> returns;
  for (const auto& news : all) {
    if (news.id) returns.push_back(news.id.value);
  }
  const auto asked_returns = tx.query(
      "SELECT r.id, r.version, r.body, r.merchant, c.id, s.external_id, r.stage FROM returns r "
      "JOIN subjects s ON s.id = r.subject JOIN connections c ON c.number = s.connection WHERE r.id = ANY ($1)",
      returns);
  const auto events = co_await asked_events;
  add_events(events, found, all);
  const auto states = co_await asked_returns;
  for (const auto row : states) fill_return(row, news_of(all, row.id<ReturnId>(0)));
  co_return all;
}

async::Task<Stored<std::vector<News>>> PostgresStore::take_news(int limit, Time now) {
  auto holding = hold_news(limit, now);
  const auto held = co_await std::move(holding);
  if (!held) co_return fail(held.error());
  // One snapshot for all of it.
  auto reading = read<std::vector<News>>([held = *held](Tx& tx) { return read_news(tx, held); });
  co_return co_await std::move(reading);
}

async::Task<Stored<void>> PostgresStore::park(std::vector<SubjectMark> marks) {
  auto shared = std::make_shared<const std::vector<SubjectMark>>(std::move(marks));
  return write<void>([shared](Tx& tx) -> async::Task<Stored<void>> {
    std::vector<std::int64_t> subjects;
    for (const auto& mark : *shared) {
      if (mark.subject != 0) subjects.push_back(mark.subject);
    }
    auto locking = tx.lock({}, std::move(subjects));
    co_await locking;
    for (const auto& mark : *shared) {
      tx.run(
          "UPDATE subjects SET parked = coalesce(parked, news), news = CASE WHEN last_news > $1 THEN $1 + 1 END, "
          "held_by = NULL, held_until = NULL WHERE id = $2",
          mark.up_to, mark.subject);
      if (!mark.damaged) continue;
      // It would be woken again and again, and nobody would know.
      tx.run("UPDATE returns SET wake_at = NULL WHERE id = $1", mark.damaged);
      tx.run(
          "INSERT INTO attention (return_id, connection, kind, why, todo, since) "
          "SELECT r.id, s.connection, 'return_set_aside', $1, $2, r.updated_at "
          "FROM returns r JOIN subjects s ON s.id = r.subject WHERE r.id = $3 "
          "ON CONFLICT (return_id, connection, kind) DO UPDATE SET why = excluded.why, times = attention.times + 1",
          mark.why, set_aside_todo, mark.damaged);
    }
    co_return Stored<void>{};
  });
}

// Known returns come back by their time, with what was parked of them. Of new ones only the subjects are there.
async::Task<Stored<std::int64_t>> PostgresStore::retry_set_aside(Time now) {
  return write<std::int64_t>([now](Tx& tx) -> async::Task<Stored<std::int64_t>> {
    const auto waking = tx.query(
        "UPDATE returns SET wake_at = $1 WHERE id IN (SELECT return_id FROM attention WHERE kind = 'return_set_aside')",
        now);
    const auto reviving = tx.query(
        "UPDATE subjects SET news = parked, parked = NULL WHERE parked IS NOT NULL AND return_id IS NULL "
        "AND connection IN (SELECT connection FROM attention WHERE return_id = 0 AND kind = 'return_set_aside')");
    tx.run("DELETE FROM attention WHERE return_id = 0 AND kind = 'return_set_aside'");
    const auto known = co_await waking;
    const auto fresh = co_await reviving;
    tx.news = true;
    co_return known.changed() + fresh.changed();
  });
}

}  // namespace backhaul::store::postgres
