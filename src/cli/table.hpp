#pragma once
// What the CLI prints: tables people read, or the same as JSON.

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "types/time.hpp"

namespace backhaul::cli {

// Columns as wide as their widest cell; the last is cut so that a line fits `width` (0: not cut).
[[nodiscard]] std::string format_table(const std::vector<std::string>& head,
                                       const std::vector<std::vector<std::string>>& rows, std::size_t width);

// Columns of the terminal behind standard output; 0 when it is none.
[[nodiscard]] std::size_t terminal_width();

// "2026-03-14 15:09:26" in UTC.
[[nodiscard]] std::string short_time(Time time);
// "3 s ago", "in 4 min".
[[nodiscard]] std::string relative_time(Time time, Time now);

// Indented, keys in their order; what --json prints.
[[nodiscard]] std::string pretty(const boost::json::value& value);

// A character's display width is taken as 1, so count code points.
[[nodiscard]] std::size_t display_width(std::string_view text);

}  // namespace backhaul::cli
