#include "connectors/shiphero/text.hpp"

#include <algorithm>

namespace backhaul::connectors::shiphero {
namespace {

constexpr std::string_view blanks = " \t\r\n";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string without_addresses(std::string_view words) {
  std::string out;
  while (!words.empty()) {
    const std::size_t start = std::min(words.find_first_not_of(blanks), words.size());
    const std::size_t end = std::min(words.find_first_of(blanks, start), words.size());
    const std::string_view word = words.substr(start, end - start);
    out.append(start, ' ');
    out += word.find('@') == std::string_view::npos ? word : std::string_view("***");
    words.remove_prefix(end);
  }
  return out;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t start = text.find_first_not_of(blanks);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(blanks) - start + 1);
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool same_word(std::string_view left, std::string_view right) {
  const std::string_view a = trimmed(left);
  const std::string_view b = trimmed(right);
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string shown(std::string_view words, std::size_t bytes_max) {
  std::string out = without_addresses(words);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  if (out.size() <= bytes_max) return out;
  std::size_t end = bytes_max;
  // A continuation byte is 10xxxxxx: step back to where its character starts.
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U) --end;
  out.resize(end);
  return out;
}

std::string to_vendor_time(Time time, bool up) {
  const std::int64_t rest = time.ms % 1000;
  Time whole{time.ms - rest};
  if (up && rest > 0) whole.ms += 1000;
  return to_iso(whole).substr(0, 19);
}

}  // namespace backhaul::connectors::shiphero
