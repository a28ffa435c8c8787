#include "net/curl_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "async/loop.hpp"
#include "async/thread.hpp"
#include "net/curl_transfer.hpp"

namespace backhaul::net {
namespace {

using Clock = std::chrono::steady_clock;

// Kept-alive connections to all hosts together; curl's own default shrinks with the number of requests under way.
constexpr long idle_connections_max = 256;
// Easy handles kept for the next request; making one costs more than the request's share of the work here.
constexpr std::size_t spare_handles_max = 64;
constexpr Millis poll_max{600'000};

void check(CURLMcode code) {
  if (code != CURLM_OK) throw std::runtime_error(fmt::format("setting up libcurl: {}", curl_multi_strerror(code)));
}

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(CurlOptions options) : options_(std::move(options)) {
    // Safe to repeat, and thread-safe since 7.84.
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("setting up libcurl: global init");
    if (epoll_.get() < 0 || woken_.get() < 0) throw std::runtime_error("setting up libcurl: no descriptors left");
    watch(EPOLL_CTL_ADD, woken_.get(), EPOLLIN);
    multi_.reset(curl_multi_init());
    if (!multi_) throw std::runtime_error("setting up libcurl: out of memory");
    check(curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &CurlClient::on_socket));
    check(curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this));
    check(curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &CurlClient::on_timer));
    check(curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this));
    check(curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, long{options_.connections_per_host_max}));
    check(curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, idle_connections_max));
    thread_ = async::named_thread("vendor-calls", [this] { run(); });
  }

  ~CurlClient() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake();
    thread_.join();
  }
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  [[nodiscard]] async::Task<HttpAnswer> send(HttpRequest request) override {
    auto pending = std::make_shared<Pending>(std::move(request));
    auto start = std::function<void(async::Resolver<HttpAnswer>)>{[this, pending](async::Resolver<HttpAnswer> resolve) {
      pending->resolve = std::move(resolve);
      submit(pending);
    }};
    auto waiting = async::wait_for<HttpAnswer>(std::move(start));
    co_return co_await std::move(waiting);
  }

 private:
  struct Pending {
    explicit Pending(HttpRequest request) : transfer(std::move(request)), deadline(Clock::now() + transfer.timeout()) {}

    CurlTransfer transfer;
    // Ours and not CURLOPT_TIMEOUT: curl keeps no time for a request that waits for a connection to its host.
    Clock::time_point deadline;
    std::optional<async::Resolver<HttpAnswer>> resolve;
  };
  using PendingPtr = std::shared_ptr<Pending>;

  void submit(PendingPtr pending) {
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = submitted_.empty();
      submitted_.push_back(std::move(pending));
    }
    if (first) wake();
  }

  void wake() const {
    const std::uint64_t one = 1;
    // Fails only when it is readable already.
    (void)!::write(woken_.get(), &one, sizeof one);
  }

  // Everything below runs on the client's thread.

  void run() {
    while (start_submitted()) {
      if (timer_ && *timer_ <= Clock::now()) {
        timer_.reset();
        act(CURL_SOCKET_TIMEOUT, 0);
      }
      finish_completed();
      finish_overdue();
      serve_sockets();
    }
    while (!active_.empty()) {
      finish(active_.begin(), fail(HttpError{HttpError::Kind::unknown, "the client is shutting down"}));
    }
  }

  // Only those on which something happened: looking at all requests under way each time would let a vendor that stalls
  // cost the others.
  void serve_sockets() {
    std::array<epoll_event, 64> events;
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), poll_timeout_ms());
    for (int i = 0; i < count; ++i) {
      const auto& event = events.at(static_cast<std::size_t>(i));
      if (event.data.fd == woken_.get()) {
        std::uint64_t times = 0;
        (void)!::read(woken_.get(), &times, sizeof times);
        continue;
      }
      int what = (event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0;
      if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
      if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_ERR;
      act(event.data.fd, what);
    }
  }

  void act(curl_socket_t socket, int what) {
    int running = 0;
    curl_multi_socket_action(multi_.get(), socket, what, &running);
  }

  void watch(int how, int descriptor, std::uint32_t events) const {
    epoll_event event{.events = events, .data = {.fd = descriptor}};
    if (epoll_ctl(epoll_.get(), how, descriptor, &event) == 0 || how == EPOLL_CTL_DEL) return;
    // A closed socket leaves the set by itself, and the next may have its number.
    if (how == EPOLL_CTL_MOD && errno == ENOENT) return watch(EPOLL_CTL_ADD, descriptor, events);
    throw std::runtime_error(fmt::format("watching a socket: {}", std::generic_category().message(errno)));
  }

  // libcurl says which sockets it waits for.
  static int on_socket(CURL* /*handle*/, curl_socket_t socket, int what, void* client, void* /*unused*/) {
    std::uint32_t events = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) events |= EPOLLOUT;
    try {
      static_cast<CurlClient*>(client)->watch(what == CURL_POLL_REMOVE ? EPOLL_CTL_DEL : EPOLL_CTL_MOD, socket, events);
    } catch (const std::exception&) {
      return -1;  // the transfer fails
    }
    return 0;
  }

  // ... and when it wants to be called in any case; -1: not at all.
  static int on_timer(CURLM* /*multi*/, long after_ms, void* client) {
    auto& timer = static_cast<CurlClient*>(client)->timer_;
    timer.reset();
    if (after_ms >= 0) timer = Clock::now() + Millis{after_ms};
    return 0;
  }

  // False when the client is being destroyed; what was submitted is active all the same.
  bool start_submitted() {
    std::vector<PendingPtr> submitted;
    bool go_on = true;
    {
      const std::lock_guard lock(mutex_);
      submitted.swap(submitted_);
      go_on = !stopping_;
    }
    for (auto& pending : submitted) {
      const auto deadline = pending->deadline;
      const auto active = active_.emplace(deadline, std::move(pending));
      if (go_on) start(active);
    }
    return go_on;
  }

  using Active = std::multimap<Clock::time_point, PendingPtr>;

  void start(Active::iterator active) {
    auto& transfer = active->second->transfer;
    if (const auto problem = transfer.prepare(take_handle(), options_)) {
      return finish(active, fail(HttpError{HttpError::Kind::not_sent, *problem}));
    }
    by_handle_.emplace(transfer.handle(), active);
    if (const auto code = curl_multi_add_handle(multi_.get(), transfer.handle()); code != CURLM_OK) {
      finish(active, fail(HttpError{HttpError::Kind::not_sent, curl_multi_strerror(code)}));
    }
  }

  void finish_completed() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const auto code = message->data.result;
      const auto active = by_handle_.at(message->easy_handle);
      finish(active, active->second->transfer.answer(code));
    }
  }

  void finish_overdue() {
    const auto now = Clock::now();
    while (!active_.empty() && active_.begin()->first <= now) {
      const auto active = active_.begin();
      finish(active, active->second->transfer.timed_out());
    }
  }

  void finish(Active::iterator active, HttpAnswer answer) {
    const PendingPtr pending = std::move(active->second);
    active_.erase(active);
    if (CURL* handle = pending->transfer.handle()) {
      by_handle_.erase(handle);
      // Breaks off what is still under way, and its connection with it. Harmless when it was never added.
      curl_multi_remove_handle(multi_.get(), handle);
      keep_handle(pending->transfer.release());
    }
    (*pending->resolve)(std::move(answer));
  }

  [[nodiscard]] int poll_timeout_ms() const {
    auto next = Clock::now() + poll_max;
    if (!active_.empty()) next = std::min(next, active_.begin()->first);
    if (timer_) next = std::min(next, *timer_);
    const auto left = std::chrono::ceil<Millis>(next - Clock::now());
    return static_cast<int>(std::clamp(left, Millis{0}, poll_max).count());
  }

  [[nodiscard]] EasyHandle take_handle() {
    if (spare_.empty()) return EasyHandle{curl_easy_init()};
    auto handle = std::move(spare_.back());
    spare_.pop_back();
    return handle;
  }
  void keep_handle(EasyHandle handle) {
    if (spare_.size() >= spare_handles_max) return;
    curl_easy_reset(handle.get());
    spare_.push_back(std::move(handle));
  }

  struct CloseMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  class Descriptor {
   public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
      if (number_ >= 0) ::close(number_);
    }
    [[nodiscard]] int get() const { return number_; }

   private:
    int number_;
  };

  const CurlOptions options_;
  const Descriptor epoll_{epoll_create1(EPOLL_CLOEXEC)};
  const Descriptor woken_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::optional<Clock::time_point> timer_;  // libcurl's
  std::unique_ptr<CURLM, CloseMulti> multi_;
  std::vector<EasyHandle> spare_;
  Active active_;  // by deadline
  std::map<CURL*, Active::iterator> by_handle_;

  std::mutex mutex_;
  std::vector<PendingPtr> submitted_;  // guarded by mutex_
  bool stopping_ = false;              // guarded by mutex_
  std::thread thread_;                 // last: it uses all of the above
};

}  // namespace

std::unique_ptr<HttpClient> make_curl_client(CurlOptions options) {
  return std::make_unique<CurlClient>(std::move(options));
}

}  // namespace backhaul::net
