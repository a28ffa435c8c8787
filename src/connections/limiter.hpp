#pragma once
// A token bucket: how fast one connection may ask its vendor, with all nodes together. Waiters are served in order.
// Single-threaded: all callers run on the engine's loop.

#include "async/loop.hpp"
#include "connectors/connector.hpp"

namespace backhaul::connections {

class TokenBucket final : public connectors::RateLimiter {
 public:
  TokenBucket(async::Loop& loop, double bucket, double refill_per_second);

  async::Task<void> acquire(double cost) override;
  void correct(std::optional<double> left, std::optional<Millis> wait) override;
  void configure(double bucket, double refill_per_second) override;

  // How many nodes ask with the same account: each has that part of the rate and of the bucket.
  void share(int nodes);

  // How long a request of cost 1 would wait now.
  [[nodiscard]] Millis delay() const;

 private:
  void refill();

  async::Loop& loop_;
  double bucket_;
  double per_ms_;
  double nodes_ = 1;
  double level_;  // may be negative: promised to waiters already
  Time refilled_at_;
  Time blocked_until_;  // the vendor's own word
};

}  // namespace backhaul::connections
