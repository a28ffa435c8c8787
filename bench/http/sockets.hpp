#pragma once
// Sockets on 127.0.0.1, epoll and the clock, as the load generator and the stub vendor use them.

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace backhaul::bench::http {

// CLOCK_MONOTONIC, the same in every process of the machine: times taken in one may be compared with times of another.
[[nodiscard]] std::int64_t monotonic_ns();

// CPU time this process has used, user and system.
[[nodiscard]] double cpu_seconds();

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// All of these throw std::system_error, naming the call. Sockets are non-blocking, with TCP_NODELAY.
[[nodiscard]] Descriptor listen_local(std::uint16_t port);  // 0: the system chooses
[[nodiscard]] std::uint16_t port_of(const Descriptor& listener);
[[nodiscard]] Descriptor accept_from(const Descriptor& listener);  // empty when nobody waits
[[nodiscard]] Descriptor connect_local(std::uint16_t port);

class Poller {
 public:
  Poller();
  // `tag` comes back in epoll_event.data.u64.
  void watch(const Descriptor& what, std::uint32_t events, std::uint64_t tag);
  void change(const Descriptor& what, std::uint32_t events, std::uint64_t tag);
  // Waits at most `timeout_ms`; a signal ends it early, with nothing.
  [[nodiscard]] std::span<const epoll_event> wait(int timeout_ms);

 private:
  Descriptor epoll_;
  std::array<epoll_event, 128> events_{};
};

}  // namespace backhaul::bench::http
