#include "connectors/loop/changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace backhaul::connectors::loop {
namespace {

constexpr std::size_t vendor_cursor_bytes_max = 4'096;  // a cursor is a sort key in base64; this is far beyond one

// Reads a number and the dot after it; removes both.
std::optional<std::int64_t> take_index(std::string_view& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end == text.data() + text.size() || *end != '.' || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return value;
}

// A plus stays one: base64 has it, a blank it has not.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      result += text[at];
      continue;
    }
    unsigned byte = 0;
    if (at + 2 >= text.size()) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data() + at + 1, text.data() + at + 3, byte, 16);
    if (error != std::errc{} || end != text.data() + at + 3) return std::nullopt;
    result += static_cast<char>(byte);
    at += 2;
  }
  return result;
}

}  // namespace

std::optional<Place> decode_place(std::string_view cursor) {
  if (cursor.empty()) return Place{};
  const auto sub_window = take_index(cursor);
  if (!sub_window) return std::nullopt;
  const auto state = take_index(cursor);
  if (!state || *state >= static_cast<std::int64_t>(list_states.size())) return std::nullopt;
  return Place{*sub_window, static_cast<std::size_t>(*state), std::string(cursor)};
}

std::string encode_place(const Place& place) {
  return fmt::format("{}.{}.{}", place.sub_window, place.state, place.vendor_cursor);
}

std::optional<Window> sub_window(const Window& window, std::int64_t number) {
  const auto size = sub_window_max.count();
  if (window.from >= window.to || number < 0 || number > (window.to - window.from).count() / size) return std::nullopt;
  const Time from{window.from.ms + number * size};
  if (from >= window.to) return std::nullopt;
  return Window{from, std::min(window.to, from + sub_window_max)};
}

std::optional<Place> place_after(const Place& place, std::string next_vendor_cursor, const Window& window) {
  if (!next_vendor_cursor.empty()) return Place{place.sub_window, place.state, std::move(next_vendor_cursor)};
  if (place.state + 1 < list_states.size()) return Place{place.sub_window, place.state + 1, {}};
  if (sub_window(window, place.sub_window + 1)) return Place{place.sub_window + 1, 0, {}};
  return std::nullopt;
}

std::optional<std::string> cursor_of(std::string_view url) {
  if (url.empty()) return std::string();
  url = url.substr(0, url.find('#'));
  const auto question = url.find('?');
  if (question == std::string_view::npos) return std::nullopt;
  auto query = url.substr(question + 1);
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    constexpr std::string_view name = "cursor=";
    if (pair.starts_with(name) && pair.size() > name.size() && pair.size() <= vendor_cursor_bytes_max) {
      return percent_decoded(pair.substr(name.size()));
    }
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
  }
  return std::nullopt;
}

}  // namespace backhaul::connectors::loop
