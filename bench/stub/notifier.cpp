#include "bench/stub/notifier.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <exception>
#include <optional>
#include <utility>

#include "bench/http/message.hpp"

namespace backhaul::bench::stub {

namespace {

constexpr std::size_t connections_max = 64;  // as the load generator has
constexpr int tick_ms = 5;                   // how late a notice may be

}  // namespace

Notifier::Notifier(std::uint16_t port, std::int64_t delay_ns)
    : port_(port), delay_ns_(delay_ns), connections_(connections_max) {
  for (std::size_t i = 0; i < connections_.size(); ++i) open(i);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Notifier::send(std::string request) {
  const std::scoped_lock lock(mutex_);
  waiting_.push_back({.due_ns = http::monotonic_ns() + delay_ns_, .request = std::move(request)});
}

Notifier::Counts Notifier::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

void Notifier::run(const std::stop_token& stop) try {
  while (!stop.stop_requested()) {
    for (const auto& event : poller_.wait(tick_ms)) receive(static_cast<std::size_t>(event.data.u64));
    send_due();
  }
} catch (const std::exception& error) {
  const std::scoped_lock lock(mutex_);
  counts_.failed = error.what();
}

void Notifier::send_due() {
  const auto take_due = [this]() -> std::optional<std::string> {
    const std::scoped_lock lock(mutex_);
    if (waiting_.empty() || waiting_.front().due_ns > http::monotonic_ns()) return std::nullopt;
    auto request = std::move(waiting_.front().request);
    waiting_.pop_front();
    return request;
  };
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    auto& connection = connections_[i];
    if (!connection.request.empty()) continue;
    auto request = take_due();
    if (!request) return;
    connection.request = std::move(*request);
    const auto sent = ::send(connection.socket.get(), connection.request.data(), connection.request.size(),
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    // A few kilobytes always fit into the buffer of a connection with nothing under way.
    if (sent == static_cast<ssize_t>(connection.request.size())) continue;
    open(i);
    ended(i, false);
  }
}

void Notifier::receive(std::size_t index) {
  auto& connection = connections_[index];
  std::array<char, 4096> buffer;
  const auto got = recv(connection.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  http::Message message;
  auto progress = http::Progress::malformed;
  if (got > 0) {
    connection.received.append(buffer.data(), static_cast<std::size_t>(got));
    progress = http::read_message(connection.received, message);
  }
  if (progress == http::Progress::incomplete) return;
  const bool answered = progress == http::Progress::complete;
  const bool accepted = answered && http::status_of(message.start_line) / 100 == 2;
  if (!answered || message.closes) open(index);
  ended(index, accepted);
}

void Notifier::open(std::size_t index) {
  connections_[index].socket = http::connect_local(port_);
  poller_.watch(connections_[index].socket, EPOLLIN, index);
}

void Notifier::ended(std::size_t index, bool accepted) {
  auto& connection = connections_[index];
  connection.received.clear();
  auto request = std::exchange(connection.request, {});
  if (request.empty()) return;  // closed while idle
  const std::scoped_lock lock(mutex_);
  if (accepted) {
    ++counts_.accepted;
  } else {
    ++counts_.sent_again;
    waiting_.push_back({.due_ns = http::monotonic_ns() + delay_ns_, .request = std::move(request)});
  }
}

}  // namespace backhaul::bench::stub
