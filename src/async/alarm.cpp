#include "async/alarm.hpp"

#include <algorithm>

namespace backhaul::async {

void Alarm::set(Time at) {
  const Time now = loop_.now();
  // A timer that should have rung by now is not relied on: the clock was put forward.
  if (armed_ > now && armed_ <= at) return;
  armed_ = at;
  loop_.post_after(std::max(Millis{0}, at - now), [this, at] {
    // Not by comparing with the clock, which may have been put back meanwhile: then it would hide later moments.
    if (armed_ == at) armed_ = {};
    ring_();
  });
}

}  // namespace backhaul::async
