#pragma once
// Whose turn the writer's time is: the deliveries' that vendors wait for, or the hub's own work's. Told the time, so
// that it can be tested without waiting.

#include <chrono>
#include <cstddef>

#include "store/burst.hpp"

namespace backhaul::store::sqlite {

class Turns {
 public:
  using Clock = BurstGauge::Clock;

  explicit Turns(Clock::time_point now);

  // So many deliveries are about to be written.
  void note(std::size_t deliveries, Clock::time_point now);

  // Whether deliveries come in numbers, and as good as all time is theirs.
  [[nodiscard]] bool pressed(Clock::time_point now) const { return now < pressed_until_; }

  // Whether the hub's own work, begun in this transaction at `begun`, may go on with the next piece.
  [[nodiscard]] bool may_go_on(bool vendors_wait, Clock::time_point begun, Clock::time_point now);
  // A piece of the hub's own work was done.
  void spent(Clock::duration time) { credit_ -= time; }

 private:
  BurstGauge burst_;
  Clock::time_point pressed_since_;
  Clock::time_point pressed_until_;
  Clock::duration credit_{0};  // what the hub's own work may take while pressed
  Clock::time_point credited_at_;
};

// Of a hundred parts of the time, how many the hub's own work has when a burst of deliveries has lasted so long.
[[nodiscard]] int background_percent(std::chrono::milliseconds pressed_for);

}  // namespace backhaul::store::sqlite
