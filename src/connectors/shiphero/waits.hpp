#pragma once
// How long ShipHero asks us to wait, in its two spellings.

#include <optional>
#include <string_view>

#include "types/time.hpp"

namespace backhaul::connectors::shiphero {

// "18 seconds", "55 minutes", "1 hour 5 minutes": every number with its unit, added up. Nothing when there is no such
// pair.
[[nodiscard]] std::optional<Millis> parse_time_remaining(std::string_view text);

// An HTTP Retry-After: whole seconds, or a date like "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7, the preferred
// form only). A date in the past is zero. Nothing when it is neither.
[[nodiscard]] std::optional<Millis> parse_retry_after(std::string_view text, Time now);

}  // namespace backhaul::connectors::shiphero
