#include "store/postgres/listener.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>

#include "async/thread.hpp"
#include "store/postgres/connection.hpp"

namespace backhaul::store::postgres {
namespace {

constexpr int reconnect_after_ms = 1'000;

void wait_for_stop(int stop, int timeout_ms) {
  pollfd waiting{.fd = stop, .events = POLLIN, .revents = 0};
  poll(&waiting, 1, timeout_ms);
}

}  // namespace

Listener::Listener(std::string url, std::function<void(const std::string&, int)> heard)
    : url_(std::move(url)),
      heard_(std::move(heard)),
      stop_(eventfd(0, EFD_CLOEXEC)),
      thread_(async::named_thread("pg-listener", [this] { run(); })) {}

Listener::~Listener() {
  stopping_ = true;
  eventfd_write(stop_, 1);
  thread_.join();
  close(stop_);
}

void Listener::run() {
  while (!stopping_) {
    try {
      listen();
    } catch (const PgError& error) {
      // The workers complain louder.
      spdlog::warn("listening for other nodes: {}", error.message);
      wait_for_stop(stop_, reconnect_after_ms);
    }
  }
}

void Listener::listen() {
  const auto connection = connect(url_, "backhaul listener");
  run_plain(connection.get(), "LISTEN backhaul");
  heard_("news", 0);  // whatever was missed
  heard_("jobs", 0);
  while (!stopping_) {
    std::array<pollfd, 2> waiting{
        pollfd{.fd = PQsocket(connection.get()), .events = POLLIN, .revents = 0},
        pollfd{.fd = stop_, .events = POLLIN, .revents = 0},
    };
    poll(waiting.data(), waiting.size(), -1);
    if (PQconsumeInput(connection.get()) != 1) throw PgError{"", "the connection was lost"};
    while (const std::unique_ptr<PGnotify, void (*)(void*)> said{PQnotifies(connection.get()), PQfreemem}) {
      heard_(said->extra, said->be_pid);
    }
  }
}

}  // namespace backhaul::store::postgres
