// Locking subjects, and appending to the journal about them.
//
// Numbers of events are taken after their subject is locked, and the lock is kept until the commit. So events of one
// subject become visible in the order of their numbers, whichever nodes write them: whoever reads a subject's events up
// to one of them has missed none before it. Across subjects there is no such order, and nobody needs one. A new subject
// is made with the number of its first delivery: whoever makes it has it locked, and whoever was late with the same
// name finds it there, locks it, and takes a greater number than the one it had at hand, which is nobody's then.
//
// A number is also taken after the delivery it is for was received. What `newest_event` gives is the sequence's last
// number, whoever took it, committed or not, as seen before a read begins. So an event with that number or a smaller
// one was received, and had happened at the vendor, before the read was begun: evolve may take the read for newer than
// the hint (SourceWasRead::as_of >= hint). An event received while the vendor answers has a greater number on every
// node, for the sequence hands numbers out in the order of time; that read then counts as older, and the return is read
// once more.

#include <algorithm>
#include <set>

#include "store/postgres/transaction.hpp"
#include "store/words.hpp"

namespace backhaul::store::postgres {

struct Tx::Numbered {
  const Entry* entry = nullptr;
  std::int64_t seq = 0;
  std::int64_t duplicate_of = 0;
};

async::Task<void> Tx::serve_locks(std::vector<Lock*> wanted) {
  std::map<SubjectName, std::optional<FirstDelivery>> by_name;
  std::set<std::int64_t> by_id;
  for (const auto* lock : wanted) {
    for (std::size_t i = 0; i < lock->names.size(); ++i) {
      by_name.emplace(lock->names[i], lock->firsts.empty() ? std::nullopt : lock->firsts[i]);
    }
    by_id.insert(lock->ids.begin(), lock->ids.end());
  }
  std::vector<std::int64_t> connections;
  std::vector<std::string_view> external_ids;
  std::vector<std::optional<FirstDelivery>> firsts;
  for (const auto& [name, first] : by_name) {
    connections.push_back(name.connection);
    external_ids.push_back(name.external_id);
    firsts.push_back(first);
  }
  const std::vector<std::int64_t> ids(by_id.begin(), by_id.end());
  // Two statements: what the first one waited for is seen by the second. Both in a fixed order.
  std::optional<Answer> making;
  if (!by_name.empty()) making = make_missing(connections, external_ids, firsts);
  const auto asked = query(
      "SELECT id, connection, external_id, return_id IS NOT NULL, digest, digest_event, read_digest, read_event FROM "
      "subjects "
      "WHERE id IN (SELECT unnest($1) UNION "
      "SELECT s.id FROM unnest($2, $3) AS w (c, e) JOIN subjects s ON s.connection = w.c AND s.external_id = w.e) "
      "ORDER BY id FOR NO KEY UPDATE",
      ids, connections, external_ids);
  const auto rows = co_await asked;
  std::map<SubjectName, std::int64_t> found;
  for (const auto row : rows) {
    const auto name = by_name.find(SubjectName{.connection = row.number(1), .external_id = row.text(2)});
    if (name != by_name.end()) found.emplace(name->first, row.number(0));
    subjects_.try_emplace(row.number(0), Subject{.linked = row.flag(3),
                                                 .digest = std::string(row.text(4)),
                                                 .digest_event = row.number(5),
                                                 .read_digest = std::string(row.text(6)),
                                                 .read_event = row.number(7)});
  }
  if (making) {
    for (const auto row : making->rows()) subjects_.at(row.number(0)).first_delivery = row.number(1);
  }
  for (auto* lock : wanted) {
    for (const auto& name : lock->names) lock->found.push_back(found.at(name));
    lock->waiting.resume();
  }
}

// Gives the rows made: their ids, and the numbers of their first deliveries or 0.
Tx::Answer Tx::make_missing(const std::vector<std::int64_t>& connections,
                            const std::vector<std::string_view>& external_ids,
                            const std::vector<std::optional<FirstDelivery>>& firsts) {
  std::vector<std::int64_t> delivered;
  std::vector<Blob> digests;
  for (const auto& first : firsts) {
    delivered.push_back(first ? 1 : 0);
    digests.push_back({first ? first->digest : std::string_view()});
  }
  return query(
      "INSERT INTO subjects (connection, external_id, news, last_news, digest, digest_event) "
      "SELECT c, e, nullif(n, 0), n, CASE WHEN n > 0 THEN d END, n FROM ("
      "SELECT w.c, w.e, w.d, CASE WHEN w.f = 1 THEN nextval('journal_seq') ELSE 0 END AS n "
      "FROM unnest($1, $2, $3, $4) AS w (c, e, f, d) "
      "WHERE NOT EXISTS (SELECT 1 FROM subjects s WHERE s.connection = w.c AND s.external_id = w.e)) AS missing "
      "ORDER BY c, e COLLATE \"C\" ON CONFLICT DO NOTHING RETURNING id, digest_event",
      connections, external_ids, delivered, digests);
}

// A delivery is a duplicate when the vendor's message id was seen before, or when its bytes are those of the newest
// delivery about the same subject. Equal bytes with others in between are news again: a state can come back, and none
// of the payloads carries a version.
Appended Tx::judge(const Entry& entry, std::int64_t seq, Seen& seen, std::int64_t& duplicate_of) {
  auto& subject = subjects_.at(entry.subject);
  if (!entry.message_id.empty()) {
    const auto [found, first] = seen.emplace(std::pair{entry.subject, std::string(entry.message_id)}, seq);
    if (!first) duplicate_of = found->second;
  }
  if (subject.digest_event == seq) {  // its row was made with it
    news = true;
    return {.id = EventId{seq}};
  }
  const bool by_bytes = entry.kind == EventKind::delivery && entry.message_id.empty() && !entry.digest.empty();
  if (by_bytes && subject.digest == entry.digest) duplicate_of = subject.digest_event;
  if (duplicate_of != 0) return {.id = EventId{seq}, .duplicate = true};
  if (entry.kind == EventKind::delivery && entry.news) {
    subject.digest = entry.digest;
    subject.digest_event = seq;
    subject.changed = true;
  }
  if (entry.news) {
    if (subject.first_news == 0) subject.first_news = seq;
    subject.last_news = seq;
    subject.changed = true;
    news = true;
  }
  return {.id = EventId{seq}};
}

void Tx::keep_look(const Entry& entry, std::int64_t seq) {
  auto& subject = subjects_.at(entry.looked_at);
  subject.read_digest = entry.look->as_of.value >= subject.read_event ? entry.look->digest : std::string();
  subject.read_event = seq;
  subject.changed = true;
}

// Whether it is recorded, and by which number if there is one at hand. Polls that say what is known already are not:
// most do.
Appended Tx::choose(const Entry& entry) {
  auto& subject = subjects_.at(entry.subject);
  const bool polled = entry.kind == EventKind::poll && entry.look != nullptr;
  const bool known = polled && !entry.look->digest.empty() && subject.read_digest == entry.look->digest;
  if (known || (entry.only_if_linked && !subject.linked)) return {.skipped = true};
  if (polled) subject.read_digest = entry.look->digest;  // a page may name it twice
  const bool first = entry.kind == EventKind::delivery && entry.news && subject.digest == entry.digest;
  return {.id = EventId{first ? std::exchange(subject.first_delivery, 0) : 0}};
}

// The events by which the vendors' message ids were seen first.
async::Task<Tx::Seen> Tx::seen_messages(const std::vector<Record*>& wanted) {
  std::vector<std::int64_t> about;
  std::vector<std::string_view> messages;
  for (const auto* record : wanted) {
    for (const auto& entry : record->entries) {
      if (entry.message_id.empty()) continue;
      about.push_back(entry.subject);
      messages.push_back(entry.message_id);
    }
  }
  Seen seen;
  if (messages.empty()) co_return seen;
  const auto looking = query(
      "SELECT e.subject, e.message_id, e.seq FROM (SELECT DISTINCT * FROM unnest($1, $2) AS w (s, m)) AS w "
      "JOIN events e ON e.subject = w.s AND e.message_id = w.m WHERE e.duplicate_of IS NULL",
      about, messages);
  const auto found = co_await looking;
  for (const auto row : found) seen.emplace(std::pair{row.number(0), std::string(row.text(1))}, row.number(2));
  co_return seen;
}

async::Task<void> Tx::serve_records(std::vector<Record*> wanted) {
  std::int64_t recorded = 0;
  std::int64_t numbers = 0;
  for (auto* record : wanted) {
    for (const auto& entry : record->entries) {
      const auto& chosen = record->appended.emplace_back(choose(entry));
      recorded += chosen.skipped ? 0 : 1;
      numbers += chosen.skipped || chosen.id ? 0 : 1;
    }
  }
  if (recorded > 0) {
    std::optional<Answer> numbering;
    if (numbers > 0) numbering = query("SELECT nextval('journal_seq') FROM generate_series(1, $1)", numbers);
    auto looking = seen_messages(wanted);
    auto seen = co_await std::move(looking);
    Rows fresh;
    if (numbering) fresh = co_await *numbering;
    std::vector<Numbered> entries;
    int next = 0;
    for (auto* record : wanted) {
      for (std::size_t i = 0; i < record->entries.size(); ++i) {
        auto& appended = record->appended[i];
        if (appended.skipped) continue;
        const auto& entry = record->entries[i];
        const auto seq = appended.id ? appended.id.value : fresh[next++].number(0);
        auto& numbered = entries.emplace_back(Numbered{.entry = &entry, .seq = seq});
        appended = judge(entry, seq, seen, numbered.duplicate_of);
        if (entry.look != nullptr) keep_look(entry, seq);
        newest_ = std::max(newest_, seq);
      }
    }
    insert(entries);
  }
  for (auto* record : wanted) record->waiting.resume();
}

void Tx::insert(const std::vector<Numbered>& entries) {
  std::vector<std::int64_t> seqs, about, duplicates, times;
  std::vector<std::string_view> kinds, topics, messages;
  std::vector<Blob> bodies;
  for (const auto& [entry, seq, duplicate_of] : entries) {
    seqs.push_back(seq);
    about.push_back(entry->subject);
    duplicates.push_back(duplicate_of);
    times.push_back(entry->at.ms);
    kinds.push_back(to_string(entry->kind));
    topics.push_back(entry->topic);
    messages.push_back(entry->message_id);
    bodies.push_back({entry->body});
  }
  run("INSERT INTO journal (seq, body) SELECT * FROM unnest($1, $2)", seqs, bodies);
  run("INSERT INTO events (seq, subject, kind, topic, message_id, duplicate_of, at) "
      "SELECT q, s, k, t, nullif(m, ''), nullif(d, 0), a FROM unnest($1, $2, $3, $4, $5, $6, $7) AS w (q, s, k, t, m, "
      "d, a)",
      seqs, about, kinds, topics, messages, duplicates, times);

  std::vector<std::int64_t> changed, first, last, digest_events, read_events;
  std::vector<std::string_view> read_digests;
  std::vector<Blob> digests;
  for (auto& [id, subject] : subjects_) {
    if (!std::exchange(subject.changed, false)) continue;
    changed.push_back(id);
    first.push_back(std::exchange(subject.first_news, 0));
    last.push_back(std::exchange(subject.last_news, 0));
    digest_events.push_back(subject.digest_event);
    digests.push_back({subject.digest});
    read_digests.push_back(subject.read_digest);
    read_events.push_back(subject.read_event);
  }
  if (changed.empty()) return;
  run("UPDATE subjects s SET news = least(s.news, nullif(w.f, 0)), last_news = greatest(s.last_news, w.l), digest = "
      "w.d, "
      "digest_event = w.e, read_digest = w.r, read_event = w.v FROM unnest($1, $2, $3, $4, $5, $6, $7) "
      "AS w (id, f, l, d, e, r, v) WHERE s.id = w.id",
      changed, first, last, digests, digest_events, read_digests, read_events);
}

}  // namespace backhaul::store::postgres
