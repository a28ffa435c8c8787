// What a client cannot make the server do: wait, hold, or take too much.

#include <thread>

#include "net/http_server_fixture.hpp"

namespace backhaul::net {
namespace {

TEST(http_server, cuts_off_a_request_that_takes_too_long) {
  Serving serving{echo, quick()};
  for (const std::string_view part :
       {"G", "GET / HTTP/1.1\r\nHost: h\r\n", "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na"}) {
    auto client = serving.connect();
    client.send(part);
    const auto answer = client.read_to_end();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << part << "\n" << answer;
  }
}

TEST(http_server, cuts_off_a_request_that_trickles) {
  Serving serving{echo, quick()};
  auto client = serving.connect();
  client.send("GET / HTTP/1.1\r\nX-Slow: ");
  std::thread trickle([&] {
    while (client.send("a")) std::this_thread::sleep_for(Millis{5});
  });
  const auto answer = client.read_to_end();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
  trickle.join();
}

TEST(http_server, closes_idle_connections_silently) {
  ServerLimits limits;
  limits.idle_timeout = Millis{40};
  Serving serving{echo, limits};
  auto fresh = serving.connect();
  EXPECT_EQ(fresh.read_to_end(), "");
  auto used = serving.connect();
  used.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(used.read_message(), "");
  EXPECT_EQ(used.read_to_end(), "");
}

TEST(http_server, does_not_time_the_handler) {
  auto limits = quick();
  limits.idle_timeout = Millis{40};
  Gate gate;
  Serving serving{gate.handler(), limits};
  auto client = serving.connect();
  client.send("GET /slow HTTP/1.1\r\n\r\n");
  const auto go_on = gate.arrived();
  serving.thread.wait(async::sleep(Millis{100}));  // both deadlines are long past
  go_on({});
  EXPECT_EQ(body_of(client.read_message()), "/slow");
}

TEST(http_server, sends_large_answers_and_cuts_off_who_does_not_take_them) {
  constexpr std::size_t size = 16 * 1024 * 1024;
  test::Mailbox<int> handled;
  ServerLimits limits;
  limits.request_timeout = Millis{500};  // a busy machine takes a while for 16 MB
  Serving serving{[&](ServerRequest) -> async::Task<ServerResponse> {
                    handled.put(1);
                    ServerResponse response;
                    response.body.assign(size, 'x');
                    co_return response;
                  },
                  limits};
  {
    auto client = serving.connect();
    client.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(body_of(client.read_message()).size(), size);
    (void)handled.take();
  }
  auto stalled = Connection::to(serving.server->port(), 4'096);
  stalled.send("GET / HTTP/1.1\r\n\r\n");
  (void)handled.take();
  serving.thread.wait(serving.server->drain(Millis{60'000}));  // until the answer is given up
  EXPECT_LT(stalled.read_to_end().size(), size);
}

TEST(http_server, lets_no_more_in_than_connections_max) {
  ServerLimits limits;
  limits.connections_max = 1;
  Serving serving{echo, limits};
  auto first = serving.connect();
  first.send("GET /1 HTTP/1.1\r\n\r\n");
  EXPECT_NE(first.read_message(), "");
  auto second = serving.connect();  // the kernel takes it
  second.send("GET /2 HTTP/1.1\r\n\r\n");
  first.send("GET /3 HTTP/1.1\r\n\r\n");
  EXPECT_NE(first.read_message(), "");
  first.close();
  EXPECT_NE(second.read_message().find("GET /2"), std::string::npos);
}

}  // namespace
}  // namespace backhaul::net
