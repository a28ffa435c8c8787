#pragma once
// A loop whose clock the test moves. Functions run when the test says so, on the test's thread, in a fixed order.

#include <cassert>
#include <map>
#include <mutex>
#include <utility>

#include "async/loop.hpp"

namespace backhaul::test {

class ManualLoop final : public async::Loop {
 public:
  explicit ManualLoop(Time start = Time{1'773'500'000'000}) : now_(start) {}

  void post(std::function<void()> work) override { post_after(Millis{0}, std::move(work)); }
  void post_after(Millis delay, std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    queue_.emplace(std::pair{now_ + delay, next_++}, std::move(work));
  }
  [[nodiscard]] Time now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }

  // Runs everything that is due; the clock stands still.
  void run_ready() {
    while (run_one(now())) {
    }
  }
  // Moves the clock forward, running what falls due on the way.
  void advance(Millis by) {
    const Time end = now() + by;
    while (run_one(end)) {
    }
    const std::lock_guard lock(mutex_);
    now_ = end;
  }

  // Puts the clock back, as an operator or NTP may. Timers still run after the delay they were given.
  void put_back(Millis by) {
    const std::lock_guard lock(mutex_);
    now_ = now_ - by;
    auto waiting = std::exchange(queue_, {});
    for (auto& [when, work] : waiting) queue_.emplace(std::pair{when.first - by, when.second}, std::move(work));
  }

  // Runs `task` to its end, moving the clock as far as its timers ask, and gives its result. Other threads may resolve
  // what it waits for: then this spins until they have.
  template <class T>
  T wait(async::Task<T> task) {
    std::optional<T> result;
    start([](async::Task<T> inner, std::optional<T>& out) -> async::Task<void> {
      out.emplace(co_await std::move(inner));
    }(std::move(task), result));
    while (!result) step();
    return std::move(*result);
  }
  void wait(async::Task<void> task) {
    bool done = false;
    start([](async::Task<void> inner, bool& out) -> async::Task<void> {
      co_await std::move(inner);
      out = true;
    }(std::move(task), done));
    while (!done) step();
  }
  // Starts `task` on this loop and returns at its first wait.
  void start(async::Task<void> task) {
    const Running running(*this);
    async::spawn(std::move(task));
  }

 private:
  void step() { run_one(Time{INT64_MAX}); }

  bool run_one(Time until) {
    std::function<void()> work;
    {
      const std::lock_guard lock(mutex_);
      if (queue_.empty() || queue_.begin()->first.first > until) return false;
      auto first = queue_.extract(queue_.begin());
      now_ = std::max(now_, first.key().first);
      work = std::move(first.mapped());
    }
    const Running running(*this);
    work();
    return true;
  }

  mutable std::mutex mutex_;
  Time now_;
  std::uint64_t next_ = 0;
  std::map<std::pair<Time, std::uint64_t>, std::function<void()>> queue_;
};

}  // namespace backhaul::test
