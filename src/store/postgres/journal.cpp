// Appending to the journal. A delivery is filed (whom it is about, whether it is a duplicate) in the transaction that
// stores it: statements are set-based, so a crowd costs little more than one, and nothing is ever behind
// (News::behind).

#include "store/postgres/store_impl.hpp"

namespace backhaul::store::postgres {
EventKind kind_of(std::string_view text) {
  const auto kind = event_kind(text);
  if (!kind) throw std::runtime_error("unknown kind of event in the database");
  return *kind;
}

async::Task<Stored<std::vector<Appended>>> PostgresStore::append(std::vector<NewEvent> events) {
  const bool delivery = !events.empty() && events.front().kind == EventKind::delivery;
  for (auto& event : events) {
    make_text(event.subject.value);
    make_text(event.message_id);
  }
  // std::function wants its captures copyable, and bodies are too large to copy.
  auto shared = std::make_shared<const std::vector<NewEvent>>(std::move(events));
  Work<std::vector<Appended>> work = [this, shared](Tx& tx) -> async::Task<Stored<std::vector<Appended>>> {
    std::vector<ConnectionId> connections;
    for (const auto& event : *shared) connections.push_back(event.connection);
    auto numbering = connection_numbers(tx, std::move(connections));
    const auto numbers = co_await std::move(numbering);
    std::vector<SubjectName> names;
    std::vector<std::optional<FirstDelivery>> firsts;
    for (std::size_t i = 0; i < shared->size(); ++i) {
      const auto& event = (*shared)[i];
      names.push_back({numbers[i], event.subject.value});
      auto& first = firsts.emplace_back();
      if (event.kind == EventKind::delivery && event.news) first = FirstDelivery{.digest = digest_bytes(event)};
    }
    auto locking = tx.lock(std::move(names), {}, std::move(firsts));
    const auto subjects = co_await locking;
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < shared->size(); ++i) {
      const auto& event = (*shared)[i];
      entries.push_back({.subject = subjects[i],
                         .kind = event.kind,
                         .topic = event.topic,
                         .message_id = event.message_id,
                         .digest = digest_bytes(event),
                         .look = event.look ? &*event.look : nullptr,
                         .looked_at = subjects[i],
                         .only_if_linked = event.only_if_linked,
                         .news = event.news,
                         .body = event.body,
                         .at = event.at});
    }
    auto recording = tx.record(std::move(entries));
    co_return co_await recording;
  };
  auto& worker = delivery ? *deliveries_ : *work_;
  return worker.ask<std::vector<Appended>>(std::move(work));
}

}  // namespace backhaul::store::postgres
