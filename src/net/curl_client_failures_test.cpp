// How a request fails: not sent, perhaps sent, too large.

#include "net/curl_client_fixture.hpp"

namespace backhaul::net {
namespace {

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

}  // namespace
}  // namespace backhaul::net
