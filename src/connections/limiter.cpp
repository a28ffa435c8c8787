#include "connections/limiter.hpp"

#include <algorithm>
#include <cmath>

namespace backhaul::connections {

TokenBucket::TokenBucket(async::Loop& loop, double bucket, double refill_per_second)
    : loop_(loop), bucket_(bucket), per_ms_(refill_per_second / 1000), level_(bucket), refilled_at_(loop.now()) {}

void TokenBucket::refill() {
  const Time now = loop_.now();
  // A clock that was set back must neither drain the bucket nor freeze it.
  const auto passed = std::max<std::int64_t>(0, (now - refilled_at_).count());
  if (now < refilled_at_ && blocked_until_) blocked_until_ = blocked_until_ - (refilled_at_ - now);
  level_ = std::min(bucket_ / nodes_, level_ + static_cast<double>(passed) * per_ms_ / nodes_);
  refilled_at_ = now;
}

// Spends at once, going below zero if need be, and then waits until the debt would be paid: later callers find the debt
// and wait longer, which keeps them in order.
async::Task<void> TokenBucket::acquire(double cost) {
  refill();
  level_ -= std::min(cost, bucket_);
  double wait_ms = level_ < 0 ? std::ceil(-level_ * nodes_ / per_ms_) : 0;
  wait_ms = std::max(wait_ms, static_cast<double>((blocked_until_ - loop_.now()).count()));
  while (wait_ms > 0) {
    auto waiting = async::sleep(Millis{static_cast<std::int64_t>(wait_ms)});
    co_await std::move(waiting);
    // The vendor may have asked for a pause meanwhile.
    refill();
    wait_ms = static_cast<double>((blocked_until_ - loop_.now()).count());
  }
}

void TokenBucket::correct(std::optional<double> left, std::optional<Millis> wait) {
  refill();
  if (left) level_ = std::min(level_, *left / nodes_);
  if (wait) blocked_until_ = std::max(blocked_until_, loop_.now() + *wait);
}

void TokenBucket::configure(double bucket, double refill_per_second) {
  refill();
  level_ += (bucket - bucket_) / nodes_;
  bucket_ = bucket;
  per_ms_ = refill_per_second / 1000;
}

void TokenBucket::share(int nodes) {
  refill();
  nodes_ = std::max(1, nodes);
  level_ = std::min(level_, bucket_ / nodes_);
}

Millis TokenBucket::delay() const {
  const auto passed = std::max<std::int64_t>(0, (loop_.now() - refilled_at_).count());
  const double missing = 1 - level_ - static_cast<double>(passed) * per_ms_ / nodes_;
  const auto debt = missing <= 0 ? Millis{0} : Millis{static_cast<std::int64_t>(std::ceil(missing * nodes_ / per_ms_))};
  return std::max(debt, std::max(Millis{0}, blocked_until_ - loop_.now()));
}

}  // namespace backhaul::connections
