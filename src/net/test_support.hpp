#pragma once
// Real loops and real sockets on 127.0.0.1 for the tests of net/. Blocking calls give up after ten seconds, so that a
// bug fails a test instead of hanging it.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "async/loop.hpp"
#include "net/asio_loop.hpp"

namespace backhaul::net::test {

// A loop on a thread of its own.
class LoopThread {
 public:
  LoopThread() : loop_(make_asio_loop()), thread_([this] { loop_->run(); }) {}
  ~LoopThread() { stop(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  [[nodiscard]] AsioLoop& loop() { return *loop_; }
  void stop() {
    if (!thread_.joinable()) return;
    loop_->stop();
    thread_.join();
  }

  // Starts `task` on the loop; its result comes through the future.
  template <class T>
  std::future<T> start(async::Task<T> task) {
    auto out = std::make_shared<std::promise<T>>();
    auto result = out->get_future();
    auto kept = std::make_shared<async::Task<T>>(std::move(task));
    loop_->post([kept, out] { async::spawn(fulfil(std::move(*kept), out)); });
    return result;
  }
  template <class T>
  T wait(async::Task<T> task) {
    return start(std::move(task)).get();
  }
  // Runs `work` on the loop and returns when it is done.
  void call(std::function<void()> work) {
    auto done = std::make_shared<std::promise<void>>();
    auto finished = done->get_future();
    loop_->post([work = std::move(work), done] {
      work();
      done->set_value();
    });
    finished.get();
  }

 private:
  template <class T>
  static async::Task<void> fulfil(async::Task<T> task, std::shared_ptr<std::promise<T>> out) {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(task);
      out->set_value();
    } else {
      out->set_value(co_await std::move(task));
    }
  }

  std::unique_ptr<AsioLoop> loop_;
  std::thread thread_;
};

// A connected socket.
class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {
    const timeval patience{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  ~Connection() { close(); }
  Connection(Connection&& other) noexcept : fd_(std::exchange(other.fd_, -1)), rest_(std::move(other.rest_)) {}
  Connection& operator=(Connection&&) = delete;

  [[nodiscard]] static Connection to(std::uint16_t port, int receive_buffer_bytes = 0) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer_bytes > 0) {
      setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    }
    Connection connection{fd};
    const auto address = local(port);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) connection.close();
    return connection;
  }
  [[nodiscard]] static sockaddr_in local(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }

  [[nodiscard]] bool connected() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void reset_on_close() {
    const linger at_once{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }

  // False when the other side is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // One message: the head, and as much body as its Content-Length says (none without). Empty when the connection ended
  // first.
  [[nodiscard]] std::string read_message(bool with_body = true) {
    std::size_t head = 0;
    while ((head = rest_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return {};
    }
    std::size_t size = head + 4;
    static constexpr std::string_view length = "\r\nContent-Length: ";
    if (const auto at = rest_.find(length); with_body && at < head)
      size += std::stoul(rest_.substr(at + length.size()));
    while (rest_.size() < size) {
      if (!read_more()) return {};
    }
    auto message = rest_.substr(0, size);
    rest_.erase(0, size);
    return message;
  }
  // Everything until the other side closes or resets. The test fails if it does neither.
  [[nodiscard]] std::string read_to_end() {
    while (read_more()) {
    }
    return std::exchange(rest_, {});
  }

 private:
  bool read_more() {
    char bytes[64 * 1024];
    const auto got = ::recv(fd_, bytes, sizeof bytes, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) ADD_FAILURE() << "nothing came for ten seconds";
    if (got <= 0) return false;
    rest_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  int fd_;
  std::string rest_;
};

// A server in the raw: runs `script` for each connection, one after another, on its own thread. Destroying it waits for
// the script in progress.
class RawServer {
 public:
  using Script = std::function<void(Connection&)>;

  explicit RawServer(Script script)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), script_(std::move(script)) {
    auto address = Connection::local(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_, 64), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~RawServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(std::string_view path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string{path};
  }

 private:
  void serve() {
    while (true) {
      const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      Connection connection{fd};
      script_(connection);
    }
  }

  int fd_;
  Script script_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// Something one thread leaves and another waits for.
template <class T>
class Mailbox {
 public:
  void put(T value) {
    {
      const std::lock_guard lock(mutex_);
      values_.push_back(std::move(value));
    }
    changed_.notify_all();
  }
  [[nodiscard]] T take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !values_.empty(); });
    T value = std::move(values_.front());
    values_.erase(values_.begin());
    return value;
  }
  [[nodiscard]] std::size_t size() {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> values_;
};

}  // namespace backhaul::net::test
