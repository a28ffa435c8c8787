#include "bench/stub/server.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace backhaul::bench::stub {

namespace {

// The hub's largest request is a few kilobytes; more without an end is not HTTP.
constexpr std::size_t received_bytes_max = 1024 * 1024;

void append_reply(std::string& out, const Reply& reply) {
  out += "HTTP/1.1 " + std::to_string(reply.status) +
         " Stub\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n";
  out += reply.body;
}

}  // namespace

Server::Server(std::uint16_t port, Answer answer) : answer_(std::move(answer)), listener_(http::listen_local(port)) {
  poller_.watch(listener_, EPOLLIN, 0);
}

void Server::run(const volatile std::sig_atomic_t& stop, int lifetime_seconds) {
  auto end_ns = http::monotonic_ns() + std::int64_t{lifetime_seconds} * 1'000'000'000;
  while (stop == 0 && http::monotonic_ns() < end_ns) {
    for (const auto& event : poller_.wait(200)) {
      if (event.data.u64 == 0) {
        accept_all();
      } else {
        serve(event.data.u64, event.events);
      }
    }
  }
}

void Server::accept_all() {
  while (auto socket = http::accept_from(listener_)) {
    auto tag = next_tag_++;
    poller_.watch(socket, EPOLLIN, tag);
    connections_[tag].socket = std::move(socket);
  }
}

void Server::serve(std::uint64_t tag, std::uint32_t events) {
  auto found = connections_.find(tag);
  if (found == connections_.end()) return;
  auto& connection = found->second;
  bool open = true;
  if ((events & ~std::uint32_t{EPOLLOUT}) != 0) open = receive(connection) && answer_all(connection);
  if (!open || !flush(connection, tag)) connections_.erase(found);
}

bool Server::receive(Connection& connection) {
  std::array<char, 64 * 1024> buffer;
  auto got = recv(connection.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  connection.received.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0 && connection.received.size() <= received_bytes_max;
}

bool Server::answer_all(Connection& connection) {
  std::size_t done = 0;
  while (done < connection.received.size() && !connection.closing) {
    http::Message message;
    auto progress = http::read_message(std::string_view{connection.received}.substr(done), message);
    if (progress == http::Progress::malformed) return false;
    if (progress == http::Progress::incomplete) break;
    append_reply(connection.unsent, answer_({.target = http::target_of(message.start_line),
                                             .body = message.body,
                                             .arrived_ns = http::monotonic_ns()}));
    connection.closing = message.closes;
    done += message.bytes;
  }
  connection.received.erase(0, done);
  return true;
}

bool Server::flush(Connection& connection, std::uint64_t tag) {
  if (connection.unsent.empty()) return !connection.closing;
  auto sent =
      send(connection.socket.get(), connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
  if (sent > 0) connection.unsent.erase(0, static_cast<std::size_t>(sent));
  poller_.change(connection.socket, connection.unsent.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT, tag);
  return !connection.unsent.empty() || !connection.closing;
}

}  // namespace backhaul::bench::stub
