#include "dispatch/breaker.hpp"

#include <algorithm>

namespace backhaul::dispatch {
namespace {

using namespace std::chrono_literals;
using connectors::Failure;

constexpr int opens_after = 5;      // fewer would open on a vendor's hiccup
constexpr Millis first_pause = 5s;  // doubles with each opening
constexpr Millis pause_max = 5min;  // a vendor that is back is noticed within this time
constexpr int doublings_max = 6;

}  // namespace

bool Breaker::allows(Time now, int running) const {
  if (is_open(now)) return false;
  return openings_ == 0 || running == 0;
}

bool Breaker::succeeded() {
  const bool was_failing = openings_ > 0;
  in_a_row_ = 0;
  openings_ = 0;
  open_until_ = {};
  return was_failing;
}

bool Breaker::failed(const Failure& failure, Time now) {
  if (failure.kind == Failure::Kind::refused || failure.throttled) {
    succeeded();
    return false;
  }
  ++in_a_row_;
  const bool blocked = failure.kind == Failure::Kind::blocked;
  if (!blocked && openings_ == 0 && in_a_row_ < opens_after) return false;
  if (is_open(now)) return false;  // others of the same moment
  pause_ = std::min(pause_max, first_pause * (1 << std::min(openings_, doublings_max)));
  open_until_ = now + pause_;
  ++openings_;
  return true;
}

}  // namespace backhaul::dispatch
