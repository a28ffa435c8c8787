#include "bench/minimal/server.hpp"

#include <openssl/crypto.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>

namespace backhaul::bench::minimal {

namespace {

constexpr std::uint64_t listener_tag = 0;
constexpr std::uint64_t store_tag = 1;
constexpr std::uint64_t warehouse_tags = std::uint64_t{1} << 32;
constexpr std::int64_t lifetime_ns = std::int64_t{1800} * 1'000'000'000;
constexpr std::size_t body_bytes_max = 1024 * 1024;

std::string_view signature_of(std::string_view head) {
  constexpr std::string_view name = "X-Loop-Signature: ";
  const auto at = head.find(name);
  if (at == std::string_view::npos) return {};
  const auto from = at + name.size();
  return head.substr(from, head.find("\r\n", from) - from);
}

std::optional<std::int64_t> return_id_of(std::string_view body) {
  constexpr std::string_view name = "\"id\":";
  const auto at = body.find(name);
  std::int64_t id = 0;
  if (at == std::string_view::npos) return std::nullopt;
  const auto read = std::from_chars(body.data() + at + name.size(), body.data() + body.size(), id);
  return read.ec == std::errc{} ? std::optional(id) : std::nullopt;
}

}  // namespace

Server::Server(const Options& options)
    : store_(options.database), signer_(options.secret), listener_(http::listen_local(0)) {
  poller_.watch(listener_, EPOLLIN, listener_tag);
  poller_.watch(store_.woken(), EPOLLIN, store_tag);
  if (options.warehouse) warehouse_ = std::make_unique<Warehouse>(*options.warehouse, poller_, warehouse_tags);
}

void Server::run(const volatile std::sig_atomic_t& stop) {
  const auto end_ns = http::monotonic_ns() + lifetime_ns;
  while (stop == 0 && http::monotonic_ns() < end_ns) {
    for (const auto& event : poller_.wait(200)) {
      const auto tag = event.data.u64;
      if (tag == listener_tag) {
        accept_all();
      } else if (tag == store_tag) {
        settle();
      } else if (tag >= warehouse_tags) {
        warehouse_->serve(tag, made_);
      } else {
        receive(tag);
      }
    }
    hand_over();
  }
}

void Server::accept_all() {
  while (auto socket = http::accept_from(listener_)) {
    const auto tag = next_tag_++;
    poller_.watch(socket, EPOLLIN, tag);
    connections_[tag].socket = std::move(socket);
  }
}

void Server::receive(std::uint64_t tag) {
  const auto found = connections_.find(tag);
  if (found == connections_.end()) return;
  auto& connection = found->second;
  std::array<char, 64 * 1024> buffer;
  const auto got = recv(connection.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  connection.received.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got <= 0 || connection.received.size() > body_bytes_max) {
    connections_.erase(found);
    return;
  }
  http::Message message;
  const auto progress = http::read_message(connection.received, message);
  if (progress == http::Progress::incomplete) return;
  const auto head = std::string_view{connection.received}.substr(0, connection.received.find("\r\n\r\n") + 2);
  const auto refused = progress == http::Progress::malformed ? std::optional(400) : keep(tag, message, head);
  connection.received.clear();  // one request at a time is what the generator sends
  if (refused) answer(tag, *refused);
}

std::optional<int> Server::keep(std::uint64_t tag, const http::Message& message, std::string_view head) {
  const auto right = signer_.sign(message.body);
  const auto given = signature_of(head);
  if (given.size() != right.size() || CRYPTO_memcmp(given.data(), right.data(), right.size()) != 0) return 401;
  const auto return_id = return_id_of(message.body);
  if (!return_id) return 400;
  arrived_.push_back({.connection = tag, .return_id = *return_id, .body = std::string{message.body}});
  return std::nullopt;
}

void Server::answer(std::uint64_t tag, int status) {
  const auto found = connections_.find(tag);
  if (found == connections_.end()) return;
  const std::string reply = "HTTP/1.1 " + std::to_string(status) + " -\r\nContent-Length: 0\r\n\r\n";
  if (send(found->second.socket.get(), reply.data(), reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    connections_.erase(found);
}

// Everything that one look at the sockets brought goes to the store together.
void Server::hand_over() {
  if (arrived_.empty() && made_.empty()) return;
  store_.add(std::exchange(arrived_, {}), std::exchange(made_, {}));
}

void Server::settle() {
  for (const auto& kept : store_.take()) {
    if (kept.connection == 0) continue;
    answer(kept.connection, 200);
    if (warehouse_) warehouse_->make(kept.return_id);
  }
}

}  // namespace backhaul::bench::minimal
