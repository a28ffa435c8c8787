#pragma once
// A single-threaded HTTP server over epoll that answers each request at once from a function.

#include <csignal>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "bench/http/message.hpp"
#include "bench/http/sockets.hpp"

namespace backhaul::bench::stub {

struct Request {
  http::Target target;
  std::string_view body;
  std::int64_t arrived_ns = 0;  // CLOCK_MONOTONIC, when its last byte had been read
};

struct Reply {
  int status = 200;
  std::string body;
};

class Server {
 public:
  using Answer = std::function<Reply(const Request&)>;

  // Listens at once on 127.0.0.1; port 0 lets the system choose. Throws std::system_error.
  Server(std::uint16_t port, Answer answer);
  [[nodiscard]] std::uint16_t port() const { return http::port_of(listener_); }
  // Returns soon after `stop` became set, and in any case when `lifetime_seconds` have passed.
  void run(const volatile std::sig_atomic_t& stop, int lifetime_seconds);

 private:
  struct Connection {
    http::Descriptor socket;
    std::string received;
    std::string unsent;
    bool closing = false;  // close when `unsent` is out
  };

  void accept_all();
  void serve(std::uint64_t tag, std::uint32_t events);
  // False: close the connection.
  [[nodiscard]] bool receive(Connection& connection);
  [[nodiscard]] bool answer_all(Connection& connection);
  [[nodiscard]] bool flush(Connection& connection, std::uint64_t tag);

  Answer answer_;
  http::Descriptor listener_;
  http::Poller poller_;
  std::map<std::uint64_t, Connection> connections_;
  std::uint64_t next_tag_ = 1;  // 0 is the listener
};

}  // namespace backhaul::bench::stub
