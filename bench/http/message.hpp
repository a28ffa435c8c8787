#pragma once
// The little of HTTP/1.1 that a load generator and a stub vendor need: finding where a message ends. Both sides use it,
// so that neither pays for a library the other side of the measurement would have to share the two cores with.

#include <cstddef>
#include <string>
#include <string_view>

namespace backhaul::bench::http {

// One message at the start of a buffer. The views point into that buffer, except `body` of a chunked message, which
// points into `dechunked`; they are valid until the buffer or this object changes.
struct Message {
  std::string_view start_line;
  std::string_view body;
  bool closes = false;    // HTTP/1.0 or `Connection: close`
  std::size_t bytes = 0;  // of the whole message; the next one starts here
  std::string dechunked;
};

enum class Progress { incomplete, complete, malformed };

// Reads the message `received` starts with. Content-Length and chunked bodies; a message with neither has no body, so
// answers that end with the connection are not understood.
[[nodiscard]] Progress read_message(std::string_view received, Message& message);

// 200 out of "HTTP/1.1 200 OK"; 0 when it is no status line.
[[nodiscard]] int status_of(std::string_view start_line);

struct Target {
  std::string_view method;
  std::string_view path;
  std::string_view query;  // without the '?'
};
// Out of "GET /path?query HTTP/1.1"; empty parts when it is no request line.
[[nodiscard]] Target target_of(std::string_view start_line);

// The value of `name` in a query, verbatim; empty when absent.
[[nodiscard]] std::string_view query_value(std::string_view query, std::string_view name);

}  // namespace backhaul::bench::http
