#include "store/sqlite/checkpointer.hpp"

#include <spdlog/spdlog.h>

#include "async/thread.hpp"

namespace backhaul::store::sqlite {

Checkpointer::Checkpointer(const std::string& path)
    : db_(path), thread_(async::named_thread("wal-copier", [this] { run(); })) {}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Checkpointer::wake() {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  wake_.notify_one();
}

void Checkpointer::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return wanted_ || stopping_; });
      if (stopping_) return;
      wanted_ = false;
    }
    try {
      copied_.store(db_.checkpoint(Database::Wait::no).copied);
    } catch (const SqliteError& error) {
      spdlog::warn("store: copying the write-ahead log failed, it is tried again: {}", error.message);
    }
  }
}

}  // namespace backhaul::store::sqlite
