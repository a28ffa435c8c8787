#include "bench/http/sockets.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <system_error>

namespace backhaul::bench::http {

namespace {

[[noreturn]] void raise(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

int checked(int result, const char* call) {
  if (result < 0) raise(call);
  return result;
}

sockaddr_in local_address(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void send_at_once(int fd) {
  int on = 1;
  checked(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

std::int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Descriptor listen_local(std::uint16_t port) {
  Descriptor socket_fd{checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket")};
  int on = 1;
  checked(setsockopt(socket_fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  auto address = local_address(port);
  checked(bind(socket_fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  checked(listen(socket_fd.get(), SOMAXCONN), "listen");
  return socket_fd;
}

std::uint16_t port_of(const Descriptor& listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  checked(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return ntohs(address.sin_port);
}

Descriptor accept_from(const Descriptor& listener) {
  int fd = accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0 && (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)) return Descriptor{};
  Descriptor accepted{checked(fd, "accept")};
  send_at_once(accepted.get());
  return accepted;
}

Descriptor connect_local(std::uint16_t port) {
  // Connecting blocks: on the loopback it is done at once or refused.
  Descriptor socket_fd{checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
  auto address = local_address(port);
  checked(connect(socket_fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
  send_at_once(socket_fd.get());
  return socket_fd;
}

Poller::Poller() : epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create")) {}

void Poller::watch(const Descriptor& what, std::uint32_t events, std::uint64_t tag) {
  epoll_event event{.events = events, .data = {.u64 = tag}};
  checked(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, what.get(), &event), "epoll_ctl");
}

void Poller::change(const Descriptor& what, std::uint32_t events, std::uint64_t tag) {
  epoll_event event{.events = events, .data = {.u64 = tag}};
  checked(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, what.get(), &event), "epoll_ctl");
}

std::span<const epoll_event> Poller::wait(int timeout_ms) {
  int count = epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
  if (count < 0 && errno == EINTR) return {};
  return {events_.data(), static_cast<std::size_t>(checked(count, "epoll_wait"))};
}

}  // namespace backhaul::bench::http
