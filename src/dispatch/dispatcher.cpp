#include "dispatch/dispatcher.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "returns/codec.hpp"
#include "returns/decide.hpp"

namespace backhaul::dispatch {
namespace {

using connectors::Failure;
using returns::EffectStatus;
using store::JobState;

constexpr Millis store_pause{1'000};
// The code of a failure of our own.
constexpr std::string_view store_failed = "store";
// A lost process whose fate the vendor does not tell for this long is a person's.
constexpr Millis waiting_max{86'400'000};

std::string_view outcome_word(const Attempted& attempted) {
  if (attempted.waiting) return "unknown";
  if (!attempted.failure) return attempted.note.status == EffectStatus::withdrawn ? "withdrawn" : "done";
  switch (attempted.failure->kind) {
    case Failure::Kind::refused:
      return "refused";
    case Failure::Kind::retry:
      return "retry";
    case Failure::Kind::unknown:
      return "unknown";
    case Failure::Kind::blocked:
      return "blocked";
  }
  return "retry";
}

}  // namespace

Dispatcher::Dispatcher(store::Store& store, connections::Connections& connections, async::Loop& loop, Options options)
    : store_(store), connections_(connections), loop_(loop), options_(std::move(options)) {}

store::Lease Dispatcher::lease() const {
  return {.node = options_.node, .until = loop_.now() + options_.lease};
}

bool Dispatcher::is_open(const ConnectionId& connection) const {
  const auto lane = lanes_.find(connection);
  return lane != lanes_.end() && lane->second.breaker.is_open(loop_.now());
}

// --- claiming

int Dispatcher::room(const connections::LiveConnection& connection, const Lane& lane) const {
  if (overslept()) return 0;
  if (!lane.breaker.allows(loop_.now(), lane.running)) return 0;
  // While half open one call is enough to find out.
  const int most = lane.breaker.openings() > 0 ? 1 : connection.concurrent_calls();
  // Ends wait in memory while the store does not take them: with those of the calls under way fewer than twice as many
  // as calls are allowed.
  return lane.unrecorded < connection.concurrent_calls() ? std::max(0, most - lane.running) : 0;
}

std::optional<store::Lease> Dispatcher::reserve(const ConnectionId& connection) {
  const auto snapshot = connections_.snapshot();
  const auto live = snapshot->by_id.find(connection);
  if (stopped_ || live == snapshot->by_id.end()) return std::nullopt;
  auto& lane = lanes_[connection];
  if (lane.backlog || room(*live->second, lane) == 0) return std::nullopt;
  hold(lane, 1);
  return lease();
}

void Dispatcher::hold(Lane& lane, int slots) {
  if (in_flight_ == 0) held_until_ = loop_.now() + options_.lease;
  lane.running += slots;
  in_flight_ += slots;
}

void Dispatcher::release(const ConnectionId& connection) {
  --lanes_[connection].running;
  --in_flight_;
}

void Dispatcher::start(store::Job job) {
  async::spawn(run(std::move(job)));
}

void Dispatcher::poke() {
  poked_ = true;
  if (claiming_ || stopped_) return;
  claiming_ = true;
  async::spawn(claim_all());
}

async::Task<void> Dispatcher::claim_all() {
  while (poked_ && !stopped_) {
    poked_ = false;
    auto asking = store_.due_connections(loop_.now());
    const auto due = co_await std::move(asking);
    if (!due) {
      spdlog::error("dispatch: the store failed, trying again: {}", due.error().message);
      alarm_.set(loop_.now() + store_pause);
      break;
    }
    if (due->next) alarm_.set(*due->next);
    const std::set<ConnectionId> waiting(due->now.begin(), due->now.end());
    for (auto& [id, lane] : lanes_) lane.backlog = lane.backlog && waiting.contains(id);
    const auto snapshot = connections_.snapshot();
    for (const auto& id : due->now) {
      if (stopped_) break;
      const auto live = snapshot->by_id.find(id);
      if (live == snapshot->by_id.end()) continue;
      auto claiming = claim(live->second);
      co_await std::move(claiming);
    }
  }
  claiming_ = false;
}

async::Task<void> Dispatcher::claim(connections::LivePtr connection) {
  auto& lane = lanes_[connection->id()];
  const int free = room(*connection, lane);
  if (free == 0) {
    lane.backlog = true;
    if (lane.breaker.is_open(loop_.now())) alarm_.set(lane.breaker.open_until());
    co_return;  // the end of a call or its recording, or that time, looks again
  }
  hold(lane, free);
  auto claiming = store_.claim_jobs(connection->id(), free, lease(), loop_.now());
  auto jobs = co_await std::move(claiming);
  const int got = jobs ? static_cast<int>(jobs->size()) : 0;
  lane.running -= free - got;
  in_flight_ -= free - got;
  lane.backlog = got == free;
  if (!jobs) {
    spdlog::error("dispatch: claiming jobs of {} failed: {}", connection->row.name, jobs.error().message);
    alarm_.set(loop_.now() + store_pause);
    co_return;
  }
  for (auto& job : *jobs) start(std::move(job));
}

// --- running

async::Task<void> Dispatcher::run(store::Job job) {
  const Time started = loop_.now();
  const auto snapshot = connections_.snapshot();
  const auto live = snapshot->by_id.find(job.connection);
  Attempted attempted;
  if (live == snapshot->by_id.end()) {
    attempted.failure = Failure{.kind = Failure::Kind::blocked,
                                .code = "no_connection",
                                .message = "its connection was removed",
                                .wait = std::nullopt,
                                .throttled = false};
    attempted.note.code = attempted.failure->code;
    attempted.note.message = attempted.failure->message;
  } else {
    try {
      auto performing = perform(job, live->second, snapshot, store_.newest_event(), options_.perform,
                                [this](const store::Job& of) { return still_wanted(of); });
      attempted = co_await std::move(performing);
    } catch (const std::exception& error) {
      // A defect in a connector; whether something was sent is not known.
      spdlog::critical("{} {}: {}", job.id.str(), job.key, error.what());
      attempted.note.effect = job.key;
      attempted.note.code = "internal";
      attempted.note.message = error.what();
      attempted.failure = Failure{.kind = Failure::Kind::unknown,
                                  .code = "internal",
                                  .message = error.what(),
                                  .wait = std::nullopt,
                                  .throttled = false};
      attempted.settled = true;  // if anything may have taken place, it is this try
    }
    judge_connection(live->second, attempted);
  }
  auto finish = finish_of(job, attempted, started);
  count(job, finish);
  log(job, finish);
  const auto connection = job.connection;
  // The vendor may be called again while this is stored.
  call_ended(connection);
  auto recording = record(std::move(job), std::move(finish));
  co_await std::move(recording);
  end_recorded(connection);
}

void Dispatcher::call_ended(const ConnectionId& connection) {
  auto& lane = lanes_[connection];
  --lane.running;
  ++lane.unrecorded;
  if (lane.backlog) poke();
}

void Dispatcher::end_recorded(const ConnectionId& connection) {
  auto& lane = lanes_[connection];
  --lane.unrecorded;
  --in_flight_;
  if (lane.backlog) poke();
}

async::Task<connectors::Outcome<bool>> Dispatcher::still_wanted(store::Job job) {
  const auto snapshot = connections_.snapshot();
  auto finding = store_.find_return(job.return_id.str());
  const auto row = co_await std::move(finding);
  std::string trouble;
  if (row) {
    const auto state = returns::decode_state(row->body);
    if (state) co_return returns::is_wanted(*state, snapshot->policies_of(row->merchant), loop_.now(), job.key);
    trouble = state.error().message;
  } else {
    trouble = row.error().message;
  }
  co_return fail(Failure{.kind = Failure::Kind::retry,
                         .code = std::string(store_failed),
                         .message = "cannot tell whether it is still wanted: " + trouble,
                         .wait = std::nullopt,
                         .throttled = false});
}

store::Finish Dispatcher::finish_of(const store::Job& job, const Attempted& attempted, Time started) const {
  const Time now = loop_.now();
  store::Finish finish;
  finish.job = job.id;
  finish.node = options_.node;
  finish.attempt = job.attempt;
  finish.record = {.number = job.attempt,
                   .started_at = started,
                   .ended_at = now,
                   .outcome = std::string(outcome_word(attempted)),
                   .code = attempted.note.code,
                   .message = attempted.note.message,
                   .retry_at = {}};
  finish.look = attempted.look;
  finish.read_subject = job.work.subject;
  const auto again_at = [&](Time at, bool spends) {
    finish.next = JobState::retryable;
    finish.run_at = finish.record.retry_at = at;
    finish.spends_attempt = spends;
    // What is asked next must wait for the newest try that may have taken place, not for one that is settled.
    finish.unknown_since = attempted.settled ? Time{} : job.unknown_since;
  };
  auto note = attempted.note;
  if (attempted.waiting) {
    finish.record.message = "waiting to see whether the earlier try took place";
    if (now - job.unknown_since < waiting_max) {
      again_at(now + attempted.wait, false);
      return finish;
    }
    note.status = EffectStatus::abandoned;
    note.message = "the vendor never told whether it took place";
  } else if (attempted.failure) {
    const auto& failure = *attempted.failure;
    const auto next = next_try(failure, job.kind, job.failures + 1, options_.retry, options_.random());
    if (!next.give_up) {
      again_at(now + next.wait, next.spends_attempt);
      if (failure.kind == Failure::Kind::unknown && returns::changes_the_world(job.kind) && !finish.unknown_since) {
        finish.unknown_since = started;
      }
      return finish;
    }
    note.status = failure.kind == Failure::Kind::refused ? EffectStatus::refused : EffectStatus::abandoned;
  }
  finish.next = note.status == EffectStatus::done        ? JobState::completed
                : note.status == EffectStatus::withdrawn ? JobState::cancelled
                                                         : JobState::discarded;
  finish.outcome = returns::encode(note);
  return finish;
}

// An outcome that cannot be stored now is kept until it can: forgetting it would mean finding out again.
async::Task<void> Dispatcher::record(store::Job job, store::Finish finish) {
  for (;;) {
    auto finishing = store_.finish(finish);
    const auto done = co_await std::move(finishing);
    if (done) co_return;
    if (done.error().kind != store::Error::Kind::unavailable) {
      spdlog::error("{} {}: its end was not recorded: {}", job.id.str(), job.key, done.error().message);
      co_return;
    }
    if (stopped_) co_return;  // the next start frees the job and finds out
    auto pause = async::sleep(store_pause);
    co_await std::move(pause);
  }
}

async::Task<void> Dispatcher::renew_leases() {
  if (in_flight_ == 0 || overslept()) co_return;
  const auto until = lease();
  auto renewing = store_.renew_lease(until);
  if (const auto renewed = co_await std::move(renewing); !renewed) {
    spdlog::warn("dispatch: leases could not be renewed: {}", renewed.error().message);
  } else if (!overslept()) {
    held_until_ = until.until;
  }
}

// --- health

void Dispatcher::judge_connection(const connections::LivePtr& connection, const Attempted& attempted) {
  auto& lane = lanes_[connection->id()];
  const Time now = loop_.now();
  if (!attempted.failure) {
    lane.breaker.succeeded();
    if (!std::exchange(lane.raised, false)) return;
    async::spawn(clear_attention(connection->id()));
    return;
  }
  const auto& failure = *attempted.failure;
  if (failure.code == store_failed) return;  // tells nothing of the vendor
  if (!lane.breaker.failed(failure, now)) return;
  spdlog::warn("{}: left alone until {}: {} {}", connection->row.name, to_iso(lane.breaker.open_until()), failure.code,
               failure.message);
  const bool blocked = failure.kind == Failure::Kind::blocked;
  if (!blocked && lane.breaker.openings() < 3) return;  // a short outage is nobody's business
  lane.raised = true;
  returns::AttentionItem item{.kind = blocked ? "connection_blocked" : "vendor_unreachable",
                              .why = fmt::format("{}: {} {}", connection->row.name, failure.code, failure.message),
                              .todo = blocked
                                          ? "run `backhaul doctor`, put the credentials right with `backhaul connect "
                                            "--update`; work goes on by itself"
                                          : "check the vendor's status page and the network; work goes on by itself",
                              .connection = connection->id()};
  async::spawn([](store::Store& store, ConnectionId id, returns::AttentionItem about, Time at) -> async::Task<void> {
    auto raising = store.raise_attention(id, std::move(about), at);
    if (const auto raised = co_await std::move(raising); !raised)
      spdlog::error("attention: {}", raised.error().message);
  }(store_, connection->id(), std::move(item), now));
}

async::Task<void> Dispatcher::clear_attention(ConnectionId connection) {
  for (const char* kind : {"vendor_unreachable", "connection_blocked"}) {
    auto clearing = store_.clear_attention(connection, kind);
    // The next success tries again.
    if (const auto cleared = co_await std::move(clearing); !cleared) lanes_[connection].raised = true;
  }
}

void Dispatcher::count(const store::Job& job, const store::Finish& finish) {
  auto& counter = counters_[{job.connection.value, std::string(returns::to_string(job.kind))}];
  if (finish.record.outcome == "unknown") ++counter.unknown;
  if (finish.next == JobState::completed) ++counter.done;
  if (finish.next == JobState::retryable) ++counter.retried;
  if (finish.next == JobState::discarded) ++(finish.record.outcome == "refused" ? counter.refused : counter.given_up);
}

void Dispatcher::log(const store::Job& job, const store::Finish& finish) const {
  const auto level = finish.next == JobState::completed || finish.next == JobState::cancelled ? spdlog::level::debug
                     : finish.next == JobState::retryable                                     ? spdlog::level::info
                                                                                              : spdlog::level::warn;
  spdlog::log(level, "attempt job={} return={} effect={} attempt={} outcome={} code={} ms={} next={}{} message=\"{}\"",
              job.id.str(), job.return_id.str(), job.key, job.attempt, finish.record.outcome, finish.record.code,
              (finish.record.ended_at - finish.record.started_at).count(),
              finish.next == JobState::retryable ? "retry_at=" : "",
              finish.next == JobState::retryable ? to_iso(finish.run_at) : "ended", finish.record.message);
}

}  // namespace backhaul::dispatch
