// bench_bare_server: intake's ceiling. The hub's own HTTP server and the Loop connector's own verification and routing,
// and then 200 without having stored anything.
//
//   bench_bare_server --secret S [--completion batched|inline] [--lifetime-seconds 1800]
//
// batched (the default): the answer takes the way it takes in the hub. The request waits, another thread picks up all
// that wait, as the store's writer does for a group commit, and wakes them with one post to the loop. inline: answered
// at once, on the loop, which is what the server alone can do.
//
// Prints {"ready":true,"url":...} when it listens. Ends on SIGTERM.

#include <array>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "async/loop.hpp"
#include "connectors/loop/connector.hpp"
#include "net/asio_loop.hpp"
#include "net/http_server.hpp"

namespace {

using namespace backhaul;

volatile std::sig_atomic_t stop = 0;
void ask_to_stop(int) {
  stop = 1;
}

// Stands where the store's writer thread stands: takes what has gathered, does nothing with it, wakes everyone at once.
class Completer {
 public:
  explicit Completer(async::Loop& loop) : loop_(loop), thread_([this] { run(); }) {}
  ~Completer() {
    {
      std::lock_guard lock{mutex_};
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  Completer(const Completer&) = delete;
  Completer& operator=(const Completer&) = delete;

  void add(async::Resolver<bool> resolver) {
    bool was_empty = false;
    {
      std::lock_guard lock{mutex_};
      was_empty = waiting_.empty();
      waiting_.push_back(std::move(resolver));
    }
    if (was_empty) wake_.notify_one();
  }

 private:
  void run() {
    std::unique_lock lock{mutex_};
    while (!ending_) {
      wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      auto batch = std::exchange(waiting_, {});
      lock.unlock();
      loop_.post([batch = std::move(batch)] {
        for (const auto& resolver : batch) resolver.set(true).resume();
      });
      lock.lock();
    }
  }

  async::Loop& loop_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<async::Resolver<bool>> waiting_;  // at most one per open connection
  bool ending_ = false;
  std::thread thread_;
};

class Intake {
 public:
  Intake(std::unique_ptr<connectors::Inbound> inbound, Completer* completer)
      : inbound_(std::move(inbound)), completer_(completer) {}

  async::Task<net::ServerResponse> answer(net::ServerRequest request) {
    connectors::Delivery delivery{request.headers, request.body};
    std::array<unsigned char, 32> digest{};
    net::ServerResponse response;
    if (!inbound_->verify(delivery, digest)) {
      response.status = inbound_->status_for_bad_signature();
      co_return response;
    }
    auto routed = inbound_->route(delivery);
    if (!routed) {
      response.status = 400;
      co_return response;
    }
    if (completer_ != nullptr) {
      std::function<void(async::Resolver<bool>)> start = [this](async::Resolver<bool> resolver) {
        completer_->add(std::move(resolver));
      };
      co_await async::wait_for<bool>(std::move(start));
    }
    auto ack = inbound_->ack();
    response.content_type = ack.content_type;
    response.body = ack.body;
    co_return response;
  }

 private:
  std::unique_ptr<connectors::Inbound> inbound_;
  Completer* completer_;  // null: answer inline
};

// Signals are looked at ten times a second, so that the handler need do nothing but set a flag.
void stop_when_asked(net::AsioLoop& loop, Time end) {
  if (stop != 0 || loop.now() >= end) return loop.stop();
  loop.post_after(Millis{100}, [&loop, end] { stop_when_asked(loop, end); });
}

void serve(std::map<std::string, std::string> options) {
  connectors::ConnectionConfig config;
  config.settings = {{"base_url", "http://127.0.0.1"}, {"api_version", "2026-10"}, {"requests_per_minute", 300}};
  config.credentials = {{"api_key", "bench-api-key"}, {"webhook_secret", options["--secret"]}};
  auto loop = net::make_asio_loop();
  std::unique_ptr<Completer> completer;
  if (options["--completion"] == "batched") completer = std::make_unique<Completer>(*loop);
  Intake intake{connectors::loop::loop_connector().make_inbound(config), completer.get()};
  auto server = net::serve_http(*loop, net::Listen{}, net::ServerLimits{},
                                [&](net::ServerRequest request) { return intake.answer(std::move(request)); });
  if (!server) throw std::runtime_error(server.error().message);
  std::printf("{\"ready\":true,\"url\":\"http://127.0.0.1:%u\"}\n", static_cast<unsigned>((*server)->port()));
  std::fflush(stdout);
  auto end = loop->now() + Millis{1'000 * std::stoll(options["--lifetime-seconds"])};
  stop_when_asked(*loop, end);
  loop->run();
}

}  // namespace

int main(int count, char** words) {
  try {
    std::map<std::string, std::string> options{{"--completion", "batched"}, {"--lifetime-seconds", "1800"}};
    for (int i = 1; i + 1 < count; i += 2) options[words[i]] = words[i + 1];
    std::signal(SIGTERM, ask_to_stop);
    std::signal(SIGINT, ask_to_stop);
    serve(std::move(options));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_bare_server: %s\n", error.what());
    return 1;
  }
}
