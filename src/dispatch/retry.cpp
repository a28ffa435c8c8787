#include "dispatch/retry.hpp"

#include <algorithm>
#include <array>

namespace backhaul::dispatch {
namespace {

using namespace std::chrono_literals;
using connectors::Failure;

constexpr std::array<Millis, 7> schedule{1s, 5s, 30s, 2min, 10min, 30min, 1h};
constexpr int effect_attempts_max = 16;
constexpr int read_attempts_max = 10;
constexpr Millis asked_min = 1s;
constexpr Millis asked_max = 15min;

Millis with_jitter(Millis wait, std::uint64_t random) {
  const auto percent = static_cast<std::int64_t>(random % 41) - 20;
  return wait + wait * percent / 100;
}

}  // namespace

NextTry next_try(const Failure& failure, returns::EffectKind kind, int attempt, const RetryRules& rules,
                 std::uint64_t random) {
  if (failure.kind == Failure::Kind::refused) return {.give_up = true};
  if (failure.kind == Failure::Kind::blocked) {
    return {.give_up = false, .wait = with_jitter(rules.blocked_wait, random), .spends_attempt = false};
  }
  const bool read = !returns::changes_the_world(kind);
  if (!failure.throttled && attempt >= (read ? read_attempts_max : effect_attempts_max)) return {.give_up = true};

  const auto place = std::min<std::size_t>(static_cast<std::size_t>(std::max(attempt, 1)) - 1, schedule.size() - 1);
  Millis wait = with_jitter(schedule[place], random);
  if (failure.wait) wait = std::max(wait, std::clamp(*failure.wait, asked_min, asked_max));
  if (failure.kind == Failure::Kind::unknown) wait = std::max(wait, rules.unknown_floor);
  return {.give_up = false, .wait = wait, .spends_attempt = !failure.throttled};
}

}  // namespace backhaul::dispatch
