// Locking subjects, and appending to the journal about them.
//
// Numbers of events are taken after their subject is locked, and the lock is kept until the commit. So events of one
// subject become visible in the order of their numbers, whichever nodes write them: whoever reads a subject's events up
// to one of them has missed none before it. Across subjects there is no such order, and nobody needs one.
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
  std::map<SubjectName, std::int64_t> by_name;
  std::set<std::int64_t> by_id;
  for (const auto* lock : wanted) {
    for (const auto& name : lock->names) by_name.emplace(name, 0);
    by_id.insert(lock->ids.begin(), lock->ids.end());
  }
  std::vector<std::int64_t> connections;
  std::vector<std::string_view> external_ids;
  for (const auto& [name, id] : by_name) {
    connections.push_back(name.connection);
    external_ids.push_back(name.external_id);
  }
  const std::vector<std::int64_t> ids(by_id.begin(), by_id.end());
  // Two statements: what the first one waited for is seen by the second. Both in a fixed order.
  if (!by_name.empty()) {
    run("INSERT INTO subjects (connection, external_id) SELECT w.c, w.e FROM unnest($1, $2) AS w (c, e) "
        "WHERE NOT EXISTS (SELECT 1 FROM subjects s WHERE s.connection = w.c AND s.external_id = w.e) "
        "ORDER BY w.c, w.e COLLATE \"C\" ON CONFLICT DO NOTHING",
        connections, external_ids);
  }
  const auto asked = query(
      "SELECT id, connection, external_id, return_id IS NOT NULL, digest, digest_event, read_digest, read_event FROM "
      "subjects "
      "WHERE id IN (SELECT unnest($1) UNION "
      "SELECT s.id FROM unnest($2, $3) AS w (c, e) JOIN subjects s ON s.connection = w.c AND s.external_id = w.e) "
      "ORDER BY id FOR NO KEY UPDATE",
      ids, connections, external_ids);
  const auto rows = co_await asked;
  for (const auto row : rows) {
    const auto found = by_name.find(SubjectName{.connection = row.number(1), .external_id = row.text(2)});
    if (found != by_name.end()) found->second = row.number(0);
    subjects_.try_emplace(row.number(0), Subject{.linked = row.flag(3),
                                                 .digest = std::string(row.text(4)),
                                                 .digest_event = row.number(5),
                                                 .read_digest = std::string(row.text(6)),
                                                 .read_event = row.number(7)});
  }
  for (auto* lock : wanted) {
    for (const auto& name : lock->names) lock->found.push_back(by_name.at(name));
    lock->waiting.resume();
  }
}

// A delivery is a duplicate when the vendor's message id was seen before, or when its bytes are those of the newest
// delivery about the same subject. Equal bytes with others in between are news again: a state can come back, and none
// of the payloads carries a version.
Appended Tx::judge(const Entry& entry, std::int64_t seq,
                   std::map<std::pair<std::int64_t, std::string>, std::int64_t>& seen, std::int64_t& duplicate_of) {
  auto& subject = subjects_.at(entry.subject);
  if (!entry.message_id.empty()) {
    const auto [found, first] = seen.emplace(std::pair{entry.subject, std::string(entry.message_id)}, seq);
    if (!first) duplicate_of = found->second;
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

void Tx::look(Subject& subject, const Look& look, std::int64_t seq) {
  subject.read_digest = look.as_of.value >= subject.read_event ? look.digest : std::string();
  subject.read_event = seq;
  subject.changed = true;
}

void Tx::keep_look(std::int64_t subject, const Look& seen, EventId kept) {
  auto& known = subjects_.at(subject);
  look(known, seen, kept.value);
  run("UPDATE subjects SET read_digest = $1, read_event = $2 WHERE id = $3", known.read_digest, known.read_event,
      subject);
}

async::Task<void> Tx::serve_records(std::vector<Record*> wanted) {
  // Polls that say what is known already are skipped before they are numbered: most do.
  std::int64_t numbers = 0;
  std::vector<std::int64_t> with_message;
  std::vector<std::string_view> messages;
  for (auto* record : wanted) {
    for (const auto& entry : record->entries) {
      const auto& subject = subjects_.at(entry.subject);
      const bool known = entry.look && !entry.look->digest.empty() && subject.read_digest == entry.look->digest;
      const bool skipped = known || (entry.only_if_linked && !subject.linked);
      record->appended.push_back({.skipped = skipped});
      if (skipped) continue;
      ++numbers;
      if (entry.message_id.empty()) continue;
      with_message.push_back(entry.subject);
      messages.push_back(entry.message_id);
    }
  }
  if (numbers > 0) {
    const auto numbering = query("SELECT nextval('journal_seq') FROM generate_series(1, $1)", numbers);
    std::map<std::pair<std::int64_t, std::string>, std::int64_t> seen;
    if (!messages.empty()) {
      const auto looking = query(
          "SELECT e.subject, e.message_id, e.seq FROM (SELECT DISTINCT * FROM unnest($1, $2) AS w (s, m)) AS w "
          "JOIN events e ON e.subject = w.s AND e.message_id = w.m WHERE e.duplicate_of IS NULL",
          with_message, messages);
      const auto found = co_await looking;
      for (const auto row : found) seen.emplace(std::pair{row.number(0), std::string(row.text(1))}, row.number(2));
    }
    const auto seqs = co_await numbering;
    std::vector<Numbered> entries;
    int next = 0;
    for (auto* record : wanted) {
      for (std::size_t i = 0; i < record->entries.size(); ++i) {
        if (record->appended[i].skipped) continue;
        auto& entry = entries.emplace_back(Numbered{.entry = &record->entries[i], .seq = seqs[next++].number(0)});
        record->appended[i] = judge(*entry.entry, entry.seq, seen, entry.duplicate_of);
        if (entry.entry->look != nullptr) look(subjects_.at(entry.entry->subject), *entry.entry->look, entry.seq);
      }
    }
    newest_ = entries.back().seq;
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
