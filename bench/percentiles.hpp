#pragma once
// Percentiles by the nearest-rank rule: p99 of 100 values is the 99th smallest. All zero when there are none.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace backhaul::bench {

struct Percentiles {
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double max = 0;
};

// From nanoseconds, in microseconds.
[[nodiscard]] inline Percentiles percentiles_us(std::vector<std::int64_t> durations_ns) {
  if (durations_ns.empty()) return {};
  std::sort(durations_ns.begin(), durations_ns.end());
  auto at = [&](double share) {
    auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(durations_ns.size())));
    return static_cast<double>(durations_ns[std::max<std::size_t>(rank, 1) - 1]) / 1e3;
  };
  return {.p50 = at(0.50), .p90 = at(0.90), .p99 = at(0.99), .max = at(1.0)};
}

}  // namespace backhaul::bench
