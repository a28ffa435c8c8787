#include "net/http_response.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace backhaul::net {
namespace {

// RFC 9110, 15: the ones our handlers and the server itself use; the phrase is for people only.
constexpr std::array<std::pair<int, std::string_view>, 34> reasons = {{
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
}};

std::string_view reason_for(int status) {
  const auto* found = std::lower_bound(reasons.begin(), reasons.end(), status,
                                       [](const auto& entry, int wanted) { return entry.first < wanted; });
  return found != reasons.end() && found->first == status ? found->second : std::string_view{};
}

bool may_have_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

bool breaks_framing(std::string_view text) {
  return text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos;
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  if (breaks_framing(name) || breaks_framing(value)) {
    spdlog::error("leaving out a response header with a line break in it");
    return;
  }
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

void append_response(std::string& out, const ServerResponse& response, const ResponseFraming& framing) {
  const bool body_allowed = may_have_body(response.status);
  fmt::format_to(std::back_inserter(out), FMT_STRING("HTTP/1.1 {} {}\r\n"), response.status,
                 reason_for(response.status));
  if (!framing.date.empty()) append_header(out, "Date", framing.date);
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  if (body_allowed) {
    if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
    fmt::format_to(std::back_inserter(out), FMT_STRING("Content-Length: {}\r\n"), response.body.size());
  }
  if (framing.close) {
    out.append("Connection: close\r\n");
  } else if (framing.http10) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
  if (body_allowed && !framing.head) out.append(response.body);
}

ServerResponse error_response(int status, std::string_view message) {
  ServerResponse response;
  response.status = status;
  response.body = fmt::format(R"({{"error":"{}"}})", message);
  return response;
}

std::string http_date(Time time) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(static_cast<std::time_t>(time.ms / 1000)));
}

}  // namespace backhaul::net
