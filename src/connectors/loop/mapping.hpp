#pragma once
// Loop's words made ours. Pure functions.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/connector.hpp"
#include "connectors/loop/types.hpp"

namespace backhaul::connectors::loop {

// Loop writes "N/A" or "" where there is nothing; ours is always "".
[[nodiscard]] std::string present(std::string_view text);

// Takes `review`, `needs review` and `needs_review`, any case; words without a documented meaning, such as the admin
// list's `processing`, are `unknown`. Contract 2.1.
[[nodiscard]] returns::SourceState to_state(std::string_view word);

// "40.00" in USD is 4000, in JPY 40, in KWD 40000: exact, no floating point. Digits beyond the currency's minor unit
// round half away from zero. Nothing when `decimal` is no decimal number or does not fit.
[[nodiscard]] std::optional<std::int64_t> to_minor(std::string_view decimal, std::string_view currency);

// The error names the field that cannot be read: a price or date that is there and is none would otherwise quietly
// become 0 and mislead a rule about money.
[[nodiscard]] Result<returns::SourceView, std::string> to_view(const WireReturn& value);
[[nodiscard]] Result<SourceRead, std::string> to_read(const WireReturn& value, std::string raw);

// The topic is the trigger, or the payload's topic when there is none. The view is there for topic `return` alone, and
// not when to_view fails: a hint without a view makes the hub read.
[[nodiscard]] SourceHint to_hint(const WireDelivery& delivery);

// Whether the return already is as the action would make it. False for kinds whose result the return does not show.
[[nodiscard]] bool stands(const Action& action, const returns::SourceView& view);

}  // namespace backhaul::connectors::loop
