#include "store/postgres/worker.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <map>

#include "async/thread.hpp"

namespace backhaul::store::postgres {
namespace {

// More than this waiting means the server cannot keep up; the vendor is told to come back (503) rather than kept
// waiting.
constexpr std::size_t queue_max = 8'192;
// One transaction: enough to share a commit among all connections, few enough to keep its latency near the commit's
// own.
constexpr std::size_t batch_max = 512;
constexpr std::chrono::milliseconds reconnect_after{500};
constexpr std::chrono::milliseconds notify_every{50};
// A burst, at this node. Those of several nodes share the server as it is.
constexpr double burst_per_second = 8'000;
// In a burst the hub's own work pauses for as long as each of its transactions took, but never longer than a vendor
// would mind.
constexpr std::chrono::milliseconds give_way_max{30};
// A transaction that met another one's locks the wrong way round is repeated; more often than this is no coincidence.
constexpr int tries_max = 4;

}  // namespace

Worker::Worker(std::string url, const std::string& name, Kind kind, Manner manner, Pressure& pressure,
               std::function<void(const Committed&)> on_commit)
    : url_(std::move(url)),
      name_("backhaul " + name),
      kind_(kind),
      manner_(manner),
      pressure_(pressure),
      on_commit_(std::move(on_commit)),
      burst_(burst_per_second, std::chrono::steady_clock::now()) {
  pipeline_ = std::make_unique<Pipeline>(url_, name_);
  Ops none;
  transact(none);
  thread_ = async::named_thread("pg-" + name, [this] { run(); });
}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  ended_.notify_one();
  thread_.join();
}

void Worker::enqueue(std::unique_ptr<Op> op) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < queue_max && !stopping_) {
      waiting_.push_back(std::move(op));
      if (waiting_.size() == 1) wake_.notify_one();
      return;
    }
  }
  Ops refused;
  refused.push_back(std::move(op));
  give_up(refused, {Error::Kind::unavailable, "the store cannot keep up with what it is asked for"});
  answer(refused);
}

void Worker::run() {
  for (;;) {
    Ops ops;
    if (!take(ops)) return;
    const auto began = std::chrono::steady_clock::now();
    if (manner_ == Manner::presses && burst_.note(ops.size(), began)) pressure_.note();
    serve(ops);
    answer(ops);
    if (manner_ == Manner::yields) give_way(std::chrono::steady_clock::now() - began);
  }
}

// What is asked for meanwhile shares the next transaction, so little is lost by waiting.
void Worker::give_way(std::chrono::steady_clock::duration took) {
  if (!pressure_.noted()) return;
  std::unique_lock lock(mutex_);
  ended_.wait_for(lock, std::min<std::chrono::steady_clock::duration>(took, give_way_max),
                  [this] { return stopping_; });
}

// Waits for something to do; false when there will be nothing any more.
bool Worker::take(Ops& ops) {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return !waiting_.empty() || stopping_; });
  if (waiting_.size() <= batch_max) {
    ops.swap(waiting_);
  } else {
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(batch_max);
    ops.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
  }
  return !ops.empty();
}

void Worker::connect_if_needed() {
  if (pipeline_ != nullptr) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_try_) throw PgError{"", unreachable_};
  try {
    pipeline_ = std::make_unique<Pipeline>(url_, name_);
    reconnected_ = true;
    spdlog::info("{}: connected to the database server again", name_);
  } catch (const PgError& error) {
    unreachable_ = error.message;
    next_try_ = std::chrono::steady_clock::now() + reconnect_after;
    throw PgError{"", error.message};
  }
}

void Worker::transact(Ops& ops) {
  connect_if_needed();
  Committed committed;
  {
    Tx tx(*pipeline_, kind_ == Kind::reads ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN");
    // What is started is forgotten before the transaction it refers to.
    struct Stop {
      Ops& ops;
      ~Stop() {
        for (auto& op : ops) op->stop();
      }
    } stop{ops};
    const auto sampling = tx.query("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM journal_seq");
    for (auto& op : ops) {
      op->start(tx);
      op->check();
    }
    tx.finish();
    for (auto& op : ops) op->check();
    notify(tx);
    tx.finish();
    committed = {.news = tx.news,
                 .jobs = tx.jobs,
                 .newest = std::max(tx.newest(), sampling.rows()[0].number(0)),
                 .reconnected = std::exchange(reconnected_, false),
                 .server_process = pipeline_->server_process()};
  }
  pipeline_->commit();
  on_commit_(committed);
}

// Other nodes hear of it at the commit. Commits that notify wait for each other in the server, so not every one does:
// what is left out is found by the others' regular look.
void Worker::notify(Tx& tx) {
  const auto now = std::chrono::steady_clock::now();
  if (tx.news && now - news_told_ >= notify_every) {
    news_told_ = now;
    tx.run("SELECT pg_notify('backhaul', 'news')");
  }
  if (tx.jobs && now - jobs_told_ >= notify_every) {
    jobs_told_ = now;
    tx.run("SELECT pg_notify('backhaul', 'jobs')");
  }
}

void Worker::serve(Ops& ops) {
  for (int tries = 1;; ++tries) {
    try {
      try {
        transact(ops);
        return;
      } catch (const PgError& error) {
        if (error.lost()) throw;
        pipeline_->abandon();
        throw;
      } catch (...) {
        pipeline_->abandon();
        throw;
      }
    } catch (const PgError& error) {
      if (error.lost()) {
        if (pipeline_ != nullptr) spdlog::error("{}: {}", name_, error.message);
        pipeline_.reset();
      }
      if (error.try_again() && tries < tries_max) continue;
      if (ops.size() > 1 && !error.concerns_all()) return serve_one_by_one(ops);
      if (!error.lost())
        spdlog::error("{}: {} requests failed: {} ({})", name_, ops.size(), error.message, error.state);
      return give_up(ops, to_error(error));
    } catch (const Refused& refused) {
      if (ops.size() > 1) return serve_one_by_one(ops);
      return give_up(ops, refused.error);
    } catch (const std::exception& error) {
      if (ops.size() > 1) return serve_one_by_one(ops);
      spdlog::critical("{}: {}", name_, error.what());
      return give_up(ops, {Error::Kind::invalid, error.what()});
    }
  }
}

void Worker::serve_one_by_one(Ops& ops) {
  for (auto& op : ops) {
    Ops alone;
    alone.push_back(std::move(op));
    serve(alone);
    op = std::move(alone.front());
  }
}

void Worker::give_up(Ops& ops, const Error& error) {
  for (auto& op : ops) op->give_up(error);
}

// One wake-up per loop, not one per request. What a request holds (bodies) is freed on the loop it came from, too.
void Worker::answer(Ops& ops) {
  std::map<async::Loop*, std::shared_ptr<Ops>> by_loop;
  for (auto& op : ops) {
    auto& share = by_loop[op->loop()];
    if (share == nullptr) share = std::make_shared<Ops>();
    share->push_back(std::move(op));
  }
  for (auto& [loop, share] : by_loop) {
    loop->post([settled = std::move(share)] {
      for (auto& op : *settled) op->settle().resume();
    });
  }
}

}  // namespace backhaul::store::postgres
