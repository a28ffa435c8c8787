#pragma once
// When a failed attempt is tried again, and when it is given up: the one place that decides it.

#include <cstdint>

#include "connectors/connector.hpp"
#include "returns/model.hpp"
#include "types/time.hpp"

namespace backhaul::dispatch {

struct RetryRules {
  // After an unknown outcome: a vendor that is still busy with the lost request must have had the time to finish it.
  Millis unknown_floor{30'000};
  // A refused key or a missing scope heals only by a person; asking more often would only fill the log.
  Millis blocked_wait{300'000};
};

struct NextTry {
  bool give_up = false;
  Millis wait{0};
  bool spends_attempt = true;  // waiting for a person or for the vendor's permission spends none
};

// `attempt` counts the tries that failed, from 1; those lost with their process do not count. `random` is uniform over
// 64 bits; it moves the wait by up to a fifth either way. Waits grow 1 s, 5 s, 30 s, 2 min, 10 min, 30 min, then
// hourly; a refusal is given up at once, anything else after 16 attempts (reads: 10), which is about ten hours. A wait
// the vendor asks for is honoured between 1 s and 15 min.
[[nodiscard]] NextTry next_try(const connectors::Failure& failure, returns::EffectKind kind, int attempt,
                               const RetryRules& rules, std::uint64_t random);

}  // namespace backhaul::dispatch
