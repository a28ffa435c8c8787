#pragma once
// HttpClient over libcurl's multi interface, on a thread of its own. Connections are kept alive and shared by all
// callers.

#include <memory>

#include "net/http_client.hpp"

namespace backhaul::net {

struct CurlOptions {
  Millis connect_timeout{5'000};
  int connections_per_host_max = 64;
  std::string user_agent;  // "backhaul/<version>"
};

// Throws std::runtime_error when libcurl cannot be set up. `send` may be called from any loop; the answer comes back on
// it. Destroying the client ends requests under way as HttpError::unknown.
[[nodiscard]] std::unique_ptr<HttpClient> make_curl_client(CurlOptions options);

}  // namespace backhaul::net
