#pragma once
// What the tests of the HTTP client share: a client, and how an answer is told in a word.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "net/curl_client.hpp"
#include "net/test_support.hpp"

namespace backhaul::net {

using Kind = HttpError::Kind;
using Answer = Result<HttpResponse, HttpError>;
using test::Connection;
using test::LoopThread;
using test::Mailbox;
using test::RawServer;

inline constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class CurlClientTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { setenv("no_proxy", "127.0.0.1", 1); }

  Answer send(HttpRequest request) { return thread.wait(client->send(std::move(request))); }
  std::future<Answer> start(HttpRequest request) { return thread.start(client->send(std::move(request))); }
  void remake(CurlOptions options) { client = make_curl_client(std::move(options)); }

  LoopThread thread;
  std::unique_ptr<HttpClient> client = make_curl_client({.user_agent = "backhaul/test"});
};

// Answers every request with `answer`; requests on one connection are answered as they come.
inline RawServer::Script always(std::string_view answer, Mailbox<std::string>* seen = nullptr) {
  return [answer, seen](Connection& connection) {
    while (true) {
      auto request = connection.read_message();
      if (request.empty()) return;
      if (seen) seen->put(std::move(request));
      connection.send(answer);
    }
  };
}

inline std::string kind_of(const Answer& answer) {
  if (answer) return fmt::format("answered {}", answer->status);
  switch (answer.error().kind) {
    case Kind::not_sent:
      return "not_sent";
    case Kind::unknown:
      return "unknown";
    case Kind::too_large:
      return "too_large";
  }
  return "?";
}

}  // namespace backhaul::net
