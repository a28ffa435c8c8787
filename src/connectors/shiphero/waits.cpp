#include "connectors/shiphero/waits.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>

#include "connectors/shiphero/text.hpp"

namespace backhaul::connectors::shiphero {
namespace {

// Above any wait that means something, and far from overflow when multiplied.
constexpr std::int64_t number_max = 1'000'000;

std::int64_t unit_seconds(std::string_view unit) {
  if (unit.starts_with("sec") || unit == "s") return 1;
  if (unit.starts_with("min") || unit == "m") return 60;
  if (unit.starts_with("hour") || unit == "h") return 3600;
  return 0;
}

// The leading digits of `text`, which are removed from it; nothing when there are none.
std::optional<std::int64_t> take_number(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  if (end == 0) return std::nullopt;
  std::int64_t number = 0;
  for (const char digit : text.substr(0, end)) number = std::min(number * 10 + (digit - '0'), number_max);
  text.remove_prefix(end);
  return number;
}

}  // namespace

std::optional<Millis> parse_time_remaining(std::string_view text) {
  const std::string words = lowered(text);
  std::string_view rest = words;
  std::optional<Millis> sum;
  while (!rest.empty()) {
    const auto number = take_number(rest);
    if (!number) {
      rest.remove_prefix(1);
      continue;
    }
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const std::size_t end = std::min(rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), rest.size());
    const std::int64_t seconds = unit_seconds(rest.substr(0, end));
    if (seconds > 0) sum = sum.value_or(Millis{0}) + std::chrono::seconds{*number * seconds};
    rest.remove_prefix(end);
  }
  return sum;
}

std::optional<Millis> parse_retry_after(std::string_view text, Time now) {
  std::string_view rest = trimmed(text);
  if (all_digits(rest)) return std::chrono::seconds{*take_number(rest)};

  static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::array<char, 4> month{};
  unsigned day = 0, hour = 0, minute = 0, second = 0;
  int year = 0;
  const std::string copy(rest);
  // NOLINTNEXTLINE(cert-err34-c): every field has a width, so no conversion can overflow.
  const int read = std::sscanf(copy.c_str(), "%*3[A-Za-z], %2u %3[A-Za-z] %4d %2u:%2u:%2u GMT", &day, month.data(),
                               &year, &hour, &minute, &second);
  const auto found = std::ranges::find(months, std::string_view(month.data()));
  if (read != 6 || found == months.end()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(found - months.begin()) + 1},
                                         std::chrono::day{day}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const auto at = std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
                  std::chrono::seconds{second};
  const Millis wait{std::chrono::duration_cast<Millis>(at.time_since_epoch()).count() - now.ms};
  return std::max(wait, Millis{0});
}

}  // namespace backhaul::connectors::shiphero
