// Finding what is new.

#include <algorithm>

#include "store/sqlite/store_impl.hpp"

namespace backhaul::store::sqlite {
namespace {

std::vector<JournalEvent> events_since(Database& db, std::int64_t subject, EventId first,
                                       const ConnectionId& connection, const ExternalId& external_id) {
  std::vector<JournalEvent> events;
  auto query = db.query(
      "SELECT e.seq, e.kind, e.topic, e.at, unpacked(j.body, j.packed_from) FROM events e JOIN journal j ON j.seq = "
      "e.seq "
      "WHERE e.subject = ? AND e.seq >= ? AND e.duplicate_of IS NULL AND e.kind <> 'decision' ORDER BY e.seq",
      subject, first);
  while (query.step()) {
    events.push_back({.id = query.id<EventId>(0),
                      .kind = kind_of(query.text(1)),
                      .connection = connection,
                      .subject = external_id,
                      .topic = std::string(query.text(2)),
                      .at = query.time(3),
                      .duplicate_of = {},
                      .body = std::string(query.text(4))});
  }
  return events;
}

void add_subject(Database& db, News& news, std::int64_t subject, EventId first, const ConnectionId& connection,
                 const ExternalId& external_id) {
  auto events = events_since(db, subject, first, connection, external_id);
  const auto last = events.empty() ? first : events.back().id;
  news.marks.push_back({.subject = subject, .up_to = last});
  std::move(events.begin(), events.end(), std::back_inserter(news.events));
  std::ranges::sort(news.events, {}, &JournalEvent::id);
}

void load_return(Database& db, News& news) {
  auto query = db.query(
      "SELECT r.version, r.body, r.merchant, c.id, s.external_id, r.stage FROM returns r JOIN subjects s ON s.id = "
      "r.subject "
      "JOIN connections c ON c.number = s.connection WHERE r.id = ?",
      news.id);
  if (!query.step()) throw SqliteError{0, "a subject names a return that is not there"};
  news.version = query.number(0);
  news.state = std::string(query.text(1));
  news.merchant = MerchantId{std::string(query.text(2))};
  news.source = ConnectionId{std::string(query.text(3))};
  news.source_id = ExternalId{std::string(query.text(4))};
  news.stage = std::string(query.text(5));
}

News& news_of(std::vector<News>& all, ReturnId id) {
  const auto found = std::ranges::find(all, id, &News::id);
  if (id && found != all.end()) return *found;
  all.emplace_back().id = id;
  return all.back();
}

// What was set aside with its return is folded in before anything newer: an outcome or a refusal among it decides
// whether something may be done once more.
void add_set_aside(Database& db, std::vector<News>& all) {
  auto query = db.query(
      // Named, because the planner would rather walk all subjects that have a return.
      "SELECT s.id, s.parked, s.return_id, s.external_id, c.id FROM subjects s INDEXED BY subjects_aside "
      "JOIN connections c ON c.number = s.connection WHERE s.parked IS NOT NULL AND s.return_id IS NOT NULL");
  while (query.step()) {
    const auto news = std::ranges::find(all, query.id<ReturnId>(2), &News::id);
    if (news == all.end()) continue;
    const auto subject = query.number(0);
    const ConnectionId connection{std::string(query.text(4))};
    const ExternalId external_id{std::string(query.text(3))};
    std::erase_if(news->marks, [&](const SubjectMark& mark) { return mark.subject == subject; });
    std::erase_if(news->events, [&](const JournalEvent& event) {
      return event.connection == connection && event.subject == external_id;
    });
    add_subject(db, *news, subject, query.id<EventId>(1), connection, external_id);
  }
}

std::vector<News> collect_news(Database& db, int limit, Time now) {
  std::vector<News> all;
  auto query = db.query(
      "SELECT s.id, s.news, s.return_id, s.external_id, c.id, c.merchant FROM subjects s "
      "JOIN connections c ON c.number = s.connection WHERE s.news IS NOT NULL ORDER BY s.news LIMIT ?",
      limit);
  while (query.step()) {
    auto& news = news_of(all, query.is_null(2) ? ReturnId{} : query.id<ReturnId>(2));
    const ConnectionId connection{std::string(query.text(4))};
    const ExternalId external_id{std::string(query.text(3))};
    if (!news.id) {
      news.source = connection;
      news.source_id = external_id;
      news.merchant = MerchantId{std::string(query.text(5))};
    } else if (news.state.empty()) {
      load_return(db, news);
    }
    add_subject(db, news, query.number(0), query.id<EventId>(1), connection, external_id);
  }
  auto due = db.query("SELECT id FROM returns WHERE wake_at <= ? ORDER BY wake_at LIMIT ?", now,
                      limit - static_cast<int>(all.size()));
  while (due.step()) {
    auto& news = news_of(all, due.id<ReturnId>(0));
    if (news.state.empty()) load_return(db, news);
  }
  add_set_aside(db, all);
  return all;
}

// It would be woken again and again, and nobody would know.
void set_aside(Database& db, const SubjectMark& mark) {
  db.run("UPDATE returns SET wake_at = NULL WHERE id = ?", mark.damaged);
  db.run(
      "INSERT INTO attention (return_id, connection, kind, why, todo, since) "
      "SELECT r.id, s.connection, 'return_set_aside', ?, ?, r.updated_at "
      "FROM returns r JOIN subjects s ON s.id = r.subject WHERE r.id = ? "
      "ON CONFLICT DO UPDATE SET why = excluded.why, times = times + 1",
      mark.why, set_aside_todo, mark.damaged);
}

}  // namespace

async::Task<Stored<std::vector<News>>> SqliteStore::take_news(int limit, Time now) {
  const auto waiting = read([](Database& db) -> Stored<bool> { return waits_for_filing(db); });
  if (!waiting) co_return fail(waiting.error());
  bool behind = false;
  if (*waiting) {
    auto filing = file_some();
    const auto more = co_await std::move(filing);
    if (!more) co_return fail(more.error());
    behind = *more;
  }
  co_return read([&](Database& db) -> Stored<std::vector<News>> {
    // One snapshot for all of it.
    db.run("BEGIN");
    struct End {
      Database& db;
      ~End() { db.run("COMMIT"); }
    } end{db};
    auto all = collect_news(db, limit, now);
    for (auto& news : all) news.behind = behind;
    return all;
  });
}

async::Task<Stored<void>> SqliteStore::park(std::vector<SubjectMark> marks) {
  auto parked = write<bool>([marks = std::move(marks)](Database& db) -> Stored<bool> {
    for (const auto& mark : marks) {
      db.run(
          "UPDATE subjects SET parked = coalesce(parked, news), news = CASE WHEN last_news > ?1 THEN ?1 + 1 END "
          "WHERE id = ?2",
          mark.up_to, mark.subject);
      if (mark.damaged) set_aside(db, mark);
    }
    advance_filed(db);
    return true;
  });
  co_return (co_await std::move(parked)).map([](bool) {});
}

// Known returns come back by their time, with what was parked of them. Of new ones only the subjects are there.
async::Task<Stored<std::int64_t>> SqliteStore::retry_set_aside(Time now) {
  return write<std::int64_t>([now](Database& db) -> Stored<std::int64_t> {
    const auto known = db.run(
        "UPDATE returns SET wake_at = ? WHERE id IN (SELECT return_id FROM attention WHERE kind = 'return_set_aside')",
        now);
    const auto fresh = db.run(
        "UPDATE subjects SET news = parked, parked = NULL WHERE parked IS NOT NULL AND return_id IS NULL "
        "AND connection IN (SELECT connection FROM attention WHERE return_id = 0 AND kind = 'return_set_aside')");
    db.run("DELETE FROM attention WHERE return_id = 0 AND kind = 'return_set_aside'");
    return known + fresh;
  });
}

}  // namespace backhaul::store::sqlite
