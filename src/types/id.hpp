#pragma once
// Identifiers. Different things have different types, so that a return cannot be passed where a job is wanted.
//
// Rows we make ourselves are numbered by the store; in public they are written as prefix + 13 base-32 digits
// (`ret_0000000000A1C`), which sort in the order of creation. Ids that belong to someone else are strings.

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace backhaul {

namespace detail {
std::string format_number_id(std::string_view prefix, std::int64_t value);
std::optional<std::int64_t> parse_number_id(std::string_view prefix, std::string_view text);
}  // namespace detail

// A number given by the store; 0 means "none yet". Tag supplies the public prefix.
template <class Tag>
struct NumberId {
  std::int64_t value = 0;

  [[nodiscard]] explicit operator bool() const { return value != 0; }
  [[nodiscard]] std::string str() const { return detail::format_number_id(Tag::prefix, value); }
  // Accepts the public form only; nothing else is one of ours.
  [[nodiscard]] static std::optional<NumberId> parse(std::string_view text) {
    if (auto number = detail::parse_number_id(Tag::prefix, text)) return NumberId{*number};
    return std::nullopt;
  }
  friend auto operator<=>(NumberId, NumberId) = default;
};

struct EventTag {
  static constexpr std::string_view prefix = "evt_";
};
struct ReturnTag {
  static constexpr std::string_view prefix = "ret_";
};
struct JobTag {
  static constexpr std::string_view prefix = "job_";
};
struct AttemptTag {
  static constexpr std::string_view prefix = "att_";
};

// An event's number is also its place in the journal: a later event has a greater one.
using EventId = NumberId<EventTag>;
using ReturnId = NumberId<ReturnTag>;
using JobId = NumberId<JobTag>;
using AttemptId = NumberId<AttemptTag>;

// A string with a meaning; Tag only tells the types apart.
template <class Tag>
struct TextId {
  std::string value;

  [[nodiscard]] bool empty() const { return value.empty(); }
  [[nodiscard]] const std::string& str() const { return value; }
  friend auto operator<=>(const TextId&, const TextId&) = default;
};

using MerchantId = TextId<struct MerchantTag>;      // chosen by the operator, e.g. "default"
using ConnectionId = TextId<struct ConnectionTag>;  // con_ + time-sorted random
using ExternalId = TextId<struct ExternalTag>;      // a vendor's id of a return or an RMA, verbatim

// con_ + 9 base-32 digits of milliseconds + 10 random ones. `random` supplies 50 bits.
[[nodiscard]] ConnectionId make_connection_id(std::int64_t now_ms, std::uint64_t random);

}  // namespace backhaul

template <class Tag>
struct std::hash<backhaul::TextId<Tag>> {
  std::size_t operator()(const backhaul::TextId<Tag>& id) const noexcept { return std::hash<std::string>{}(id.value); }
};
template <class Tag>
struct std::hash<backhaul::NumberId<Tag>> {
  std::size_t operator()(backhaul::NumberId<Tag> id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};
