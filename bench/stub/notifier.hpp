#pragma once
// Sends what the vendors' webhooks say to the hub: each request some time after what it tells of, over kept-alive
// connections, one under way on each. What is not answered with a 2xx is sent again, as both vendors do.

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bench/http/sockets.hpp"

namespace backhaul::bench::stub {

class Notifier {
 public:
  // To this port of 127.0.0.1. Throws std::system_error when nobody listens there.
  Notifier(std::uint16_t port, std::int64_t delay_ns);

  // Any thread may ask; requests are whole, with head and body, and leave in the order they came.
  void send(std::string request);

  struct Counts {
    std::int64_t accepted = 0;
    std::int64_t sent_again = 0;
    std::string failed;  // why no more will be sent; empty as long as they are
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Notice {
    std::int64_t due_ns = 0;
    std::string request;
  };
  struct Connection {
    http::Descriptor socket;
    std::string request;  // under way; empty: idle
    std::string received;
  };

  void run(const std::stop_token& stop);
  void send_due();
  void receive(std::size_t index);
  void open(std::size_t index);
  void ended(std::size_t index, bool accepted);

  const std::uint16_t port_;
  const std::int64_t delay_ns_;
  http::Poller poller_;
  std::vector<Connection> connections_;
  mutable std::mutex mutex_;  // for the two below
  std::deque<Notice> waiting_;
  Counts counts_;
  std::jthread thread_;  // last, so that it ends first
};

}  // namespace backhaul::bench::stub
