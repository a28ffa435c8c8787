#include "store/sqlite/writer.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <algorithm>
#include <map>

#include "async/thread.hpp"

namespace backhaul::store::sqlite {
namespace {

// More than this waiting means the disk cannot keep up; the vendor is told to come back (503) rather than kept waiting.
constexpr std::size_t queue_max = 8'192;
// One transaction: enough to share a flush among all connections, few enough to keep its latency near the flush's own.
constexpr std::size_t batch_max = 512;
// In a burst some of many connections are always between an answer and their next request: a commit waits until so
// many deliveries are there.
constexpr std::size_t gathered_batch = 16;
constexpr std::chrono::microseconds gather_for{200};
// How long work without credit waits before it is looked at again.
constexpr std::chrono::microseconds credit_pause{500};
// The WAL's length in bytes. Copying begins when so much is to be copied. From a length on the WAL begins anew as soon
// as so little is left to copy that the writer need not stop for long; from another on, whatever is left.
constexpr std::int64_t mebibyte = 1'048'576;
constexpr std::int64_t copy_at = 8 * mebibyte;
constexpr std::int64_t restart_at = 64 * mebibyte;
constexpr std::int64_t restart_left_share = 32;
constexpr std::int64_t restart_must_at = 256 * mebibyte;

// Whether the transaction failed because of something outside it, so that each part alone would fail as well.
bool concerns_all(int code) {
  return code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_BUSY || code == SQLITE_CORRUPT ||
         code == SQLITE_CANTOPEN || code == SQLITE_READONLY || code == SQLITE_NOMEM || code == SQLITE_LOCKED;
}

}  // namespace

Writer::Writer(const std::string& path, Options options, Hooks hooks) : db_(path), hooks_(std::move(hooks)) {
  migrate(db_);
  if (options.pages_max > 0) db_.script(fmt::format("PRAGMA max_page_count = {}", options.pages_max));
  sqlite3_wal_hook(
      db_.handle(),
      [](void* frames, sqlite3*, const char*, int count) {
        *static_cast<int*>(frames) = count;
        return SQLITE_OK;
      },
      &wal_frames_);
  page_bytes_ = db_.page_bytes();
  checkpointer_ = std::make_unique<Checkpointer>(path);
  hooks_.before_commit(db_);
  hooks_.after_commit();
  if (options.own_thread) thread_ = async::named_thread("sqlite-writer", [this] { run(); });
}

Writer::~Writer() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Writer::enqueue(Op& op, Urgency urgency) {
  if (!thread_.joinable()) {
    Ops alone{&op};
    return serve(alone);
  }
  {
    const std::lock_guard lock(mutex_);
    if (deliveries_.size() + background_.size() < queue_max && !stopping_) {
      // The writer sleeps while both are empty, may while it has no credit for the second, and while it gathers.
      const bool delivery = urgency == Urgency::delivery;
      const bool asleep = deliveries_.empty() && (delivery || background_.empty());
      const bool gathered = delivery && deliveries_.size() + 1 == gathered_batch;
      if (delivery) {
        deliveries_.push_back(&op);
      } else {
        background_.push_back(&op);
      }
      if (asleep || gathered) wake_.notify_one();
      return;
    }
  }
  op.give_up({Error::Kind::unavailable, "the store cannot keep up with what it is asked to write"});
  answer({&op});
}

void Writer::run() {
  for (;;) {
    Ops batch;
    if (!take(batch)) return;
    turns_.note(batch.size(), Clock::now());
    serve(batch);
  }
}

void Writer::serve(Ops& batch) {
  commit(batch, true);
  answer(batch);
  keep_wal_short();
}

// Waits for something to do; false when there will be nothing any more. Takes deliveries only, as many as fit.
bool Writer::take(Ops& deliveries) {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return !deliveries_.empty() || !background_.empty() || stopping_; });
  while (deliveries_.empty() && !stopping_ && !turns_.may_go_on(false, Clock::now(), Clock::now()))
    wake_.wait_for(lock, credit_pause);
  // The first of those just answered comes back before the others: a flush for it alone would keep them all waiting.
  if (deliveries_.size() < gathered_batch && turns_.pressed(Clock::now()) && !stopping_) {
    wake_.wait_for(lock, gather_for, [this] { return deliveries_.size() >= gathered_batch || stopping_; });
  }
  if (deliveries_.size() <= batch_max) {
    deliveries.swap(deliveries_);
  } else {
    const auto end = deliveries_.begin() + static_cast<std::ptrdiff_t>(batch_max);
    deliveries.assign(deliveries_.begin(), end);
    deliveries_.erase(deliveries_.begin(), end);
  }
  return !deliveries.empty() || !background_.empty();
}

// Runs the hub's own work into the transaction under way: all that waits while no vendor does, else for a moment, and
// in a burst what it has credit for.
void Writer::add_background(Ops& ops) {
  const bool delivers = !ops.empty();
  const auto begun = Clock::now();
  while (ops.size() < 2 * batch_max) {
    {
      const std::lock_guard lock(mutex_);
      if (background_.empty() || !turns_.may_go_on(delivers || !deliveries_.empty(), begun, Clock::now())) return;
      ops.push_back(background_.front());
      background_.pop_front();
    }
    const auto piece_begun = Clock::now();
    ops.back()->run(db_);
    turns_.spent(Clock::now() - piece_begun);
  }
}

void Writer::commit(Ops& ops, bool with_background) {
  batch_ = ops.size();
  try {
    Transaction transaction(db_);
    for (auto* op : ops) op->run(db_);
    if (with_background) add_background(ops);
    hooks_.before_commit(db_);
    transaction.commit();
    hooks_.after_commit();
  } catch (const SqliteError& error) {
    if (ops.size() > 1 && !concerns_all(error.code)) {
      commit_one_by_one(ops);
      return;
    }
    spdlog::error("store: writing {} requests failed: {} (code {})", ops.size(), error.message, error.code);
    for (auto* op : ops) op->give_up(to_error(error));
  }
}

void Writer::commit_one_by_one(Ops& ops) {
  for (auto* op : ops) {
    Ops alone;
    alone.push_back(op);
    commit(alone, false);
  }
}

// One wake-up per loop, not one per request.
void Writer::answer(const Ops& ops) {
  std::map<async::Loop*, std::vector<std::coroutine_handle<>>> by_loop;
  for (const auto* op : ops) by_loop[op->loop].push_back(op->waiting);
  for (auto& [loop, waiting] : by_loop) {
    loop->post([waiting = std::move(waiting)] {
      for (const auto& one : waiting) one.resume();
    });
  }
}

// The WAL is reused from its start once all of it has been copied and nobody reads it. The checkpointer copies the
// bulk; what it cannot know to be the end is done here, between commits and after the answers.
void Writer::keep_wal_short() {
  const auto length = wal_frames_ * page_bytes_;
  if (length < copy_at) return;
  const auto left = length - checkpointer_->copied() * page_bytes_;
  const bool ends = length >= restart_at;
  const auto left_max = ends ? length / restart_left_share : copy_at;
  if (left >= left_max && length < restart_must_at) return checkpointer_->wake();
  if (!ends) return;
  try {
    db_.checkpoint(Database::Wait::for_readers);
    checkpointer_->restarted();
    wal_frames_ = 0;
  } catch (const SqliteError& error) {
    spdlog::warn("store: copying the write-ahead log failed, it is tried again: {}", error.message);
  }
}

}  // namespace backhaul::store::sqlite
