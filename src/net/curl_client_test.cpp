#include "net/curl_client.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <optional>

#include "net/http_server.hpp"
#include "net/test_support.hpp"

namespace backhaul::net {
namespace {

using Kind = HttpError::Kind;
using Answer = Result<HttpResponse, HttpError>;
using test::Connection;
using test::LoopThread;
using test::Mailbox;
using test::RawServer;

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

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
RawServer::Script always(std::string_view answer, Mailbox<std::string>* seen = nullptr) {
  return [answer, seen](Connection& connection) {
    while (true) {
      auto request = connection.read_message();
      if (request.empty()) return;
      if (seen) seen->put(std::move(request));
      connection.send(answer);
    }
  };
}

std::string kind_of(const Answer& answer) {
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

TEST_F(CurlClientTest, sends_method_headers_and_body) {
  const struct {
    HttpRequest request;
    std::string_view starts_with;
    std::vector<std::string_view> has;
    std::vector<std::string_view> has_not;
    std::string_view ends_with;
  } cases[] = {
      {{.url = "/a?b=%20"},
       "GET /a?b=%20 HTTP/1.1\r\n",
       {"\r\nUser-Agent: backhaul/test\r\n"},
       {"Content-"},
       "\r\n\r\n"},
      {{.method = "DELETE", .url = "/d"}, "DELETE /d HTTP/1.1\r\n", {}, {"Content-"}, "\r\n\r\n"},
      {{.method = "POST", .url = "/p", .body = "a=1"},
       "POST /p HTTP/1.1\r\n",
       {"\r\nContent-Length: 3\r\n"},
       {"Content-Type", "Expect"},
       "\r\n\r\na=1"},
      {{.method = "POST", .url = "/p"}, "POST /p HTTP/1.1\r\n", {"\r\nContent-Length: 0\r\n"}, {}, "\r\n\r\n"},
      {{.method = "PUT",
        .url = "/p",
        .headers = {{"content-type", "application/json"}, {"Authorization", "Bearer x"}, {"X-Empty", ""}},
        .body = "{}"},
       "PUT /p HTTP/1.1\r\n",
       {"\r\ncontent-type: application/json\r\n", "\r\nAuthorization: Bearer x\r\n", "\r\nX-Empty:\r\n"},
       {"Expect"},
       "\r\n\r\n{}"},
      {{.method = "PATCH", .url = "/p", .body = std::string(2 * 1024 * 1024, 'x')},
       "PATCH /p HTTP/1.1\r\n",
       {"\r\nContent-Length: 2097152\r\n"},
       {"Expect"},
       "xxx"},
  };
  Mailbox<std::string> seen;
  RawServer server{always(ok, &seen)};
  for (auto each : cases) {
    each.request.url = server.url(each.request.url);
    for (const bool repeatable : {true, false}) {
      each.request.repeatable = repeatable;
      const auto answer = send(each.request);
      ASSERT_EQ(kind_of(answer), "answered 200") << each.starts_with;
      EXPECT_EQ(answer->body, "ok");
      const auto request = seen.take();
      EXPECT_TRUE(request.starts_with(each.starts_with)) << request.substr(0, 500);
      EXPECT_TRUE(request.ends_with(each.ends_with)) << request.substr(0, 500);
      for (const auto text : each.has) EXPECT_NE(request.find(text), std::string::npos) << text << "\n" << request;
      for (const auto text : each.has_not) EXPECT_EQ(request.find(text), std::string::npos) << text << "\n" << request;
    }
  }
  client.reset();
}

TEST_F(CurlClientTest, gives_any_complete_answer_as_a_value) {
  const struct {
    std::string_view sent;
    int status;
    std::string_view body;
  } cases[] = {
      {"HTTP/1.1 200 OK\r\nX-Id:  7 \r\nContent-Length: 2\r\n\r\nok", 200, "ok"},
      {"HTTP/1.1 204 No Content\r\nX-Id: 7\r\n\r\n", 204, ""},
      {"HTTP/1.1 302 Found\r\nX-Id: 7\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", 302, ""},
      {"HTTP/1.1 401 Unauthorized\r\nX-Id: 7\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", 401, ""},
      {"HTTP/1.1 417 Expectation Failed\r\nX-Id: 7\r\nContent-Length: 0\r\n\r\n", 417, ""},
      {"HTTP/1.1 500 Oops\r\nX-Id: 7\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", 500, "abc"},
      {"HTTP/1.1 100 Continue\r\nX-Id: 6\r\n\r\nHTTP/1.1 201 Created\r\nX-Id: 7\r\nContent-Length: 0\r\n\r\n", 201, ""},
      {"HTTP/1.1 200 OK\r\nX-Id: 7\r\nConnection: close\r\n\r\nuntil the end", 200, "until the end"},
  };
  for (const auto& each : cases) {
    RawServer server{[&](Connection& connection) {
      if (connection.read_message().empty()) return;
      connection.send(each.sent);
    }};
    const auto answer = send({.method = "POST", .url = server.url(), .body = "{}", .repeatable = false});
    ASSERT_EQ(kind_of(answer), fmt::format("answered {}", each.status)) << each.sent;
    EXPECT_EQ(answer->body, each.body) << each.sent;
    EXPECT_EQ(find_header(answer->headers, "x-id"), "7") << each.sent;
  }
}

TEST_F(CurlClientTest, answers_head) {
  RawServer server{always("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")};
  const auto answer = send({.method = "HEAD", .url = server.url()});
  ASSERT_EQ(kind_of(answer), "answered 200");
  EXPECT_EQ(answer->body, "");
  client.reset();
}

TEST_F(CurlClientTest, keeps_connections_alive) {
  std::atomic<int> connections = 0;
  RawServer server{[&](Connection& connection) {
    ++connections;
    always(ok)(connection);
  }};
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(kind_of(send({.url = server.url(), .repeatable = i % 2 == 0})), "answered 200");
  EXPECT_EQ(connections, 1);
  client.reset();
}

// A kept-alive connection that ends without an answer to its second request, after reading it.
TEST_F(CurlClientTest, never_sends_an_unrepeatable_request_twice) {
  const struct {
    std::string body;
    bool reset;
  } cases[] = {{"", false}, {"", true}, {"{}", false}, {"{}", true}, {std::string(200'000, 'x'), false}};
  for (const auto& [body, reset] : cases) {
    for (const bool repeatable : {false, true}) {
      Mailbox<std::string> seen;
      RawServer server{[&, reset = reset](Connection& connection) {
        const bool first_connection = seen.size() == 0;
        auto first = connection.read_message();
        if (first.empty()) return;  // connected, then thought better of it
        seen.put(std::move(first));
        connection.send(ok);
        if (!first_connection) return;
        auto second = connection.read_message();
        if (!second.empty()) seen.put(std::move(second));
        if (reset) connection.reset_on_close();
      }};
      ASSERT_EQ(kind_of(send({.method = "POST", .url = server.url("/1"), .body = body})), "answered 200");
      const auto answer = send({.method = "POST", .url = server.url("/2"), .body = body, .repeatable = repeatable});
      EXPECT_EQ(kind_of(answer), repeatable ? "answered 200" : "unknown") << body.size() << reset;
      // Whatever was sent has arrived by the time this one is answered: the server takes one connection after another.
      EXPECT_EQ(kind_of(send({.url = server.url("/3"), .repeatable = true})), "answered 200");
      std::vector<std::string> lines;
      while (seen.size() > 0) {
        const auto request = seen.take();
        lines.push_back(request.substr(0, request.find(" HTTP")));
      }
      const auto expected = repeatable ? std::vector<std::string>{"POST /1", "POST /2", "POST /2", "GET /3"}
                                       : std::vector<std::string>{"POST /1", "POST /2", "GET /3"};
      EXPECT_EQ(lines, expected) << body.size() << reset;
    }
  }
}

TEST_F(CurlClientTest, opens_a_new_connection_when_the_kept_one_was_closed_in_between) {
  Mailbox<int> closed;
  RawServer server{[&](Connection& connection) {
    (void)connection.read_message();
    connection.send(ok);
    connection.close();
    closed.put(1);
  }};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(kind_of(send({.method = "POST", .url = server.url(), .body = "{}", .repeatable = false})),
              "answered 200");
    (void)closed.take();
  }
}

TEST_F(CurlClientTest, tells_what_was_not_sent) {
  std::uint16_t free_port = 0;
  {
    free_port = RawServer{[](Connection&) {}}.port();
  }
  RawServer plain{[](Connection& connection) {
    connection.send("this is not TLS\r\n\r\n");
    (void)connection.read_to_end();
  }};
  const struct {
    std::string_view what;
    HttpRequest request;
  } cases[] = {
      {"refused", {.url = fmt::format("http://127.0.0.1:{}/p?token=hush", free_port)}},
      {"no TLS", {.url = fmt::format("https://127.0.0.1:{}/p?token=hush", plain.port())}},
      {"another protocol", {.url = "file:///etc/hostname?token=hush"}},
      {"another protocol", {.url = "ftp://127.0.0.1/p?token=hush"}},
      {"no URL", {.url = ""}},
      {"no host", {.url = "http:///p?token=hush"}},
      {"bad port", {.url = "http://127.0.0.1:99999/p?token=hush"}},
      {"blank in URL", {.url = "http://127.0.0.1 /p?token=hush"}},
      {"line break in URL", {.url = "http://127.0.0.1/p?token=hush\r\nX: 1"}},
      {"line break in header", {.url = plain.url("/?token=hush"), .headers = {{"X", "1\r\nY: 2"}}}},
      {"line break in method", {.method = "GET / HTTP/1.1\r\n\r\n", .url = plain.url("/?token=hush")}},
      {"no time", {.url = plain.url("/?token=hush"), .timeout = Millis{0}}},
  };
  for (const auto& each : cases) {
    const auto answer = send(each.request);
    ASSERT_EQ(kind_of(answer), "not_sent") << each.what << ": " << (answer ? "" : answer.error().message);
    EXPECT_NE(answer.error().message, "") << each.what;
    EXPECT_EQ(answer.error().message.find("hush"), std::string::npos) << answer.error().message;
  }
}

TEST_F(CurlClientTest, tells_what_may_have_been_done) {
  const struct {
    std::string_view what;
    std::string_view sent;
    bool reset;
  } cases[] = {
      {"no answer", "", false},
      {"half a head", "HTTP/1.1 200 OK\r\nContent-Le", false},
      {"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", false},
      {"half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n12345", false},
      {"only an interim answer", "HTTP/1.1 100 Continue\r\n\r\n", false},
      {"half a head after an interim answer", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", false},
      {"no HTTP", "220 smtp.example.com ready\r\n", false},
      {"reset", "", true},
  };
  for (const auto& each : cases) {
    RawServer server{[&](Connection& connection) {
      if (each.reset) {
        (void)connection.read_message(false);  // the body stays unread: closing then resets
        return;
      }
      (void)connection.read_message();
      connection.send(each.sent);
    }};
    const auto answer = send(
        {.method = "POST", .url = server.url("/?token=hush"), .body = std::string(100'000, 'x'), .repeatable = false});
    ASSERT_EQ(kind_of(answer), "unknown") << each.what;
    EXPECT_NE(answer.error().message, "") << each.what;
    EXPECT_EQ(answer.error().message.find("hush"), std::string::npos) << answer.error().message;
  }
}

TEST_F(CurlClientTest, times_out_as_unknown_once_sent) {
  RawServer server{[](Connection& connection) {
    (void)connection.read_message();
    (void)connection.read_to_end();
  }};
  const auto answer = send({.method = "POST", .url = server.url("/?token=hush"), .body = "{}", .timeout = Millis{30}});
  ASSERT_EQ(kind_of(answer), "unknown");
  EXPECT_EQ(answer.error().message, "timed out after 30 ms");
}

TEST_F(CurlClientTest, times_out_as_not_sent_while_it_waits_for_a_connection) {
  remake({.connections_per_host_max = 1, .user_agent = "t"});
  Mailbox<std::string> seen;
  Mailbox<int> go_on;
  RawServer server{[&](Connection& connection) {
    while (true) {
      auto request = connection.read_message();
      if (request.empty()) return;
      seen.put(request.substr(0, request.find(" HTTP")));
      if (request.starts_with("GET /hold")) (void)go_on.take();
      connection.send(ok);
    }
  }};
  auto holding = start({.url = server.url("/hold")});
  EXPECT_EQ(seen.take(), "GET /hold");
  EXPECT_EQ(kind_of(send({.url = server.url("/late"), .timeout = Millis{30}})), "not_sent");
  auto waiting = start({.url = server.url("/waits")});
  go_on.put(1);
  EXPECT_EQ(kind_of(holding.get()), "answered 200");
  EXPECT_EQ(kind_of(waiting.get()), "answered 200");
  EXPECT_EQ(seen.take(), "GET /waits");
  client.reset();
}

TEST_F(CurlClientTest, frees_the_connection_of_a_request_that_timed_out) {
  remake({.connections_per_host_max = 1, .user_agent = "t"});
  RawServer server{[&](Connection& connection) {
    const auto request = connection.read_message();
    if (request.starts_with("GET /hold")) {
      (void)connection.read_to_end();
    } else {
      connection.send(ok);
    }
  }};
  auto holding = start({.url = server.url("/hold"), .timeout = Millis{50}});
  auto waiting = start({.url = server.url("/waits")});
  EXPECT_EQ(kind_of(holding.get()), "unknown");
  EXPECT_EQ(kind_of(waiting.get()), "answered 200");
}

TEST_F(CurlClientTest, limits_the_answer) {
  RawServer server{always("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234567890")};
  EXPECT_EQ(kind_of(send({.url = server.url(), .response_bytes_max = 10})), "answered 200");
  const auto answer = send({.url = server.url(), .response_bytes_max = 9});
  ASSERT_EQ(kind_of(answer), "too_large");
  EXPECT_EQ(answer.error().message, "the answer is larger than 9 bytes");
  client.reset();

  remake({.user_agent = "t"});
  RawServer endless{[](Connection& connection) {
    (void)connection.read_message();
    connection.send("HTTP/1.1 200 OK\r\n");
    while (connection.send("X-Pad: " + std::string(1'000, 'x') + "\r\n")) {
    }
  }};
  EXPECT_EQ(kind_of(send({.url = endless.url()})), "too_large");
}

TEST_F(CurlClientTest, ends_requests_under_way_when_destroyed) {
  Mailbox<int> arrived;
  RawServer server{[&](Connection& connection) {
    (void)connection.read_message();
    arrived.put(1);
    (void)connection.read_to_end();
  }};
  auto answer = start({.url = server.url()});
  (void)arrived.take();
  client.reset();
  EXPECT_EQ(kind_of(answer.get()), "unknown");
}

async::Task<ServerResponse> echo(ServerRequest request) {
  ServerResponse response;
  response.body = std::move(request.body);
  co_return response;
}

TEST_F(CurlClientTest, takes_an_early_refusal_of_a_large_body_as_the_answer) {
  ServerLimits limits;
  limits.body_bytes_max = 1'000;
  const auto server = serve_http(thread.loop(), {}, limits, echo);
  ASSERT_TRUE(server);
  const auto url = fmt::format("http://127.0.0.1:{}/", (*server)->port());
  for (int i = 0; i < 5; ++i) {
    const auto answer =
        send({.method = "POST", .url = url, .body = std::string(8 * 1024 * 1024, 'x'), .repeatable = false});
    EXPECT_EQ(kind_of(answer), "answered 413") << (answer ? "" : answer.error().message);
  }
}

async::Task<int> many(HttpClient& client, std::string url, int requests) {
  int right = 0;
  for (int i = 0; i < requests; ++i) {
    HttpRequest request;
    request.method = "POST";
    request.url = url;
    request.body = fmt::format("{} {}", i, std::string(static_cast<std::size_t>(i) * 100, 'x'));
    request.repeatable = i % 2 == 0;
    const auto body = request.body;
    auto sending = client.send(std::move(request));
    const auto answer = co_await std::move(sending);
    if (answer && answer->body == body) ++right;
  }
  co_return right;
}

TEST_F(CurlClientTest, serves_callers_on_several_loops_at_once) {
  constexpr int callers = 10;
  constexpr int requests = 30;
  remake({.connections_per_host_max = 4, .user_agent = "t"});
  LoopThread serving;
  LoopThread other;
  const auto server = serve_http(serving.loop(), {}, {}, echo);
  ASSERT_TRUE(server);
  const auto url = fmt::format("http://127.0.0.1:{}/", (*server)->port());
  std::vector<std::future<int>> right;
  for (int i = 0; i < callers; ++i) {
    right.push_back((i % 2 == 0 ? thread : other).start(many(*client, url, requests)));
  }
  for (auto& each : right) EXPECT_EQ(each.get(), requests);
}

}  // namespace
}  // namespace backhaul::net
