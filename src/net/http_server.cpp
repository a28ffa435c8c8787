#include "net/http_server.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "net/http_response.hpp"
#include "net/http_session.hpp"

namespace backhaul::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
using Drained = async::Resolver<std::monostate>;

// Deadlines of seconds need no better; tests have shorter ones.
Millis tick_for(const ServerLimits& limits) {
  return std::clamp(std::min(limits.request_timeout, limits.idle_timeout) / 4, Millis{5}, Millis{500});
}

// Resolves its waiter once, whichever comes first.
class DrainWait {
 public:
  explicit DrainWait(Drained waiter) : waiter_(std::move(waiter)) {}
  void finish() {
    if (!std::exchange(finished_, true)) waiter_({});
  }

 private:
  Drained waiter_;
  bool finished_ = false;
};

// Lives as long as the server or any of its sessions: whoever is last.
class Core final : public SessionHost, public std::enable_shared_from_this<Core> {
 public:
  Core(AsioLoop& on, ServerLimits with, Handler call)
      : SessionHost(on, with, std::move(call)), acceptor_(on.context()), sweep_timer_(on.context()) {
    tick = tick_for(limits);
    date = http_date(on.now());
  }

  [[nodiscard]] error_code listen(const Listen& where) {
    error_code error;
    Resolver resolver(loop.context());
    const auto found = resolver.resolve(where.host, std::to_string(where.port),
                                        Resolver::flags::passive | Resolver::flags::numeric_service, error);
    if (error) return error;
    const asio::ip::tcp::endpoint endpoint = *found.begin();
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(Acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    return error;
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  // From here on everything runs on the loop's thread.
  void start() {
    if (shut_) return;
    sweep_after_tick();
    accept();
  }

  void drain(Millis patience, Drained waiter) {
    stop_listening();
    draining = true;
    for (Session* session : std::vector(sessions_)) session->drain();
    auto wait = std::make_shared<DrainWait>(std::move(waiter));
    drain_waits_.push_back(wait);
    loop.post_after(patience, [wait] { wait->finish(); });
    settled();
  }

  void shut() {
    shut_ = true;
    draining = true;
    stop_listening();
    sweep_timer_.cancel();
    for (Session* session : std::vector(sessions_)) session->close();
  }

  void settled() override {
    if (drain_waits_.empty()) return;
    if (std::any_of(sessions_.begin(), sessions_.end(), [](const Session* each) { return each->busy(); })) return;
    for (const auto& wait : std::exchange(drain_waits_, {})) wait->finish();
  }

  void closed(Session& session) override {
    abandoned(session);
    settled();
    accept();
  }

  void abandoned(Session& session) override {
    sessions_.back()->place = session.place;
    std::swap(sessions_[session.place], sessions_.back());
    sessions_.pop_back();
  }

 private:
  void accept() {
    if (accepting_ || !acceptor_.is_open() || sessions_.size() >= static_cast<std::size_t>(limits.connections_max)) {
      return;
    }
    accepting_ = true;
    acceptor_.async_accept([self = shared_from_this()](const error_code& error, Socket socket) {
      self->accepting_ = false;
      if (!self->acceptor_.is_open()) return;
      if (error) {
        // Out of descriptors, most likely: trying again at once would spin, the next sweep does.
        spdlog::warn("accepting a connection: {}", error.message());
        return;
      }
      self->admit(std::move(socket));
      self->accept();
    });
  }

  void admit(Socket socket) {
    const auto session = std::make_shared<Session>(std::move(socket), shared_from_this());
    session->place = sessions_.size();
    sessions_.push_back(session.get());
    session->start();
  }

  // One timer for all connections: nothing is armed or cancelled per request.
  void sweep_after_tick() {
    sweep_timer_.expires_after(tick);
    sweep_timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (error || self->shut_) return;
      self->sweep();
      self->sweep_after_tick();
    });
  }

  void sweep() {
    ++ticks;
    date = http_date(loop.now());
    // From the back: a session that closes is replaced by one already looked at.
    for (std::size_t i = sessions_.size(); i-- > 0;) sessions_[i]->on_tick();
    accept();
  }

  void stop_listening() {
    error_code ignored;
    acceptor_.close(ignored);
  }

  Acceptor acceptor_;
  Timer sweep_timer_;
  std::vector<Session*> sessions_;
  std::vector<std::shared_ptr<DrainWait>> drain_waits_;
  bool accepting_ = false;
  bool shut_ = false;
};

class Server final : public HttpServer {
 public:
  explicit Server(std::shared_ptr<Core> core) : core_(std::move(core)), port_(core_->port()) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // On the loop's thread, or when it has stopped, everything is closed at once; otherwise as soon as the loop gets to
  // it. Handlers under way run to their end, and what they answer is dropped.
  ~Server() override {
    auto& context = core_->loop.context();
    if (context.stopped() || context.get_executor().running_in_this_thread()) {
      core_->shut();
    } else {
      core_->loop.post([core = core_] { core->shut(); });
    }
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }

  [[nodiscard]] async::Task<void> drain(Millis patience) override {
    auto core = core_;
    auto start = std::function<void(Drained)>{
        [core, patience](Drained done) { core->loop.post([core, patience, done] { core->drain(patience, done); }); }};
    auto waiting = async::wait_for<std::monostate>(std::move(start));
    co_await std::move(waiting);
  }

 private:
  std::shared_ptr<Core> core_;
  std::uint16_t port_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>, Problem> serve_http(AsioLoop& loop, Listen where, ServerLimits limits,
                                                        Handler handler) {
  auto core = std::make_shared<Core>(loop, limits, std::move(handler));
  if (const auto error = core->listen(where)) {
    return fail(Problem{fmt::format("listening on {}:{}: {}", where.host, where.port, error.message())});
  }
  auto server = std::make_unique<Server>(core);
  loop.post([core] { core->start(); });
  return server;
}

}  // namespace backhaul::net
