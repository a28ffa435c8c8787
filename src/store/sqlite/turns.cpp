#include "store/sqlite/turns.hpp"

#include <algorithm>
#include <utility>

namespace backhaul::store::sqlite {
namespace {

// The hub's own work shares a transaction with deliveries, or keeps those waiting that come meanwhile, for so long at
// most. Much shorter, and a steady stream of deliveries would cut it into transactions of one or two pieces, each of
// which writes as many pages as a hundred.
constexpr std::chrono::milliseconds shares_for{1};
// A burst. Machines that never take as many a second share their time whatever comes.
constexpr double burst_per_second = 25'000;
// Longer than a flush that takes its time, which is no pause of the vendors'.
constexpr std::chrono::milliseconds stays_pressed_for{50};
// The hub's own work in a burst: this share of the time. What is stored can wait, a vendor does not, so a burst is
// taken first; but the news of a busy hour must not wait for its end, so the share grows.
constexpr int background_percent_least = 1;
constexpr int background_percent_most = 25;
constexpr std::chrono::seconds burst_at_most{10};
// Pressed again within this time, vendors count as never having stopped.
constexpr std::chrono::seconds pressure_forgotten_after{1};
// Credit kept for the hub's own work: the longest it then delays a delivery at once, about a flush.
constexpr std::chrono::microseconds credit_max{500};

}  // namespace

int background_percent(std::chrono::milliseconds pressed_for) {
  if (pressed_for <= burst_at_most) return background_percent_least;
  const auto more = (pressed_for - burst_at_most) / std::chrono::seconds(2);
  return static_cast<int>(std::min<std::int64_t>(background_percent_least + more, background_percent_most));
}

Turns::Turns(Clock::time_point now)
    : burst_(burst_per_second, now), pressed_since_(now), pressed_until_(now), credited_at_(now) {}

void Turns::note(std::size_t deliveries, Clock::time_point now) {
  if (!burst_.note(deliveries, now)) return;
  if (now > pressed_until_ + pressure_forgotten_after) pressed_since_ = now;
  if (!pressed(now)) {  // what was done while nobody pressed is not held against the hub's own work now
    credit_ = Clock::duration::zero();
    credited_at_ = now;
  }
  pressed_until_ = now + stays_pressed_for;
}

bool Turns::may_go_on(bool vendors_wait, Clock::time_point begun, Clock::time_point now) {
  if (!pressed(now)) return !vendors_wait || now - begun < shares_for;
  const auto pressed_for = std::chrono::duration_cast<std::chrono::milliseconds>(now - pressed_since_);
  const auto earned = (now - std::exchange(credited_at_, now)) * background_percent(pressed_for) / 100;
  credit_ = std::min<Clock::duration>(credit_ + earned, credit_max);
  return credit_ > Clock::duration::zero();
}

}  // namespace backhaul::store::sqlite
