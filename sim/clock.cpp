#include "clock.hpp"

namespace backhaul::sim {

void Clock::add(Time when, HubLoop* loop, std::function<void()> what) {
  queue_.emplace(std::pair{std::max(when, now_), next_++}, Entry{.loop = loop, .what = std::move(what)});
}

bool Clock::step(Time until) {
  if (queue_.empty() || queue_.begin()->first.first > until) {
    now_ = std::max(now_, until);
    return false;
  }
  auto first = queue_.extract(queue_.begin());
  now_ = first.key().first;
  ++steps_;
  auto& entry = first.mapped();
  if (entry.loop == nullptr) {
    entry.what();
  } else if (!entry.loop->ended()) {
    entry.loop->run(entry.what);
  }
  return true;
}

void HubLoop::run(const std::function<void()>& work) {
  const Running running(*this);
  work();
}

void HubLoop::start(async::Task<void> task) {
  const Running running(*this);
  async::spawn(std::move(task));
}

}  // namespace backhaul::sim
