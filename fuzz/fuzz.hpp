#pragma once
// What the targets share. A target asserts by `check`; a broken one ends the run, and libFuzzer keeps the input.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "types/result.hpp"

namespace backhaul::fuzz {

// Stands in many seeds where vendors put shoppers' addresses. It must not come out in what is logged or stored as an
// error (law 8).
inline constexpr std::string_view personal = "shopper@example.com";

inline void check(bool holds, const char* law) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", law);
  std::abort();
}

// An error's words: there are some, and nothing personal is among them.
inline void check_words(std::string_view words) {
  check(!words.empty(), "an error says what is wrong");
  check(words.find(personal) == std::string_view::npos, "an error repeats nothing personal");
}

inline bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

inline std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Takes the front of `text` up to `end` off it; all of it when there is no `end`.
inline std::string_view take_until(std::string_view& text, char end) {
  const auto at = std::min(text.find(end), text.size());
  const auto taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

}  // namespace backhaul::fuzz
