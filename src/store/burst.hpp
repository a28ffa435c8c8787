#pragma once
// Whether deliveries come as a burst: so many a second that taking them is all the machine should do for a while.
// Counted over a time, not by how many share a transaction: a transaction that took a little longer lets a handful wait
// at any rate, and the hub's own work would give way although the machine idles.

#include <chrono>
#include <cstddef>
#include <utility>

namespace backhaul::store {

class BurstGauge {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds counted_for{10};

  // From so many deliveries a second on it is a burst.
  BurstGauge(double per_second, Clock::time_point now) : per_second_(per_second), since_(now) {}

  // So many have come since the last call. True when with them a time is over in which there was a burst.
  [[nodiscard]] bool note(std::size_t deliveries, Clock::time_point now) {
    count_ += deliveries;
    const auto passed = now - since_;
    if (passed < counted_for) return false;
    since_ = now;
    return static_cast<double>(std::exchange(count_, 0)) >= per_second_ * std::chrono::duration<double>(passed).count();
  }

 private:
  double per_second_;
  Clock::time_point since_;
  std::size_t count_ = 0;
};

}  // namespace backhaul::store
