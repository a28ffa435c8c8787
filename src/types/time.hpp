#pragma once
// Points in time are milliseconds since 1970, UTC, wherever they are stored or compared.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace backhaul {

using Millis = std::chrono::milliseconds;

struct Time {
  std::int64_t ms = 0;  // 0 means "not set"

  [[nodiscard]] explicit operator bool() const { return ms != 0; }
  friend auto operator<=>(Time, Time) = default;
  friend Time operator+(Time t, Millis d) { return Time{t.ms + d.count()}; }
  friend Time operator-(Time t, Millis d) { return Time{t.ms - d.count()}; }
  friend Millis operator-(Time a, Time b) { return Millis{a.ms - b.ms}; }
};

// Whether a moment that was set at most `ahead` into the future has come. One that lies further ahead was set before
// the clock was put back: waiting for it would last as long as the clock had been wrong.
[[nodiscard]] constexpr bool is_due(Time at, Time now, Millis ahead) {
  return at.ms <= now.ms || at.ms - now.ms > ahead.count();
}

// 2026-03-14T15:09:26.000Z; years outside 0 to 9999 are shown as the nearest moment inside.
[[nodiscard]] std::string to_iso(Time time);

// Accepts `YYYY-MM-DD`, then optionally `T` or a blank and `HH:MM:SS`, a fraction, and `Z` or `+hh:mm` (also `+hhmm`).
// Text without a zone is taken as UTC. Anything else gives nothing.
[[nodiscard]] std::optional<Time> parse_time(std::string_view text);

}  // namespace backhaul
