#pragma once
// The order in which changed returns are listed. Loop takes one state per question (without one it leaves out cancelled
// and review) and at most 120 days (contract 4.2), so a window is walked in sub-windows, each in one pass per state.
// Where we are is written in the cursor the hub hands back. Pure functions.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/connector.hpp"

namespace backhaul::connectors::loop {

inline constexpr std::array<std::string_view, 5> list_states = {"open", "review", "cancelled", "closed", "expired"};
// Loop refuses more than 120 days with 422; a day less keeps clear of how it counts.
inline constexpr Millis sub_window_max{119LL * 24 * 60 * 60 * 1'000};

struct Place {
  std::int64_t sub_window = 0;  // from 0
  std::size_t state = 0;        // index into list_states
  std::string vendor_cursor;    // empty: the first page

  friend bool operator==(const Place&, const Place&) = default;
};

// "" is the beginning; else "<sub_window>.<state>.<vendor cursor>". Nothing when it is not one of ours.
[[nodiscard]] std::optional<Place> decode_place(std::string_view cursor);
[[nodiscard]] std::string encode_place(const Place& place);

// The sub-window with this number; nothing past the end of `window`.
[[nodiscard]] std::optional<Window> sub_window(const Window& window, std::int64_t number);

// Where to go on after a page. Nothing after the last one.
[[nodiscard]] std::optional<Place> place_after(const Place& place, std::string next_vendor_cursor,
                                               const Window& window);

// The value of `cursor` in Loop's nextPageUrl, percent-decoded. The rest of that URL, its host above all, is not
// believed: the key must not travel where an answer says. Empty `url`: an empty cursor. Nothing when there is a URL
// without a cursor.
[[nodiscard]] std::optional<std::string> cursor_of(std::string_view url);

}  // namespace backhaul::connectors::loop
