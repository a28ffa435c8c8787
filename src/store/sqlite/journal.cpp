// Appending events, and finding what is new.

#include <algorithm>

#include "store/sqlite/store_impl.hpp"

namespace backhaul::store::sqlite {
namespace {

struct Subject {
  std::int64_t id = 0;
  bool linked = false;
  std::string digest;
  std::string read_digest;
  std::int64_t last_event = 0;
};

std::optional<Subject> find_subject(Database& db, std::int64_t connection, const ExternalId& external_id) {
  auto query = db.query(
      "SELECT id, return_id IS NOT NULL, digest, read_digest, last_news FROM subjects WHERE connection = ? AND external_id = ?",
      connection, external_id);
  if (!query.step()) return std::nullopt;
  return Subject{.id = query.number(0), .linked = query.number(1) != 0, .digest = std::string(query.text(2)),
                 .read_digest = std::string(query.text(3)), .last_event = query.number(4)};
}

std::int64_t insert_subject(Database& db, std::int64_t connection, const ExternalId& external_id) {
  db.run("INSERT INTO subjects (connection, external_id, last_news) VALUES (?, ?, 0)", connection, external_id);
  return db.last_row();
}

// The event with the vendor's message id, when that was seen before.
std::int64_t find_message(Database& db, std::int64_t subject, const std::string& message_id) {
  if (message_id.empty()) return 0;
  auto query = db.query("SELECT seq FROM events WHERE subject = ? AND message_id = ? AND duplicate_of IS NULL", subject,
                        message_id);
  return query.step() ? query.number(0) : 0;
}

// A delivery is a duplicate when the vendor's message id was seen before, or when its bytes are those of the newest delivery about
// the same subject. Equal bytes with others in between are news again: a state can come back, and none of the payloads
// carries a version.
std::int64_t duplicate_of(Database& db, const Subject& subject, const NewEvent& event) {
  if (const auto seen = find_message(db, subject.id, event.message_id); seen != 0) return seen;
  if (!event.digest || !event.message_id.empty()) return 0;
  const std::string_view digest(reinterpret_cast<const char*>(event.digest->data()), event.digest->size());
  return subject.digest == digest ? subject.last_event : 0;
}

void insert_body(Database& db, EventId event, std::string_view body) {
  db.run("INSERT INTO event_bodies (seq, body) VALUES (?, ?)", event, Blob{body});
}

EventId insert_row(Database& db, std::int64_t subject, const NewEvent& event, std::int64_t duplicate) {
  db.run("INSERT INTO events (subject, kind, topic, message_id, duplicate_of, at) VALUES (?, ?, ?, nullif(?, ''), nullif(?, 0), ?)",
         subject, to_string(event.kind), event.topic, event.message_id, duplicate, event.at);
  return EventId{db.last_row()};
}

Appended append_one(Database& db, const NewEvent& event) {
  const auto connection = connection_number(db, event.connection);
  auto subject = find_subject(db, connection, event.subject);
  if (event.only_if_linked && (!subject || !subject->linked)) return {.skipped = true};
  if (!subject) subject = Subject{.id = insert_subject(db, connection, event.subject)};
  if (!event.read_digest.empty() && subject->read_digest == event.read_digest) return {.skipped = true};

  const auto duplicate = duplicate_of(db, *subject, event);
  const auto id = insert_row(db, subject->id, event, duplicate);
  if (duplicate != 0) return {.id = id, .duplicate = true};
  insert_body(db, id, event.body);
  if (!event.news) return {.id = id};
  if (event.digest) {
    const std::string_view digest(reinterpret_cast<const char*>(event.digest->data()), event.digest->size());
    db.run("UPDATE subjects SET last_news = ?1, news = coalesce(news, ?1), digest = ?2 WHERE id = ?3", id, Blob{digest},
           subject->id);
  } else {
    db.run("UPDATE subjects SET last_news = ?1, news = coalesce(news, ?1), read_digest = nullif(?2, '') WHERE id = ?3", id,
           event.read_digest, subject->id);
  }
  return {.id = id};
}

// --- taking news

std::vector<JournalEvent> events_since(Database& db, std::int64_t subject, EventId first, const ConnectionId& connection,
                                       const ExternalId& external_id) {
  std::vector<JournalEvent> events;
  auto query = db.query(
      "SELECT e.seq, e.kind, e.topic, e.at, b.body FROM events e JOIN event_bodies b ON b.seq = e.seq "
      "WHERE e.subject = ? AND e.seq >= ? AND e.duplicate_of IS NULL AND e.kind <> 'decision' ORDER BY e.seq",
      subject, first);
  while (query.step()) {
    events.push_back({.id = query.id<EventId>(0), .kind = event_kind(query.text(1)), .connection = connection,
                      .subject = external_id, .topic = std::string(query.text(2)), .at = query.time(3),
                      .duplicate_of = {}, .body = std::string(query.text(4))});
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
      "SELECT r.version, r.body, r.merchant, c.id, s.external_id, r.stage FROM returns r JOIN subjects s ON s.id = r.subject "
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
  return all;
}

}  // namespace

std::string_view to_string(EventKind kind) {
  switch (kind) {
    case EventKind::delivery: return "delivery";
    case EventKind::poll: return "poll";
    case EventKind::outcome: return "outcome";
    case EventKind::decision: return "decision";
    case EventKind::command: return "command";
  }
  return "delivery";
}

EventKind event_kind(std::string_view text) {
  for (const auto kind : {EventKind::delivery, EventKind::poll, EventKind::outcome, EventKind::decision, EventKind::command}) {
    if (to_string(kind) == text) return kind;
  }
  throw SqliteError{0, "unknown kind of event in the database"};
}

std::int64_t connection_number(Database& db, const ConnectionId& id) {
  auto query = db.query("SELECT number FROM connections WHERE id = ?", id);
  if (!query.step()) throw SqliteError{0, "no connection " + id.value};
  return query.number(0);
}

std::int64_t optional_connection_number(Database& db, const ConnectionId& id) {
  return id.empty() ? 0 : connection_number(db, id);
}

std::int64_t subject_of(Database& db, const ConnectionId& connection, const ExternalId& external_id) {
  const auto number = connection_number(db, connection);
  if (const auto found = find_subject(db, number, external_id)) return found->id;
  return insert_subject(db, number, external_id);
}

EventId insert_event(Database& db, std::int64_t subject, EventKind kind, std::string_view topic, std::string_view body,
                     Time at, bool news) {
  db.run("INSERT INTO events (subject, kind, topic, at) VALUES (?, ?, ?, ?)", subject, to_string(kind), topic, at);
  const EventId id{db.last_row()};
  insert_body(db, id, body);
  if (news) db.run("UPDATE subjects SET last_news = ?1, news = coalesce(news, ?1) WHERE id = ?2", id, subject);
  return id;
}

void insert_outcome(Database& db, ReturnId return_id, std::string_view topic, std::string_view body, Time at) {
  auto query = db.query("SELECT subject FROM returns WHERE id = ?", return_id);
  if (!query.step()) throw SqliteError{0, "an outcome names a return that is not there"};
  insert_event(db, query.number(0), EventKind::outcome, topic, body, at, true);
}

async::Task<Stored<std::vector<Appended>>> SqliteStore::append(std::vector<NewEvent> events) {
  // std::function wants its captures copyable, and bodies are too large to copy.
  auto shared = std::make_shared<const std::vector<NewEvent>>(std::move(events));
  return write<std::vector<Appended>>([this, shared](Database& db) -> Stored<std::vector<Appended>> {
    std::vector<Appended> appended;
    appended.reserve(shared->size());
    for (const auto& event : *shared) {
      appended.push_back(append_one(db, event));
      if (!appended.back().duplicate && !appended.back().skipped) news_ = true;
    }
    return appended;
  });
}

async::Task<Stored<std::vector<News>>> SqliteStore::take_news(int limit, Time now) {
  co_return read([&](Database& db) -> Stored<std::vector<News>> {
    // One snapshot for all of it.
    db.run("BEGIN");
    struct End {
      Database& db;
      ~End() { db.run("COMMIT"); }
    } end{db};
    return collect_news(db, limit, now);
  });
}

async::Task<Stored<void>> SqliteStore::park(std::vector<SubjectMark> marks) {
  auto parked = write<bool>([marks = std::move(marks)](Database& db) -> Stored<bool> {
    for (const auto& mark : marks) {
      db.run("UPDATE subjects SET parked = coalesce(parked, news), news = CASE WHEN last_news > ?1 THEN ?1 + 1 END "
             "WHERE id = ?2",
             mark.up_to, mark.subject);
      if (!mark.damaged) continue;
      db.run("UPDATE returns SET wake_at = NULL WHERE id = ?", mark.damaged);
      db.run("INSERT INTO attention (return_id, connection, kind, why, todo, since) "
             "SELECT ?1, s.connection, 'return_set_aside', ?2, 'its events are kept in the journal; report it with the log', r.updated_at "
             "FROM returns r JOIN subjects s ON s.id = r.subject WHERE r.id = ?1 "
             "ON CONFLICT DO UPDATE SET why = excluded.why, times = times + 1",
             mark.damaged, mark.why);
    }
    return true;
  });
  co_return (co_await std::move(parked)).map([](bool) {});
}

}  // namespace backhaul::store::sqlite
