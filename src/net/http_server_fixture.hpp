#pragma once
// What the tests of the HTTP server share: a server on a loop of its own, and handlers to put behind it.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <string_view>
#include <variant>

#include "net/http_server.hpp"
#include "net/test_support.hpp"

namespace backhaul::net {

using test::Connection;
using test::LoopThread;
using Signal = async::Resolver<std::monostate>;

// "METHOD path?query|header names|body"
inline async::Task<ServerResponse> echo(ServerRequest request) {
  ServerResponse response;
  response.content_type = "text/plain";
  response.body = fmt::format("{} {}?{}|", request.method, request.path, request.query);
  for (const auto& [name, value] : request.headers) response.body += fmt::format("{}={};", name, value);
  response.body += "|" + request.body;
  co_return response;
}

inline ServerLimits quick() {
  ServerLimits limits;
  limits.request_timeout = Millis{40};
  limits.idle_timeout = Millis{60'000};
  return limits;
}

// A server on a loop of its own.
class Serving {
 public:
  explicit Serving(Handler handler, ServerLimits limits = {}) {
    auto made = serve_http(thread.loop(), Listen{}, limits, std::move(handler));
    EXPECT_TRUE(made) << made.error().message;
    server = std::move(*made);
  }
  [[nodiscard]] Connection connect() const { return Connection::to(server->port()); }

  LoopThread thread;
  std::unique_ptr<HttpServer> server;
};

// A handler that waits until the test lets it go on.
class Gate {
 public:
  [[nodiscard]] Handler handler() {
    return [this](ServerRequest request) { return pass(std::move(request)); };
  }
  // Waits until a request is at the gate.
  [[nodiscard]] Signal arrived() { return waiting_.take(); }
  [[nodiscard]] int passed() const { return passed_; }

 private:
  async::Task<ServerResponse> pass(ServerRequest request) {
    auto start = std::function<void(Signal)>{[this](Signal signal) { waiting_.put(std::move(signal)); }};
    auto waiting = async::wait_for<std::monostate>(std::move(start));
    co_await std::move(waiting);
    ++passed_;
    ServerResponse response;
    response.body = request.path;
    co_return response;
  }

  test::Mailbox<Signal> waiting_;
  std::atomic<int> passed_ = 0;
};

inline std::string body_of(const std::string& message) {
  return message.substr(message.find("\r\n\r\n") + 4);
}

}  // namespace backhaul::net
