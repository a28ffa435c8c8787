#include "intake/poller.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/json.hpp>

#include "returns/codec.hpp"
#include "returns/outcome.hpp"

namespace backhaul::intake {
namespace {

namespace json = boost::json;

constexpr std::string_view cursor_name = "changes";
constexpr std::string_view backfill_name = "backfill";
constexpr int page_tries = 4;  // a page that fails this often breaks the pass off; the next one repeats it
// A person's wish for a backfill should begin soon; looking costs one indexed read.
constexpr Millis look_for_backfill{2'000};
// How far to look back when the clock turns out to have been ahead. As long as it may take until somebody sets it
// right.
constexpr Millis lost_by_clock{86'400'000};
// Per vendor. A poll takes about a second, so 10,000 merchants fit into the usual five minutes.
constexpr int polls_at_once = 64;
// A look is two indexed reads: this many a second cost a few percent of a core.
constexpr int looks_per_tick = 1'000;
constexpr int pages_max = 100'000;  // 10 million items: a vendor that never ends a list is broken

store::NewEvent poll_event(const connections::LiveConnection& connection, ExternalId subject, Time now) {
  store::NewEvent event;
  event.connection = connection.id();
  event.subject = std::move(subject);
  event.kind = store::EventKind::poll;
  event.topic = "poll";
  event.at = now;
  return event;
}

store::NewEvent event_of(const connections::LiveConnection& connection, connectors::SourceRead item, EventId as_of,
                         Time now) {
  auto event = poll_event(connection, std::move(item.id), now);
  // The same digest as a read by a job leaves, so that a poll after it has nothing to add.
  event.look = {.digest = returns::change_digest(item.view), .as_of = as_of};
  returns::OutcomeNote note;
  note.as_of = as_of;
  note.view = std::move(item.view);
  event.body = returns::encode(note);
  return event;
}

store::NewEvent event_of(const connections::LiveConnection& connection, connectors::RmaRead item, EventId as_of,
                         Time now) {
  auto event = poll_event(connection, std::move(item.id), now);
  event.only_if_linked = true;  // others make RMAs there too
  event.look = {.digest = returns::decision_digest(item.receipt), .as_of = as_of};
  returns::OutcomeNote note;
  note.as_of = as_of;
  note.receipt = std::move(item.receipt);
  event.body = returns::encode(note);
  return event;
}

// One page, asked for again while the vendor says "not now".
template <class Item, class Side>
async::Task<Result<connectors::Page<Item>, Problem>> fetch(Side& side, connectors::Window window, std::string cursor) {
  for (int attempt = 1;; ++attempt) {
    auto asking = side.list_changes(window, cursor);
    auto page = co_await std::move(asking);
    if (page) co_return std::move(*page);
    const auto& failure = page.error();
    const bool again =
        failure.kind == connectors::Failure::Kind::retry || failure.kind == connectors::Failure::Kind::unknown;
    if (!again || attempt == page_tries) co_return fail(Problem{fmt::format("{} {}", failure.code, failure.message)});
    const Millis wait = failure.wait.value_or(Millis{1'000}) * attempt;
    auto pause = async::sleep(std::min(wait, Millis{60'000}));
    co_await std::move(pause);
  }
}

}  // namespace

std::string encode(const BackfillState& state) {
  return json::serialize(json::object{{"from", state.from.ms},
                                      {"to", state.to.ms},
                                      {"seen", state.seen},
                                      {"recorded", state.recorded},
                                      {"done", state.done},
                                      {"error", state.error}});
}

Result<BackfillState, Problem> decode_backfill(std::string_view text) {
  try {
    const auto parsed = json::parse(text);
    return BackfillState{.from = Time{parsed.at("from").to_number<std::int64_t>()},
                         .to = Time{parsed.at("to").to_number<std::int64_t>()},
                         .seen = parsed.at("seen").to_number<std::int64_t>(),
                         .recorded = parsed.at("recorded").to_number<std::int64_t>(),
                         .done = parsed.at("done").as_bool(),
                         .error = std::string(parsed.at("error").as_string())};
  } catch (const std::exception& error) {
    return fail(Problem{fmt::format("stored backfill cannot be read: {}", error.what())});
  }
}

Poller::Poller(store::Store& store, connections::Connections& connections, async::Loop& loop, PollOptions options)
    : store_(store),
      connections_(connections),
      loop_(loop),
      options_(options),
      rounds_(polls_at_once, looks_per_tick) {}

Millis Poller::look_every() const {
  return std::min(look_for_backfill, options_.interval);
}

void Poller::tick() {
  if (stopped_) return;
  rounds_.start(*connections_.snapshot(), loop_.now(), look_every(),
                [this](const connections::LivePtr& connection) { async::spawn(poll(connection)); });
}

async::Task<void> Poller::poll(connections::LivePtr connection) {
  // Look for a wish often, and poll as often as configured.
  static const std::string last_poll = "last_poll";
  auto filling = backfill(connection);
  co_await std::move(filling);
  auto asking = store_.cursor(connection->id(), last_poll);
  const auto last = co_await std::move(asking);
  const Time last_at{last && !last->empty() ? std::stoll(*last) : 0};
  if (last && !stopped_ && is_due(last_at + options_.interval, loop_.now(), options_.interval)) {
    auto catching = catch_up(connection);
    co_await std::move(catching);
    // A pass broken off by our end is due at the next start.
    if (!stopped_) {
      auto saving = store_.set_cursor(connection->id(), last_poll, std::to_string(loop_.now().ms));
      if (const auto saved = co_await std::move(saving); !saved) spdlog::warn("poll: {}", saved.error().message);
    }
  }
  rounds_.ended(*connection, loop_.now() + look_every());
}

async::Task<void> Poller::catch_up(connections::LivePtr connection) {
  auto asking = store_.cursor(connection->id(), std::string(cursor_name));
  const auto cursor = co_await std::move(asking);
  if (!cursor) co_return;
  // Before the first pass: from when it was connected. Older returns come by a backfill.
  Time since = cursor->empty() ? connection->row.created_at : Time{std::stoll(*cursor)};
  const Time now = loop_.now();
  if (since > now) {
    // What changed while the clock was ahead was never listed: the windows lay where no vendor has anything.
    spdlog::warn(
        "poll of {}: the last one lies ahead, at {}, so the clock was put back; the last day is listed again, what is "
        "older and was not delivered comes by `backhaul backfill`",
        connection->row.name, to_iso(since));
    since = now - lost_by_clock;
  }
  const connectors::Window window{.from = since - options_.overlap, .to = now};
  auto passing = pass(connection, window);
  const auto done = co_await std::move(passing);
  if (!done && stopped_) co_return;
  if (!done) {
    spdlog::warn("poll of {} broke off, it is repeated: {}", connection->row.name, done.error().message);
    co_return;
  }
  if (done->recorded > 0) {
    spdlog::info("poll of {}: {} seen, {} recorded", connection->row.name, done->seen, done->recorded);
  }
  auto saving = store_.set_cursor(connection->id(), std::string(cursor_name), std::to_string(window.to.ms));
  if (const auto saved = co_await std::move(saving); !saved) spdlog::warn("poll: {}", saved.error().message);
}

async::Task<Result<Poller::Pass, Problem>> Poller::pass(connections::LivePtr connection, connectors::Window window) {
  Pass pass;
  std::string cursor;
  for (int pages = 0; pages < pages_max && !stopped_; ++pages) {
    // Before the question: what is told to us while the vendor answers may be newer than the answer.
    const EventId as_of = store_.newest_event();
    std::vector<store::NewEvent> events;
    if (connection->source != nullptr) {
      auto fetching = fetch<connectors::SourceRead>(*connection->source, window, cursor);
      auto page = co_await std::move(fetching);
      if (!page) co_return fail(page.error());
      for (auto& item : page->items) events.push_back(event_of(*connection, std::move(item), as_of, loop_.now()));
      cursor = page->next;
    } else {
      auto fetching = fetch<connectors::RmaRead>(*connection->destination, window, cursor);
      auto page = co_await std::move(fetching);
      if (!page) co_return fail(page.error());
      for (auto& item : page->items) events.push_back(event_of(*connection, std::move(item), as_of, loop_.now()));
      cursor = page->next;
    }
    pass.seen += static_cast<std::int64_t>(events.size());
    if (!events.empty()) {
      auto appending = store_.append(std::move(events));
      const auto appended = co_await std::move(appending);
      if (!appended) co_return fail(Problem{appended.error().message});
      for (const auto& one : *appended) pass.recorded += one.skipped ? 0 : 1;
    }
    if (cursor.empty()) co_return pass;
  }
  co_return fail(Problem{stopped_ ? "shutting down" : "the vendor's list does not end"});
}

async::Task<void> Poller::backfill(connections::LivePtr connection) {
  auto asking = store_.cursor(connection->id(), std::string(backfill_name));
  const auto text = co_await std::move(asking);
  if (!text || text->empty()) co_return;
  auto state = decode_backfill(*text);
  if (!state || state->done) co_return;
  // A day at a time: progress shows, and a restart repeats at most one.
  constexpr Millis slice{86'400'000};
  while (state->from < state->to && !stopped_) {
    const Time end = std::min(state->to, state->from + slice);
    auto passing = pass(connection, {.from = state->from, .to = end});
    const auto done = co_await std::move(passing);
    if (!done && stopped_) co_return;  // nothing went wrong; the next start repeats the slice
    if (!done) {
      state->error = done.error().message;
    } else {
      state->error.clear();
      state->seen += done->seen;
      state->recorded += done->recorded;
      state->from = end;
      state->done = !(state->from < state->to);
    }
    auto saving = store_.set_cursor(connection->id(), std::string(backfill_name), encode(*state));
    if (const auto saved = co_await std::move(saving); !saved || !done) co_return;  // tried again at the next look
  }
}

}  // namespace backhaul::intake
