#pragma once
// Outbound HTTP as the connectors see it. The real client is curl (net/curl_client.hpp); tests answer from a script.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/task.hpp"
#include "types/result.hpp"
#include "types/time.hpp"

namespace backhaul::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The value of the first header with this name, without regard to case; empty when absent.
[[nodiscard]] std::string_view find_header(const Headers& headers, std::string_view name);

// Percent-encodes everything but unreserved characters, for a path segment or a query value.
[[nodiscard]] std::string url_encode(std::string_view text);

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  Headers headers{};
  std::string body{};
  Millis timeout{30'000};                             // whole exchange
  std::size_t response_bytes_max = 16 * 1024 * 1024;  // a page of 100 returns is about 1 MB
  // False for effects that must not happen twice: the client then never sends the request again by itself, not even
  // when a kept-alive connection turns out to be dead.
  bool repeatable = true;
};

struct HttpResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

struct HttpError {
  enum class Kind {
    not_sent,  // nothing reached the server: safe to try again
    unknown,   // it was sent, in part or whole, and no complete answer came
    too_large  // an answer came and was larger than response_bytes_max
  };
  Kind kind = Kind::unknown;
  std::string message;  // curl's words, without the URL
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // Sends once. Any complete HTTP answer is a value, whatever its status.
  [[nodiscard]] virtual async::Task<Result<HttpResponse, HttpError>> send(HttpRequest request) = 0;
};

}  // namespace backhaul::net
