#pragma once
// The minimal server: verifies a delivery, keeps it, answers it, and makes its RMA, in one thread beside the store's.

#include <csignal>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "bench/http/hmac.hpp"
#include "bench/http/message.hpp"
#include "bench/http/sockets.hpp"
#include "bench/minimal/store.hpp"
#include "bench/minimal/warehouse.hpp"

namespace backhaul::bench::minimal {

class Server {
 public:
  struct Options {
    std::string database;
    std::string secret;
    std::optional<Warehouse::Options> warehouse;  // nothing: deliveries are only kept
  };
  explicit Server(const Options& options);
  [[nodiscard]] std::uint16_t port() const { return http::port_of(listener_); }
  // Until `stop` is set, or half an hour has passed.
  void run(const volatile std::sig_atomic_t& stop);

 private:
  struct Connection {
    http::Descriptor socket;
    std::string received;
  };
  void accept_all();
  void receive(std::uint64_t tag);
  // Nothing: it is kept, and answered when that is durable. Otherwise the status to refuse with.
  std::optional<int> keep(std::uint64_t tag, const http::Message& message, std::string_view head);
  void answer(std::uint64_t tag, int status);
  void hand_over();
  void settle();

  Store store_;
  http::Signer signer_;
  http::Poller poller_;
  http::Descriptor listener_;
  std::unique_ptr<Warehouse> warehouse_;
  std::map<std::uint64_t, Connection> connections_;
  std::uint64_t next_tag_ = 2;  // 0: the listener, 1: the store
  std::vector<Delivery> arrived_;
  std::vector<Made> made_;
};

}  // namespace backhaul::bench::minimal
