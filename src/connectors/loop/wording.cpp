#include "connectors/loop/wording.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace backhaul::connectors::loop {
namespace {

constexpr std::size_t message_bytes_max = 500;  // connector.hpp, Failure::message
constexpr std::size_t note_bytes_max = 254;
constexpr std::string_view ellipsis = "…";
constexpr std::string_view blanks = " \t\r\n\f\v";

bool is_address_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("@._%+-'").find(c) != std::string_view::npos;
}

bool looks_like_address(std::string_view word) {
  // With something on both sides, whatever stands around it: "@pat@example.com@" holds one.
  const auto first = std::min(word.find_first_not_of('@'), word.size());
  const auto last = word.find_last_not_of('@');
  if (word.find('@', first) < last && last != std::string_view::npos) return true;
  return word.find("%40") != std::string_view::npos;
}

}  // namespace

std::string_view cut_utf8(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return result;
}

std::string presentable(std::string_view words) {
  std::string result;
  words = trimmed(words);
  while (!words.empty()) {
    std::size_t length = 0;
    while (length < words.size() && is_address_char(words[length])) ++length;
    if (length > 0) {
      const auto word = words.substr(0, length);
      result += looks_like_address(word) ? std::string_view("[e-mail]") : word;
    } else {
      length = 1;
      result += static_cast<unsigned char>(words[0]) < 0x20 || words[0] == 0x7F ? ' ' : words[0];
    }
    words.remove_prefix(length);
  }
  return std::string(cut_utf8(result, message_bytes_max));
}

std::string note_content(std::string_view text, std::string_view reference) {
  const auto mark = reference.empty() ? std::string() : fmt::format(" [{}]", reference);
  const auto room = note_bytes_max - mark.size();
  text = trimmed(text);
  if (text.size() <= room) return std::string(text) + mark;
  return std::string(cut_utf8(text, room - ellipsis.size())).append(ellipsis).append(mark);
}

}  // namespace backhaul::connectors::loop
