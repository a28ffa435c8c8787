#include "types/id.hpp"

#include <array>

namespace backhaul {
namespace {

// Crockford's alphabet: no I, L, O, U, and in ASCII order, so that text sorts like the number.
constexpr std::string_view digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr int number_digits = 13;  // 65 bits, enough for any 64-bit number

void append_base32(std::string& out, std::uint64_t value, int width) {
  for (int place = width - 1; place >= 0; --place) out += digits[(value >> (5 * place)) & 31U];
}

}  // namespace

namespace detail {

std::string format_number_id(std::string_view prefix, std::int64_t value) {
  std::string out(prefix);
  append_base32(out, static_cast<std::uint64_t>(value), number_digits);
  return out;
}

std::optional<std::int64_t> parse_number_id(std::string_view prefix, std::string_view text) {
  if (!text.starts_with(prefix) || text.size() != prefix.size() + number_digits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text.substr(prefix.size())) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos || (value >> 59U) != 0) return std::nullopt;
    value = (value << 5U) | digit;
  }
  const auto number = static_cast<std::int64_t>(value);
  if (number <= 0) return std::nullopt;
  return number;
}

}  // namespace detail

ConnectionId make_connection_id(std::int64_t now_ms, std::uint64_t random) {
  std::string out = "con_";
  append_base32(out, static_cast<std::uint64_t>(now_ms), 9);
  append_base32(out, random, 10);
  return ConnectionId{std::move(out)};
}

}  // namespace backhaul
