#pragma once
// Time, and everything that waits for it, in one queue: what the world does, and what the hub's loop does. One thing
// happens at a time, in a fixed order.

#include <functional>
#include <map>
#include <utility>

#include "async/loop.hpp"

namespace backhaul::sim {

class HubLoop;

class Clock {
 public:
  explicit Clock(Time start) : now_(start) {}

  // True time; the hub's clock may be wrong.
  [[nodiscard]] Time now() const { return now_; }
  // Runs `what` of the world at `when`, or now if that is over.
  void at(Time when, std::function<void()> what) { add(when, nullptr, std::move(what)); }
  void after(Millis delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }
  // Does the next thing that is due until then; false when there is none, and the time is then `until`.
  bool step(Time until);
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

  // How far the hub's clock is off.
  Millis skew{0};

 private:
  friend class HubLoop;
  struct Entry {
    HubLoop* loop;  // nothing: the world's
    std::function<void()> what;
  };
  void add(Time when, HubLoop* loop, std::function<void()> what);

  Time now_;
  std::uint64_t next_ = 0;
  std::uint64_t steps_ = 0;
  std::map<std::pair<Time, std::uint64_t>, Entry> queue_;
};

// The loop one life of the hub runs on. When that life ends, nothing more of it runs.
class HubLoop final : public async::Loop {
 public:
  explicit HubLoop(Clock& clock) : clock_(clock) {}
  void post(std::function<void()> work) override { clock_.add(clock_.now(), this, std::move(work)); }
  void post_after(Millis delay, std::function<void()> work) override {
    clock_.add(clock_.now() + delay, this, std::move(work));
  }
  [[nodiscard]] Time now() const override { return clock_.now() + clock_.skew; }

  void run(const std::function<void()>& work);
  void start(async::Task<void> task);
  void end() { ended_ = true; }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  Clock& clock_;
  bool ended_ = false;
};

}  // namespace backhaul::sim
