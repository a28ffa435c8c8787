#include "cli/table.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdlib>

namespace backhaul::cli {
namespace {

namespace json = boost::json;

void append_cell(std::string& line, const std::string& cell, std::size_t width, bool last) {
  line += cell;
  if (last) return;
  const auto used = display_width(cell);
  line.append(width > used ? width - used : 0, ' ');
  line += "  ";
}

std::string cut(std::string text, std::size_t width) {
  if (display_width(text) <= width || width < 2) return text;
  std::size_t at = 0;
  for (std::size_t seen = 0; seen < width - 1 && at < text.size(); ++seen) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U) ++at;
  }
  text.resize(at);
  return text + "…";
}

void print(std::string& out, const json::value& value, int depth) {
  const auto indent = [&](int levels) { out.append(static_cast<std::size_t>(levels) * 2, ' '); };
  if (value.is_object() && !value.as_object().empty()) {
    out += "{\n";
    bool first = true;
    for (const auto& [key, entry] : value.as_object()) {
      if (!std::exchange(first, false)) out += ",\n";
      indent(depth + 1);
      out += json::serialize(json::value(key)) + ": ";
      print(out, entry, depth + 1);
    }
    out += "\n";
    indent(depth);
    out += "}";
  } else if (value.is_array() && !value.as_array().empty()) {
    out += "[\n";
    bool first = true;
    for (const auto& entry : value.as_array()) {
      if (!std::exchange(first, false)) out += ",\n";
      indent(depth + 1);
      print(out, entry, depth + 1);
    }
    out += "\n";
    indent(depth);
    out += "]";
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string format_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows,
                         std::size_t width) {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < head.size(); ++column) {
    auto widest = display_width(head[column]);
    for (const auto& row : rows) widest = std::max(widest, display_width(row[column]));
    widths.push_back(widest);
  }
  std::string out;
  const auto add = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t column = 0; column < cells.size(); ++column) {
      append_cell(line, cells[column], widths[column], column + 1 == cells.size());
    }
    while (line.ends_with(' ')) line.pop_back();
    out += (width > 0 ? cut(std::move(line), width) : line) + "\n";
  };
  add(head);
  for (const auto& row : rows) add(row);
  return out;
}

std::size_t terminal_width() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

std::string short_time(Time time) {
  if (!time) return "-";
  auto text = to_iso(time).substr(0, 19);
  text[10] = ' ';
  return text;
}

std::string relative_time(Time time, Time now) {
  if (!time) return "-";
  const auto away = std::abs((time - now).count()) / 1000;
  struct Unit {
    std::int64_t seconds;
    const char* name;
  };
  constexpr std::array units{Unit{86'400, "d"}, Unit{3'600, "h"}, Unit{60, "min"}, Unit{1, "s"}};
  for (const auto& unit : units) {
    if (away < unit.seconds && unit.seconds != 1) continue;
    return time <= now ? fmt::format("{} {} ago", away / unit.seconds, unit.name)
                       : fmt::format("in {} {}", away / unit.seconds, unit.name);
  }
  return "now";
}

std::string pretty(const json::value& value) {
  std::string out;
  print(out, value, 0);
  return out + "\n";
}

}  // namespace backhaul::cli
