// How connections and the server end.

#include <optional>

#include "net/http_server_fixture.hpp"

namespace backhaul::net {
namespace {

TEST(http_server, closes_when_the_client_or_the_version_says_so) {
  const struct {
    std::string_view sent;
    bool stays;
  } cases[] = {
      {"GET / HTTP/1.1\r\n\r\n", true},
      {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nConnection: foo, Close\r\n\r\n", false},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
  };
  Serving serving{echo};
  for (const auto& each : cases) {
    auto client = serving.connect();
    client.send(each.sent);
    const auto answer = client.read_message();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << each.sent;
    EXPECT_EQ(answer.find("\r\nConnection: close\r\n") == std::string::npos, each.stays) << each.sent;
    if (each.stays) {
      client.send("GET /again HTTP/1.1\r\n\r\n");
      EXPECT_NE(client.read_message().find("GET /again"), std::string::npos) << each.sent;
    } else {
      EXPECT_EQ(client.read_to_end(), "") << each.sent;
    }
  }
}

TEST(http_server, answers_a_client_that_has_finished_sending) {
  Serving serving{echo};
  auto client = serving.connect();
  client.send("GET /half HTTP/1.1\r\n\r\n");
  client.finish_sending();
  EXPECT_NE(client.read_to_end().find("GET /half"), std::string::npos);
}

TEST(http_server, drops_the_answer_when_the_client_is_gone) {
  Gate gate;
  Serving serving{gate.handler()};
  auto client = serving.connect();
  client.send("GET /1 HTTP/1.1\r\n\r\n");
  const auto go_on = gate.arrived();
  client.close();
  go_on({});
  auto other = serving.connect();
  other.send("GET /2 HTTP/1.1\r\n\r\n");
  gate.arrived()({});
  EXPECT_EQ(body_of(other.read_message()), "/2");
  EXPECT_EQ(gate.passed(), 2);
}

TEST(http_server, may_be_destroyed_while_handlers_run) {
  for (const bool on_loop : {true, false}) {
    Gate gate;
    Serving serving{gate.handler()};
    auto client = serving.connect();
    client.send("GET / HTTP/1.1\r\n\r\n");
    const auto go_on = gate.arrived();
    auto idle = serving.connect();
    if (on_loop) {
      serving.thread.call([&] { serving.server.reset(); });
    } else {
      serving.server.reset();
    }
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_EQ(idle.read_to_end(), "");
    go_on({});
    serving.thread.call([] {});
    EXPECT_EQ(gate.passed(), 1);
  }
}

TEST(http_server, may_be_destroyed_after_its_loop_has_stopped) {
  Serving serving{echo};
  auto client = serving.connect();
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(client.read_message(), "");
  serving.thread.stop();
  const auto port = serving.server->port();
  serving.server.reset();
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_FALSE(Connection::to(port).connected());
}

TEST(http_server, may_be_left_open_when_its_loop_is_destroyed) {
  std::optional<Connection> client;
  {
    LoopThread thread;
    auto server = serve_http(thread.loop(), Listen{}, {}, echo);
    ASSERT_TRUE(server);
    client.emplace(Connection::to((*server)->port()));
    client->send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_NE(client->read_message(), "");
  }
  EXPECT_EQ(client->read_to_end(), "");
}

TEST(http_server, drains) {
  Gate gate;
  Serving serving{gate.handler()};
  auto idle = serving.connect();
  auto partial = serving.connect();
  auto busy = serving.connect();  // accepted last: when it is handled, all are in
  partial.send("GET /partial HTTP/1.1\r\n");
  busy.send("GET /busy HTTP/1.1\r\n\r\n");
  const auto busy_goes_on = gate.arrived();
  auto drained = serving.thread.start(serving.server->drain(Millis{60'000}));
  EXPECT_EQ(idle.read_to_end(), "");
  EXPECT_FALSE(serving.connect().connected());

  busy_goes_on({});
  const auto answer = busy.read_message();
  EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos) << answer;
  EXPECT_EQ(body_of(answer), "/busy");
  EXPECT_EQ(busy.read_to_end(), "");

  partial.send("\r\n");
  gate.arrived()({});
  EXPECT_EQ(body_of(partial.read_message()), "/partial");
  drained.get();
  serving.thread.wait(serving.server->drain(Millis{60'000}));  // nothing left: at once
}

TEST(http_server, drains_no_longer_than_its_patience) {
  Gate gate;
  Serving serving{gate.handler()};
  auto client = serving.connect();
  client.send("GET / HTTP/1.1\r\n\r\n");
  const auto go_on = gate.arrived();
  serving.thread.wait(serving.server->drain(Millis{5}));
  EXPECT_EQ(gate.passed(), 0);
  go_on({});
  EXPECT_EQ(body_of(client.read_message()), "/");
}

TEST(http_server, names_the_address_it_cannot_listen_on) {
  Serving serving{echo};
  const auto again = serve_http(serving.thread.loop(), {"127.0.0.1", serving.server->port()}, {}, echo);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message,
            fmt::format("listening on 127.0.0.1:{}: Address already in use", serving.server->port()));
  EXPECT_FALSE(serve_http(serving.thread.loop(), {"not an address", 0}, {}, echo));
  EXPECT_TRUE(serve_http(serving.thread.loop(), {"localhost", 0}, {}, echo));
}

}  // namespace
}  // namespace backhaul::net
