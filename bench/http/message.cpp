#include "bench/http/message.hpp"

#include <strings.h>

#include <charconv>

namespace backhaul::bench::http {

namespace {

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <class Number>
bool read_number(std::string_view text, Number& number, int base = 10) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc{} && end != text.data();
}

struct Framing {
  std::size_t length = 0;
  bool chunked = false;
  bool bad = false;
};

Framing read_headers(std::string_view lines, Message& message) {
  Framing framing;
  while (!lines.empty()) {
    auto end = lines.find("\r\n");
    auto line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 2);
    auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    auto name = line.substr(0, colon);
    auto value = trimmed(line.substr(colon + 1));
    if (same_word(name, "content-length")) framing.bad |= !read_number(value, framing.length);
    if (same_word(name, "transfer-encoding")) framing.chunked = same_word(value, "chunked");
    if (same_word(name, "connection")) message.closes = same_word(value, "close");
  }
  return framing;
}

Progress read_chunks(std::string_view rest, std::size_t head_bytes, Message& message) {
  message.dechunked.clear();
  for (std::size_t at = 0;;) {
    auto end = rest.find("\r\n", at);
    if (end == std::string_view::npos) return Progress::incomplete;
    std::size_t length = 0;
    if (!read_number(rest.substr(at, end - at), length, 16)) return Progress::malformed;
    at = end + 2;
    if (rest.size() - at < length + 2) return Progress::incomplete;
    message.dechunked.append(rest.substr(at, length));
    at += length + 2;
    if (length != 0) continue;
    message.body = message.dechunked;
    message.bytes = head_bytes + at;
    return Progress::complete;
  }
}

}  // namespace

Progress read_message(std::string_view received, Message& message) {
  auto head_end = received.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return Progress::incomplete;
  auto head = received.substr(0, head_end);
  auto line_end = head.find("\r\n");
  message.start_line = head.substr(0, line_end);
  message.closes = message.start_line.find("HTTP/1.0") != std::string_view::npos;
  auto lines = line_end == std::string_view::npos ? std::string_view{} : head.substr(line_end + 2);
  auto framing = read_headers(lines, message);
  if (framing.bad) return Progress::malformed;
  auto rest = received.substr(head_end + 4);
  if (framing.chunked) return read_chunks(rest, head_end + 4, message);
  if (rest.size() < framing.length) return Progress::incomplete;
  message.body = rest.substr(0, framing.length);
  message.bytes = head_end + 4 + framing.length;
  return Progress::complete;
}

int status_of(std::string_view start_line) {
  auto blank = start_line.find(' ');
  int status = 0;
  if (blank == std::string_view::npos || !read_number(start_line.substr(blank + 1), status)) return 0;
  return status;
}

Target target_of(std::string_view start_line) {
  auto first = start_line.find(' ');
  auto last = start_line.rfind(' ');
  if (first == std::string_view::npos || first == last) return {};
  auto url = start_line.substr(first + 1, last - first - 1);
  auto mark = url.find('?');
  auto query = mark == std::string_view::npos ? std::string_view{} : url.substr(mark + 1);
  return {.method = start_line.substr(0, first), .path = url.substr(0, mark), .query = query};
}

std::string_view query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    auto end = query.find('&');
    auto pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
  }
  return {};
}

}  // namespace backhaul::bench::http
