#pragma once
// Small things done to words: trimming, comparing, hiding.

#include <string>
#include <string_view>

#include "types/time.hpp"

namespace backhaul::connectors::shiphero {

// Without blanks, tabs and line ends at either side.
[[nodiscard]] std::string_view trimmed(std::string_view text);
// ASCII letters in lower case; other bytes as they are.
[[nodiscard]] std::string lowered(std::string_view text);
// Equal without regard to ASCII case and outer blanks: how ShipHero compares SKUs (contract 2.2).
[[nodiscard]] bool same_word(std::string_view left, std::string_view right);
// At least one character, and digits only.
[[nodiscard]] bool all_digits(std::string_view text);

// A vendor's words as they may be shown: e-mail-looking words masked, control characters blanked, at most `bytes_max`
// bytes, cut between UTF-8 characters.
[[nodiscard]] std::string shown(std::string_view words, std::size_t bytes_max);

// YYYY-MM-DDTHH:MM:SS in UTC, the longest form ShipHero's ISODateTime accepts. `up` rounds to the next second.
[[nodiscard]] std::string to_vendor_time(Time time, bool up);

}  // namespace backhaul::connectors::shiphero
