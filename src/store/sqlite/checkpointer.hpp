#pragma once
// Copies the write-ahead log into the database file beside the writer, on a thread and a connection of its own: no
// delivery's answer waits for it.

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "store/sqlite/database.hpp"

namespace backhaul::store::sqlite {

class Checkpointer {
 public:
  explicit Checkpointer(const std::string& path);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // Begins a pass, unless one is under way.
  void wake();
  // Frames of the log copied so far, as of the last pass.
  [[nodiscard]] int copied() const { return copied_.load(); }
  // The log begins anew.
  void restarted() { copied_.store(0); }

 private:
  void run();

  Database db_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool wanted_ = false;
  bool stopping_ = false;
  std::atomic<int> copied_{0};
  std::thread thread_;
};

}  // namespace backhaul::store::sqlite
