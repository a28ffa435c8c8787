#include "bench/load/generator.hpp"

#include <sys/socket.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <stdexcept>

#include "bench/http/message.hpp"
#include "bench/http/sockets.hpp"

namespace backhaul::bench {

namespace {

using http::monotonic_ns;

constexpr std::int64_t ns_per_second = 1'000'000'000;
constexpr std::uint64_t timer_tag = ~std::uint64_t{0};
constexpr std::int64_t patience_ns = 5 * ns_per_second;  // for answers still out at the end
constexpr std::int64_t id_max = 9'999'999'999;           // keeps the body's length

std::int64_t ns(double seconds) {
  return static_cast<std::int64_t>(seconds * 1e9);
}

struct Connection {
  http::Descriptor socket;
  std::string unsent;  // what the socket did not take at once; empty as a rule
  std::string received;
  Sent current;  // the request under way, when busy
  bool busy = false;
};

class Generator {
 public:
  Generator(const Plan& plan, std::vector<http::SignedRequest>& requests)
      : plan_(plan),
        requests_(requests),
        next_id_(plan.first_id),
        connections_(static_cast<std::size_t>(plan.connections)) {
    for (std::size_t i = 0; i < connections_.size(); ++i) open(i);
    if (plan_.rate > 0) {
      timer_ = http::Descriptor{timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
      poller_.watch(timer_, EPOLLIN, timer_tag);
    }
  }

  Tally run() {
    start_ns_ = monotonic_ns();
    count_from_ns_ = start_ns_ + ns(plan_.warmup_seconds);
    end_ns_ = count_from_ns_ + ns(plan_.seconds);
    if (plan_.rate > 0) {
      arm_timer(start_ns_);
    } else {
      for (std::size_t i = 0; i < connections_.size() && !all_sent(); ++i) send(i, monotonic_ns());
    }
    while (!finished()) {
      for (const auto& event : poller_.wait(100)) {
        if (event.data.u64 == timer_tag) {
          send_what_is_due();
        } else {
          serve(static_cast<std::size_t>(event.data.u64), event.events);
        }
      }
    }
    return total();
  }

 private:
  void open(std::size_t index) {
    auto& connection = connections_[index];
    connection.socket = http::connect_local(plan_.port);
    connection.unsent.clear();
    connection.received.clear();
    poller_.watch(connection.socket, EPOLLIN, index);
    if (plan_.rate > 0) idle_.push_back(index);
  }

  [[nodiscard]] bool finished() const {
    auto now = monotonic_ns();
    if (now < end_ns_ && !all_sent()) return false;
    return (busy_ == 0 && waiting_.empty() && (all_sent() || next_due_ns() >= end_ns_)) || now >= end_ns_ + patience_ns;
  }

  [[nodiscard]] bool all_sent() const { return plan_.count > 0 && next_id_ - plan_.first_id >= plan_.count; }

  [[nodiscard]] std::int64_t next_due_ns() const {
    if (plan_.rate <= 0) return end_ns_;
    return start_ns_ + static_cast<std::int64_t>(static_cast<double>(due_count_) * 1e9 / plan_.rate);
  }

  // A timerfd rather than epoll's timeout, which counts whole milliseconds.
  void arm_timer(std::int64_t at_ns) {
    itimerspec when{};
    when.it_value.tv_sec = at_ns / ns_per_second;
    when.it_value.tv_nsec = at_ns % ns_per_second;
    timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
  }

  void send_what_is_due() {
    auto now = monotonic_ns();
    for (auto due = next_due_ns(); due <= now && due < end_ns_; due = next_due_ns()) {
      waiting_.push_back(due);
      ++due_count_;
    }
    send_waiting();
    if (next_due_ns() < end_ns_) arm_timer(next_due_ns());
  }

  void send_waiting() {
    while (!waiting_.empty() && !idle_.empty()) {
      auto index = idle_.front();
      idle_.pop_front();
      auto due = waiting_.front();
      waiting_.pop_front();
      send(index, due);
    }
  }

  void send(std::size_t index, std::int64_t due_ns) {
    if (next_id_ > id_max) throw std::runtime_error("out of ten-digit ids; choose a lower --first-id");
    auto& connection = connections_[index];
    auto bytes = requests_[static_cast<std::size_t>(next_id_) % requests_.size()].for_id(next_id_);
    connection.current = {.id = next_id_++, .due_ns = due_ns, .sent_ns = monotonic_ns()};
    connection.busy = true;
    ++busy_;
    auto sent = ::send(connection.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == static_cast<ssize_t>(bytes.size())) return;
    connection.unsent = bytes.substr(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
    poller_.change(connection.socket, EPOLLIN | EPOLLOUT, index);
  }

  void serve(std::size_t index, std::uint32_t events) {
    auto& connection = connections_[index];
    if ((events & EPOLLOUT) != 0) send_rest(index);
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
    std::array<char, 16 * 1024> buffer;
    auto got = recv(connection.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return lost(index);
    connection.received.append(buffer.data(), static_cast<std::size_t>(got));
    http::Message message;
    auto progress = http::read_message(connection.received, message);
    if (progress == http::Progress::incomplete) return;
    if (progress == http::Progress::malformed || !connection.busy) return lost(index);
    answered(index, http::status_of(message.start_line), message.closes);
  }

  void send_rest(std::size_t index) {
    auto& connection = connections_[index];
    auto sent = ::send(connection.socket.get(), connection.unsent.data(), connection.unsent.size(),
                       MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) connection.unsent.erase(0, static_cast<std::size_t>(sent));
    if (connection.unsent.empty()) poller_.change(connection.socket, EPOLLIN, index);
  }

  void answered(std::size_t index, int status, bool closes) {
    auto& connection = connections_[index];
    connection.received.clear();
    connection.current.answered_ns = monotonic_ns();
    connection.current.status = status;
    close_record(connection);
    if (closes) {
      open(index);
    } else if (plan_.rate > 0) {
      idle_.push_back(index);
    }
    next(index);
  }

  void lost(std::size_t index) {
    auto& connection = connections_[index];
    ++tally_.connections_lost;
    // A server that cuts everyone off would otherwise keep us reconnecting for the whole run.
    if (tally_.connections_lost > 10'000) throw std::runtime_error("the server keeps closing connections");
    if (connection.busy) close_record(connection);
    std::erase(idle_, index);
    open(index);
    next(index);
  }

  void close_record(Connection& connection) {
    connection.busy = false;
    --busy_;
    if (connection.current.due_ns >= count_from_ns_) tally_.requests.push_back(connection.current);
  }

  void next(std::size_t index) {
    if (plan_.rate > 0) return send_waiting();
    auto now = monotonic_ns();
    if (now < end_ns_ && !all_sent()) send(index, now);
  }

  Tally total() {
    for (auto& connection : connections_) {
      if (connection.busy) close_record(connection);
    }
    // Open loop: what never got a connection was due all the same.
    for (auto due : waiting_) {
      if (due >= count_from_ns_) tally_.requests.push_back({.id = 0, .due_ns = due});
    }
    auto last_ns = all_sent() ? count_from_ns_ : end_ns_;
    for (const auto& sent : tally_.requests) {
      last_ns = std::max(last_ns, sent.answered_ns);
      if (sent.answered_ns == 0) {
        ++tally_.unanswered;
      } else if (sent.status == 200) {
        ++tally_.accepted;
      } else {
        ++tally_.other_statuses[sent.status];
      }
    }
    tally_.elapsed_seconds = static_cast<double>(last_ns - count_from_ns_) / 1e9;
    return std::move(tally_);
  }

  const Plan& plan_;
  std::vector<http::SignedRequest>& requests_;
  std::int64_t next_id_;
  http::Poller poller_;
  http::Descriptor timer_;
  std::vector<Connection> connections_;
  std::deque<std::size_t> idle_;      // open loop only
  std::deque<std::int64_t> waiting_;  // due, and no connection free; bounded by rate x seconds
  std::size_t busy_ = 0;
  std::int64_t due_count_ = 0;
  std::int64_t start_ns_ = 0;
  std::int64_t count_from_ns_ = 0;
  std::int64_t end_ns_ = 0;
  Tally tally_;
};

}  // namespace

Tally generate_load(const Plan& plan, std::vector<http::SignedRequest>& requests) {
  return Generator{plan, requests}.run();
}

}  // namespace backhaul::bench
