// Appending to the journal, and filing what was appended.

#include <sqlite3.h>

#include <algorithm>

#include "store/sqlite/packed.hpp"
#include "store/sqlite/store_impl.hpp"

namespace backhaul::store::sqlite {
namespace {

// One commit of this many or fewer files what it brings at once.
constexpr std::size_t filed_at_once_max = 8;
// About half a millisecond.
constexpr int filed_per_commit = 32;

struct Subject {
  std::int64_t id = 0;
  bool linked = false;
  std::string digest;
  std::string read_digest;
};

std::optional<Subject> find_subject(Database& db, std::int64_t connection, const ExternalId& external_id) {
  auto query = db.query(
      "SELECT id, return_id IS NOT NULL, digest, read_digest FROM subjects WHERE connection = ? AND external_id = ?",
      connection, external_id);
  if (!query.step()) return std::nullopt;
  return Subject{.id = query.number(0),
                 .linked = query.number(1) != 0,
                 .digest = std::string(query.text(2)),
                 .read_digest = std::string(query.text(3))};
}

std::int64_t insert_subject(Database& db, std::int64_t connection, const ExternalId& external_id) {
  db.run("INSERT INTO subjects (connection, external_id, last_news) VALUES (?, ?, 0)", connection, external_id);
  return db.last_row();
}

// The event with the vendor's message id, when that was seen before.
std::int64_t find_message(Database& db, std::int64_t subject, std::string_view message_id) {
  if (message_id.empty()) return 0;
  auto query = db.query("SELECT seq FROM events WHERE subject = ? AND message_id = ? AND duplicate_of IS NULL", subject,
                        message_id);
  return query.step() ? query.number(0) : 0;
}

// A delivery is a duplicate when the vendor's message id was seen before, or when its bytes are those of the newest
// delivery about the same subject. Equal bytes with others in between are news again: a state can come back, and none
// of the payloads carries a version.
std::int64_t duplicate_of(Database& db, const Subject& subject, const Received& delivery) {
  if (const auto seen = find_message(db, subject.id, delivery.message_id); seen != 0) return seen;
  if (delivery.digest.empty() || !delivery.message_id.empty()) return 0;
  if (subject.digest != delivery.digest) return 0;
  auto query = db.query(
      "SELECT seq FROM events WHERE subject = ? AND kind = 'delivery' AND duplicate_of IS NULL ORDER BY seq DESC LIMIT "
      "1",
      subject.id);
  return query.step() ? query.number(0) : 0;
}

EventId insert_journal(Database& db, std::int64_t connection, const NewEvent& event, const Packed& body) {
  db.run(
      "INSERT INTO journal (connection, external_id, topic, message_id, digest, news, at, body, packed_from) VALUES "
      "(?, ?, ?, ?, ?, ?, ?, ?, ?)",
      connection, event.subject, event.topic, event.message_id, Blob{digest_bytes(event)}, event.news, event.at,
      Blob{body.bytes}, body.from);
  return EventId{db.last_row()};
}

// What only one of many polls brings: most say what is known already.
Appended append_poll(Database& db, const NewEvent& event) {
  const auto connection = connection_number(db, event.connection);
  auto subject = find_subject(db, connection, event.subject);
  if (event.only_if_linked && (!subject || !subject->linked)) return {.skipped = true};
  if (!subject) subject = Subject{.id = insert_subject(db, connection, event.subject)};
  if (event.look && !event.look->digest.empty() && subject->read_digest == event.look->digest) return {.skipped = true};
  const auto id = insert_event(db, subject->id, event.kind, event.topic, event.body, event.at, event.news);
  if (event.look) keep_look(db, subject->id, *event.look, id);
  return {.id = id};
}

// At once: filed in the same transaction, which a quiet hub has time for, and which saves it a second flush.
Appended append_delivery(Database& db, const NewEvent& event, const Packed& body, bool at_once) {
  const auto connection = connection_number(db, event.connection);
  const bool in_turn = at_once && !waits_for_filing(db);
  const auto id = insert_journal(db, connection, event, body);
  if (!in_turn) return {.id = id};
  const bool duplicate = file_delivery(db, {.id = id,
                                            .connection = connection,
                                            .external_id = event.subject,
                                            .topic = event.topic,
                                            .message_id = event.message_id,
                                            .digest = digest_bytes(event),
                                            .news = event.news,
                                            .at = event.at});
  db.run("UPDATE filed SET seq = ?", id);
  return {.id = id, .duplicate = duplicate};
}

}  // namespace

EventKind kind_of(std::string_view text) {
  const auto kind = event_kind(text);
  if (!kind) throw SqliteError{0, "unknown kind of event in the database"};
  return *kind;
}

std::int64_t connection_number(Database& db, const ConnectionId& id) {
  auto& known = db.known_numbers();
  if (const auto found = known.find(id.value); found != known.end()) return found->second;
  auto query = db.query("SELECT number FROM connections WHERE id = ?", id);
  if (!query.step()) throw SqliteError{SQLITE_NOTFOUND, "no connection " + id.value};
  return known.emplace(id.value, query.number(0)).first->second;
}

std::int64_t optional_connection_number(Database& db, const ConnectionId& id) {
  return id.empty() ? 0 : connection_number(db, id);
}

std::int64_t subject_of(Database& db, const ConnectionId& connection, const ExternalId& external_id) {
  const auto number = connection_number(db, connection);
  if (const auto found = find_subject(db, number, external_id)) return found->id;
  return insert_subject(db, number, external_id);
}

void keep_look(Database& db, std::int64_t subject, const Look& look, EventId kept) {
  db.run(
      "UPDATE subjects SET read_digest = CASE WHEN ? >= read_event THEN nullif(?, '') END, read_event = ? WHERE id = ?",
      look.as_of, look.digest, kept, subject);
}

bool file_delivery(Database& db, const Received& delivery) {
  auto subject = find_subject(db, delivery.connection, delivery.external_id);
  if (!subject) subject = Subject{.id = insert_subject(db, delivery.connection, delivery.external_id)};
  const auto duplicate = duplicate_of(db, *subject, delivery);
  db.run(
      "INSERT INTO events (seq, subject, kind, topic, message_id, duplicate_of, at) VALUES (?, ?, 'delivery', ?, "
      "nullif(?, ''), nullif(?, 0), ?)",
      delivery.id, subject->id, delivery.topic, delivery.message_id, duplicate, delivery.at);
  if (duplicate == 0 && delivery.news) {
    // Entries of our own are filed at once, so they may have overtaken it.
    db.run(
        "UPDATE subjects SET last_news = max(last_news, ?1), news = min(coalesce(news, ?1), ?1), digest = ?2 WHERE id "
        "= ?3",
        delivery.id, Blob{delivery.digest}, subject->id);
  }
  return duplicate != 0;
}

bool waits_for_filing(Database& db) {
  auto query = db.query("SELECT 1 FROM journal WHERE seq > (SELECT seq FROM filed) AND connection <> 0 LIMIT 1");
  return query.step();
}

void advance_filed(Database& db) {
  db.run(
      "UPDATE filed SET seq = coalesce((SELECT min(j.seq) - 1 FROM journal j WHERE j.seq > filed.seq AND j.connection "
      "<> 0), "
      "(SELECT max(seq) FROM journal), 0)");
}

// Few at a time: deliveries wait for this transaction.
bool file_waiting(Database& db) {
  std::int64_t last = 0;
  int seen = 0;
  {
    auto query = db.query(
        "SELECT seq, connection, external_id, topic, message_id, digest, news, at FROM journal "
        "WHERE seq > (SELECT seq FROM filed) ORDER BY seq LIMIT ?",
        filed_per_commit);
    while (query.step()) {
      ++seen;
      last = query.number(0);
      if (query.number(1) == 0) continue;
      file_delivery(db, {.id = EventId{last},
                         .connection = query.number(1),
                         .external_id = ExternalId{std::string(query.text(2))},
                         .topic = query.text(3),
                         .message_id = query.text(4),
                         .digest = query.text(5),
                         .news = query.number(6) != 0,
                         .at = query.time(7)});
    }
  }
  if (seen > 0) db.run("UPDATE filed SET seq = ?", last);
  return seen == filed_per_commit && waits_for_filing(db);
}

EventId insert_event(Database& db, std::int64_t subject, EventKind kind, std::string_view topic, std::string_view body,
                     Time at, bool news) {
  db.run(
      "INSERT INTO journal (connection, external_id, topic, message_id, news, at, body) VALUES (0, '', ?, '', ?, ?, ?)",
      topic, news, at, Blob{body});
  const EventId id{db.last_row()};
  db.run("INSERT INTO events (seq, subject, kind, topic, at) VALUES (?, ?, ?, ?, ?)", id, subject, to_string(kind),
         topic, at);
  if (news) db.run("UPDATE subjects SET last_news = ?1, news = coalesce(news, ?1) WHERE id = ?2", id, subject);
  return id;
}

async::Task<Stored<std::vector<Appended>>> SqliteStore::append(std::vector<NewEvent> events) {
  const bool delivery = !events.empty() && events.front().kind == EventKind::delivery;
  // Here and not on the writer's thread, for which all deliveries wait.
  std::vector<Packed> bodies(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].kind == EventKind::delivery) bodies[i] = pack(std::move(events[i].body));
  }
  auto appending = writer_.request<std::vector<Appended>>(
      [this, &events, &bodies](Database& db) -> Stored<std::vector<Appended>> {
        // When many share a commit, each costs as little as can be before its answer; the rest is done by file_some.
        const bool at_once = writer_.batch() + events.size() <= filed_at_once_max;
        std::vector<Appended> appended;
        appended.reserve(events.size());
        for (std::size_t i = 0; i < events.size(); ++i) {
          appended.push_back(events[i].kind == EventKind::delivery ? append_delivery(db, events[i], bodies[i], at_once)
                                                                   : append_poll(db, events[i]));
          if (!appended.back().duplicate && !appended.back().skipped) news_ = true;
        }
        return appended;
      },
      delivery ? Writer::Urgency::delivery : Writer::Urgency::background);
  co_return co_await appending;
}

async::Task<Stored<bool>> SqliteStore::file_some() {
  return write<bool>([this](Database& db) -> Stored<bool> {
    const bool more = file_waiting(db);
    if (more) news_ = true;
    return more;
  });
}

}  // namespace backhaul::store::sqlite
