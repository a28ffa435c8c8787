#pragma once
// A response as bytes. Private to net/.

#include <string>
#include <string_view>

#include "net/http_server.hpp"

namespace backhaul::net {

struct ResponseFraming {
  bool close = false;          // say that this is the connection's last answer
  bool http10 = false;         // the client must be told that the connection stays
  bool head = false;           // the request was a HEAD: headers as for GET, no body
  std::string_view date = {};  // HTTP-date; left out when empty
};

// Appends head and body to `out`, ready for one write. Headers that would break the framing (a line break in a name or
// value) are left out and reported in the log.
void append_response(std::string& out, const ServerResponse& response, const ResponseFraming& framing);

// {"error": "..."}; `message` is one of our own sentences and needs no escaping.
[[nodiscard]] ServerResponse error_response(int status, std::string_view message);

// Sat, 14 Mar 2026 15:09:26 GMT
[[nodiscard]] std::string http_date(Time time);

}  // namespace backhaul::net
