#include "store/sqlite/writer.hpp"

#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <map>

namespace backhaul::store::sqlite {
namespace {

// More than this waiting means the disk cannot keep up; the vendor is told to come back (503) rather than kept waiting.
constexpr std::size_t queue_max = 8'192;
// One transaction: enough to share a flush among all connections, few enough to keep its latency near the flush's own.
constexpr std::size_t batch_max = 512;
// Frames are one page, 16 KiB: 1,024 of them are 16 MiB of WAL.
constexpr int checkpoint_every_commits = 256;

// Whether the transaction failed because of something outside it, so that each part alone would fail as well.
bool concerns_all(int code) {
  return code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_BUSY || code == SQLITE_CORRUPT ||
         code == SQLITE_CANTOPEN || code == SQLITE_READONLY || code == SQLITE_NOMEM || code == SQLITE_LOCKED;
}

}  // namespace

Writer::Writer(const std::string& path, std::function<void(Database&)> on_commit)
    : db_(path), on_commit_(std::move(on_commit)) {
  migrate(db_);
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

void Writer::enqueue(std::unique_ptr<Op> op) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() < queue_max && !stopping_) {
      queue_.push_back(std::move(op));
      if (queue_.size() == 1) wake_.notify_one();
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
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !queue_.empty() || stopping_; });
      if (queue_.empty()) return;
      if (queue_.size() <= batch_max) {
        batch.swap(queue_);
      } else {
        const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(batch_max);
        batch.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
        queue_.erase(queue_.begin(), end);
      }
    }
    commit(batch);
    answer(batch);
    keep_wal_short();
  }
}

void Writer::commit(Ops& ops) {
  try {
    Transaction transaction(db_);
    for (auto& op : ops) op->run(db_);
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
    commit(alone);
    op = std::move(alone.front());
  }
}

void Writer::answer(Ops& ops) {
  // One wake-up per loop, not one per request.
  std::map<async::Loop*, std::vector<std::coroutine_handle<>>> by_loop;
  for (auto& op : ops) by_loop[op->loop()].push_back(op->settle());
  for (auto& [loop, handles] : by_loop) {
    loop->post([handles = std::move(handles)] {
      for (const auto& handle : handles) handle.resume();
    });
  }
}

// The WAL is reused from its start once all of it has been copied and nobody reads it. Copying happens here, between commits
// and after the answers, so that no delivery's answer contains it.
void Writer::keep_wal_short() {
  if (++commits_since_checkpoint_ < checkpoint_every_commits) return;
  commits_since_checkpoint_ = 0;
  try {
    db_.checkpoint();
  } catch (const SqliteError& error) {
    spdlog::warn("store: copying the write-ahead log failed, it is tried again: {}", error.message);
  }
}

}  // namespace backhaul::store::sqlite
