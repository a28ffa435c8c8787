// Requests and answers on the wire.

#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "net/http_server_fixture.hpp"

namespace backhaul::net {
namespace {

TEST(http_server, gives_the_request_to_the_handler_as_sent) {
  const struct {
    std::string_view sent, body;
  } cases[] = {
      {"GET /a%20b/c?x=1&y=%2F HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a%20b/c?x=1&y=%2F|Host=h;|"},
      {"GET / HTTP/1.1\r\nHOST:h\r\nX-Two:  a b \t\r\nX-Empty:\r\n\r\n", "GET /?|HOST=h;X-Two=a b;X-Empty=;|"},
      {"GET http://example.com/p?q HTTP/1.1\r\nHost: h\r\n\r\n", "GET /p?q|Host=h;|"},
      {"GET http://example.com HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?|Host=h;|"},
      {"\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n", "GET /x?|Host=h;|"},
      {"PUT /p HTTP/1.1\r\nContent-Length: 5\r\n\r\na\r\n\0b", ""},  // filled in below: contains a NUL
      {"POST /p HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "POST /p?|Content-Length=0;|"},
      {"BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n", "BREW /pot?|Host=h;|"},
      {"POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
       "POST /c?|Transfer-Encoding=chunked;|abc0123456789"},
      {"POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Signature: forged\r\n\r\n",
       "POST /c?|Transfer-Encoding=chunked;|a"},
  };
  Serving serving{echo};
  auto client = serving.connect();  // one connection for all: nothing may be left over between requests
  for (const auto& each : cases) {
    using namespace std::string_view_literals;
    const bool binary = each.sent.starts_with("PUT");
    ASSERT_TRUE(client.send(binary ? "PUT /p HTTP/1.1\r\nContent-Length: 5\r\n\r\na\r\n\0b"sv : each.sent));
    const auto answer = client.read_message();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_EQ(body_of(answer), binary ? "PUT /p?|Content-Length=5;|a\r\n\0b"sv : each.body);
  }
}

TEST(http_server, takes_a_request_byte_by_byte) {
  Serving serving{echo};
  for (const std::string_view request : {"POST /p?q HTTP/1.1\r\nX-Name: value\r\nContent-Length: 3\r\n\r\nabc",
                                         "POST /p?q HTTP/1.1\r\nX-Name: value\r\nTransfer-Encoding: "
                                         "chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\nT: 1\r\n\r\n",
                                         "POST /p?q HTTP/1.1\r\nX-Name: value\r\nTransfer-Encoding: "
                                         "chunked\r\n\r\n0\r\n\r\n"}) {
    auto client = serving.connect();
    for (const char c : request) {
      ASSERT_TRUE(client.send({&c, 1}));
      serving.thread.call([] {});  // a turn of the loop in between, so that not all come in one read
    }
    const auto body = body_of(client.read_message());
    EXPECT_TRUE(body.starts_with("POST /p?q|X-Name=value;")) << body;
    EXPECT_TRUE(body.ends_with(request.ends_with("\n0\r\n\r\n") ? "|" : "|abc")) << body;
  }
}

TEST(http_server, takes_bodies_up_to_the_limit) {
  ServerLimits limits;
  limits.body_bytes_max = 300'000;
  Serving serving{echo, limits};
  auto client = serving.connect();
  const std::string body(limits.body_bytes_max, 'x');
  client.send(fmt::format("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{}", body.size(), body));
  const auto answer = client.read_message();
  EXPECT_TRUE(answer.ends_with("|" + body));
}

TEST(http_server, refuses_and_closes) {
  ServerLimits limits;
  limits.body_bytes_max = 1'000;
  limits.header_bytes_max = 2'000;
  const std::string long_line(2'100, 'a');
  const std::string half_line(1'100, 'a');
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const struct {
    std::string_view what;
    std::string sent;
    int status;
  } cases[] = {
      {"not HTTP", "\x16\x03\x01\x02\x05\r\n\r\n", 400},
      {"no version", "GET /\r\n\r\n", 400},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"header without colon", "GET / HTTP/1.1\r\nHost\r\n\r\n", 400},
      {"blank before colon", "GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400},
      {"length is no number", post + "Content-Length: 1x\r\n\r\n", 400},
      {"negative length", post + "Content-Length: -1\r\n\r\n", 400},
      {"two lengths", post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {"length and chunks", post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"chunks and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400},
      {"unknown coding", post + "Transfer-Encoding: gzip\r\n\r\n", 400},
      {"coding before chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n", 400},
      {"coding after chunked", post + "Transfer-Encoding: chunked, gzip\r\n\r\n", 400},
      {"chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"chunk size is no number", chunked + "x\r\n", 400},
      {"chunk without end", chunked + "1\r\nabc\r\n", 400},
      {"body announced too large", post + "Content-Length: 1001\r\n\r\n", 413},
      {"body announced much too large", post + "Content-Length: 18446744073709551615\r\n\r\n", 413},
      {"chunk too large", chunked + "3e9\r\n", 413},
      {"chunks too large together", chunked + "3e8\r\n" + std::string(1'000, 'x') + "\r\n1\r\n", 413},
      {"long request line", "GET /" + long_line, 431},
      {"long header", "GET / HTTP/1.1\r\nX-Long: " + long_line, 431},
      {"long request line and header", "GET /" + half_line + " HTTP/1.1\r\nX-Long: " + half_line + "\r\n\r\n", 431},
      {"long chunk extension", chunked + "1;" + std::string(20'000, 'a'), 431},
      {"long trailer", chunked + "0\r\nX-Long: " + std::string(20'000, 'a'), 431},
  };
  Serving serving{[](ServerRequest) -> async::Task<ServerResponse> {
                    ADD_FAILURE() << "no handler should see this";
                    co_return ServerResponse{};
                  },
                  limits};
  for (const auto& each : cases) {
    auto client = serving.connect();
    client.send(each.sent);
    const auto answer = client.read_to_end();
    EXPECT_TRUE(answer.starts_with(fmt::format("HTTP/1.1 {} ", each.status))) << each.what << ": " << answer;
    EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos) << each.what;
    EXPECT_NE(answer.find(R"({"error":")"), std::string::npos) << each.what;
  }
}

TEST(http_server, answers_expect_100_continue_before_the_body) {
  ServerLimits limits;
  limits.body_bytes_max = 10;
  Serving serving{echo, limits};
  auto client = serving.connect();
  for (int i = 0; i < 2; ++i) {
    client.send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(client.read_message(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ab");
    EXPECT_TRUE(client.read_message().ends_with("|ab"));
  }
  client.send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
  EXPECT_TRUE(client.read_to_end().starts_with("HTTP/1.1 413 "));
}

TEST(http_server, answers_head_without_the_body) {
  Serving serving{echo};
  auto client = serving.connect();
  client.send("HEAD /h HTTP/1.1\r\n\r\nGET /next HTTP/1.1\r\n\r\n");
  const auto head = client.read_message(false);
  EXPECT_NE(head.find("Content-Length: 10\r\n"), std::string::npos) << head;
  EXPECT_NE(client.read_message().find("GET /next"), std::string::npos);
}

TEST(http_server, handles_pipelined_requests_one_after_another) {
  Gate gate;
  Serving serving{gate.handler()};
  auto client = serving.connect();
  client.send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n");
  for (const std::string_view path : {"/1", "/2", "/3"}) {
    const auto go_on = gate.arrived();
    go_on({});
    EXPECT_EQ(body_of(client.read_message()), path);
  }
}

TEST(http_server, does_not_nest_pipelined_requests) {
  constexpr int requests = 5'000;
  Serving serving{echo};
  auto client = serving.connect();
  std::thread sender([&] {
    std::string all;
    for (int i = 0; i < requests; ++i) all += fmt::format("GET /{} HTTP/1.1\r\n\r\n", i);
    client.send(all);
  });
  for (int i = 0; i < requests; ++i) {
    ASSERT_EQ(body_of(client.read_message()), fmt::format("GET /{}?||", i));
  }
  sender.join();
}

TEST(http_server, answers_500_when_the_handler_throws) {
  Serving serving{[](ServerRequest request) -> async::Task<ServerResponse> {
    if (request.path == "/int") throw 42;
    throw std::runtime_error("\"quoted\" and private");
  }};
  auto client = serving.connect();
  for (const std::string_view path : {"/std", "/int"}) {
    client.send(fmt::format("GET {} HTTP/1.1\r\n\r\n", path));
    const auto answer = client.read_message();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 ")) << answer;
    EXPECT_EQ(body_of(answer), R"({"error":"internal error"})");
  }
}

TEST(http_server, answers_500_when_the_handler_throws_before_its_first_wait) {
  Serving serving{
      [](ServerRequest) -> async::Task<ServerResponse> { throw std::runtime_error("not even a coroutine"); }};
  auto client = serving.connect();
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 500 "));
}

// As intake works: requests wait for a commit on another thread, which releases all of a batch by one post.
TEST(http_server, answers_handlers_that_are_resumed_in_batches) {
  constexpr int clients = 8;
  constexpr int requests = 50;
  test::Mailbox<std::optional<Signal>> waiting;
  Serving serving{[&](ServerRequest request) -> async::Task<ServerResponse> {
    auto start = std::function<void(Signal)>{[&](Signal signal) { waiting.put(std::move(signal)); }};
    auto committed = async::wait_for<std::monostate>(std::move(start));
    co_await std::move(committed);
    ServerResponse response;
    response.body = std::move(request.body);
    co_return response;
  }};
  std::thread committer([&] {
    while (auto first = waiting.take()) {
      std::vector<std::coroutine_handle<>> batch{first->set({})};
      bool more = true;
      while (more && waiting.size() > 0) {
        const auto next = waiting.take();
        more = next.has_value();
        if (next) batch.push_back(next->set({}));
      }
      first->loop().post([batch] {
        for (const auto handle : batch) handle.resume();
      });
      if (!more) return;
    }
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&, i] {
      auto client = serving.connect();
      for (int n = 0; n < requests; ++n) {
        const auto body = fmt::format("{} {} {}", i, n, std::string(3'000, 'x'));
        client.send(fmt::format("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{}", body.size(), body));
        ASSERT_EQ(body_of(client.read_message()), body);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  waiting.put(std::nullopt);
  committer.join();
}

}  // namespace
}  // namespace backhaul::net
