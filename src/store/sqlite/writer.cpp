#include "store/sqlite/writer.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <chrono>
#include <map>

namespace backhaul::store::sqlite {
namespace {

// More than this waiting means the disk cannot keep up; the vendor is told to come back (503) rather than kept waiting.
constexpr std::size_t queue_max = 8'192;
// One transaction: enough to share a flush among all connections, few enough to keep its latency near the flush's own.
constexpr std::size_t batch_max = 512;
// The hub's own work in a transaction that deliveries are waiting for: about as long as a flush.
constexpr std::chrono::microseconds background_share{300};
// The WAL's length in frames of one page, 16 KiB. Copying begins at 16 MiB; at 64 MiB the WAL begins anew as soon as
// little is left to copy, at 256 MiB whatever is left.
constexpr int copy_at_frames = 1'024;
constexpr int restart_at_frames = 4'096;
constexpr int restart_must_at_frames = 16'384;

// Whether the transaction failed because of something outside it, so that each part alone would fail as well.
bool concerns_all(int code) {
  return code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_BUSY || code == SQLITE_CORRUPT ||
         code == SQLITE_CANTOPEN || code == SQLITE_READONLY || code == SQLITE_NOMEM || code == SQLITE_LOCKED;
}

}  // namespace

Writer::Writer(const std::string& path, std::int64_t pages_max, std::function<void(Database&)> on_commit)
    : db_(path), on_commit_(std::move(on_commit)) {
  migrate(db_);
  if (pages_max > 0) db_.script(fmt::format("PRAGMA max_page_count = {}", pages_max));
  sqlite3_wal_hook(
      db_.handle(),
      [](void* frames, sqlite3*, const char*, int count) {
        *static_cast<int*>(frames) = count;
        return SQLITE_OK;
      },
      &wal_frames_);
  checkpointer_ = std::make_unique<Checkpointer>(path);
  on_commit_(db_);
  thread_ = std::thread([this] { run(); });
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Writer::enqueue(std::unique_ptr<Op> op, Urgency urgency) {
  {
    const std::lock_guard lock(mutex_);
    if (deliveries_.size() + background_.size() < queue_max && !stopping_) {
      const bool idle = deliveries_.empty() && background_.empty();
      if (urgency == Urgency::delivery) {
        deliveries_.push_back(std::move(op));
      } else {
        background_.push_back(std::move(op));
      }
      if (idle) wake_.notify_one();
      return;
    }
  }
  op->give_up({Error::Kind::unavailable, "the store cannot keep up with what it is asked to write"});
  Ops refused;
  refused.push_back(std::move(op));
  answer(refused);
}

void Writer::run() {
  for (;;) {
    Ops batch;
    if (!take(batch)) return;
    commit(batch, true);
    answer(batch);
    keep_wal_short();
  }
}

// Waits for something to do; false when there will be nothing any more. Takes deliveries only, as many as fit.
bool Writer::take(Ops& deliveries) {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return !deliveries_.empty() || !background_.empty() || stopping_; });
  if (deliveries_.size() <= batch_max) {
    deliveries.swap(deliveries_);
  } else {
    const auto end = deliveries_.begin() + static_cast<std::ptrdiff_t>(batch_max);
    deliveries.assign(std::make_move_iterator(deliveries_.begin()), std::make_move_iterator(end));
    deliveries_.erase(deliveries_.begin(), end);
  }
  return !deliveries.empty() || !background_.empty();
}

// Runs the hub's own work into the transaction under way: all that waits while no delivery does, else a share.
void Writer::add_background(Ops& ops) {
  const auto begun = std::chrono::steady_clock::now();
  const bool delivers = !ops.empty();
  while (ops.size() < 2 * batch_max) {
    std::unique_ptr<Op> next;
    {
      const std::lock_guard lock(mutex_);
      const bool vendors_wait = delivers || !deliveries_.empty();
      const bool share_used = !ops.empty() && std::chrono::steady_clock::now() - begun > background_share;
      if (background_.empty() || (vendors_wait && share_used)) return;
      next = std::move(background_.front());
      background_.pop_front();
    }
    ops.push_back(std::move(next));
    ops.back()->run(db_);
  }
}

void Writer::commit(Ops& ops, bool with_background) {
  batch_ = ops.size();
  try {
    Transaction transaction(db_);
    for (auto& op : ops) op->run(db_);
    if (with_background) add_background(ops);
    transaction.commit();
    on_commit_(db_);
  } catch (const SqliteError& error) {
    if (ops.size() > 1 && !concerns_all(error.code)) {
      commit_one_by_one(ops);
      return;
    }
    spdlog::error("store: writing {} requests failed: {} (code {})", ops.size(), error.message, error.code);
    for (auto& op : ops) op->give_up(to_error(error));
  }
}

void Writer::commit_one_by_one(Ops& ops) {
  for (auto& op : ops) {
    Ops alone;
    alone.push_back(std::move(op));
    commit(alone, false);
    op = std::move(alone.front());
  }
}

// One wake-up per loop, not one per request. What a request holds (bodies) is freed on the loop it came from, too: a
// heap shared between two threads costs more than the flush.
void Writer::answer(Ops& ops) {
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

// The WAL is reused from its start once all of it has been copied and nobody reads it. The checkpointer copies the
// bulk; what it cannot know to be the end is done here, between commits and after the answers.
void Writer::keep_wal_short() {
  if (wal_frames_ < copy_at_frames) return;
  const int left = wal_frames_ - checkpointer_->copied();
  const bool nearly = wal_frames_ > restart_at_frames && left < copy_at_frames;
  if (!nearly && wal_frames_ < restart_must_at_frames) {
    if (left >= copy_at_frames) checkpointer_->wake();
    return;
  }
  try {
    db_.checkpoint(Database::Wait::for_readers);
    checkpointer_->restarted();
    wal_frames_ = 0;
  } catch (const SqliteError& error) {
    spdlog::warn("store: copying the write-ahead log failed, it is tried again: {}", error.message);
  }
}

}  // namespace backhaul::store::sqlite
