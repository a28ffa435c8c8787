// What is sent, how often, and what comes back.

#include <atomic>
#include <vector>

#include "net/curl_client_fixture.hpp"
#include "net/http_server.hpp"

namespace backhaul::net {
namespace {

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
