#pragma once
// The HTTP server: keep-alive, limits on everything a stranger controls, one coroutine per request. Handlers run on the
// loop the server was made with.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "async/task.hpp"
#include "net/asio_loop.hpp"
#include "net/http_client.hpp"

namespace backhaul::net {

struct ServerRequest {
  std::string method;  // as sent, upper case
  std::string path;    // percent-encoded, without the query
  std::string query;   // without the '?'
  Headers headers;
  std::string body;
};

struct ServerResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  Headers headers;  // besides Content-Type, Content-Length and Connection
};

struct ServerLimits {
  std::size_t body_bytes_max = 2 * 1024 * 1024;  // ten times the largest return seen; more is answered 413 unread
  std::size_t header_bytes_max = 16 * 1024;      // answered 431
  Millis request_timeout{10'000};                // from the first byte of a request to its last; then cut off
  Millis idle_timeout{75'000};                   // between requests of a kept-alive connection
  int connections_max = 4'096;                   // more wait in the listen queue
};

// Called once per request, on the server's loop. What it throws is logged without the body and answered 500.
using Handler = std::function<async::Task<ServerResponse>(ServerRequest)>;

class HttpServer {
 public:
  virtual ~HttpServer() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  // Stops listening and closes idle connections; requests under way are answered with `Connection: close`. Returns when
  // none is left or `patience` has passed.
  [[nodiscard]] virtual async::Task<void> drain(Millis patience) = 0;
};

struct Listen {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: the system chooses
};

// Listens at once; the error names the address and why.
[[nodiscard]] Result<std::unique_ptr<HttpServer>, Problem> serve_http(AsioLoop& loop, Listen where, ServerLimits limits,
                                                                      Handler handler);

}  // namespace backhaul::net
