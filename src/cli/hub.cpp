#include "cli/hub.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <thread>
#include <variant>

#include "api/status.hpp"
#include "async/thread.hpp"
#include "cli/folder_lock.hpp"
#include "cli/leased_http.hpp"
#include "cli/membership.hpp"
#include "cli/open_store.hpp"
#include "connections/live.hpp"
#include "dispatch/dispatcher.hpp"
#include "intake/deliveries.hpp"
#include "intake/poller.hpp"
#include "intake/webhooks.hpp"
#include "net/curl_client.hpp"
#include "net/http_server.hpp"
#include "net/signals.hpp"
#include "workflow/workflow.hpp"

namespace backhaul::cli {
namespace {

// How often the engine looks for what nobody told it: news and jobs written by the CLI, wake-ups, expired leases.
constexpr Millis tick_every{1'000};
// Less for polls to reach back than vendors' lists lag behind.
constexpr Millis overlap_short{60'000};

void replace_port(std::string& url, std::uint16_t port) {
  if (const auto at = url.find("{port}"); at != std::string::npos) url.replace(at, 6, std::to_string(port));
}

// The engine: everything that runs on its loop, on its own thread.
class Engine {
 public:
  Engine(const Config& config, const connections::Vault& vault, net::AsioLoop& loop)
      : config_(config),
        loop_(loop),
        http_(net::make_curl_client({.user_agent = "backhaul/" BACKHAUL_VERSION})),
        leased_(*http_, [this] { return dispatcher_ != nullptr && dispatcher_->overslept(); }),
        vault_(vault) {}

  // Opens the store and loads the connections; before the thread runs.
  Result<void, Problem> open() {
    node_ = "node-" + connections::random_token(9);
    auto store = open_store(config_, {.node = node_,
                                      .on_news = [this] { loop_.post([this] { poke_workflow(); }); },
                                      .on_jobs = [this] { loop_.post([this] { poke_dispatch(); }); }});
    if (!store) return fail(store.error());
    store_ = std::move(*store);
    if (config_.poll_overlap < overlap_short) {
      spdlog::warn("poll.overlap_s is {}: below {} polls can miss what webhooks missed; the default is 600",
                   config_.poll_overlap.count() / 1000.0, overlap_short.count() / 1000);
    }
    connections_ = std::make_unique<connections::Connections>(*store_, vault_, leased_, loop_);
    dispatch::Options options;
    options.node = node_;
    options.shared = config_.shares_store();
    options.lease = config_.lease;
    options.retry = {.unknown_floor = config_.unknown_wait, .blocked_wait = config_.blocked_wait};
    options.perform = {.process_unknown = config_.process_unknown};
    dispatcher_ = std::make_unique<dispatch::Dispatcher>(*store_, *connections_, loop_, options);
    workflow_ = std::make_unique<workflow::Workflow>(*store_, *connections_, *dispatcher_, loop_);
    poller_ = std::make_unique<intake::Poller>(
        *store_, *connections_, loop_,
        intake::PollOptions{.interval = config_.poll_interval, .overlap = config_.poll_overlap});
    membership_ = std::make_unique<Membership>(
        *store_, *connections_, loop_,
        MembershipOptions{.node = node_, .alone = !config_.shares_store(), .unknown_wait = config_.unknown_wait});
    return {};
  }

  // Joins the other nodes, or frees what an earlier process left running; loads the connections; has what was set
  // aside tried again, for this may be the version that can. Then `loaded` runs.
  async::Task<void> start(std::function<void(Result<void, Problem>)> loaded) {
    auto joining = membership_->join();
    const auto rescued = co_await std::move(joining);
    auto reloading = connections_->reload();
    const auto reloaded = co_await std::move(reloading);
    if (!rescued || !reloaded) {
      loaded(fail(Problem{(rescued ? reloaded.error() : rescued.error()).message}));
      co_return;
    }
    if (*rescued > 0) spdlog::info("{} attempts of an earlier process are looked into", *rescued);
    auto retrying = retry_set_aside();
    co_await std::move(retrying);
    loaded({});
  }

  // Not without all connections: a return of one that is left out would be parked again, and nobody told.
  async::Task<void> retry_set_aside() {
    if (connections_->snapshot()->incomplete) co_return;
    auto retrying = store_->retry_set_aside(loop_.now());
    const auto retried = co_await std::move(retrying);
    if (!retried) {
      spdlog::warn("returns that were set aside could not be tried again: {}", retried.error().message);
    } else if (*retried > 0) {
      spdlog::info("{} returns that were set aside are tried again", *retried);
    }
  }

  void work(std::string public_url) {
    keeper_ = std::make_unique<intake::WebhookKeeper>(
        *store_, *connections_, loop_,
        intake::WebhookOptions{.public_url = std::move(public_url), .interval = config_.webhook_interval});
    working_ = true;
    tick();
  }

  [[nodiscard]] store::Store& store() { return *store_; }
  [[nodiscard]] connections::Connections& connections() { return *connections_; }

  void complain(ConnectionId id, returns::AttentionItem item) {
    loop_.post([this, id = std::move(id), item = std::move(item)] {
      async::spawn(
          [](store::Store& store, ConnectionId about, returns::AttentionItem what, Time now) -> async::Task<void> {
            auto raising = store.raise_attention(about, std::move(what), now);
            if (const auto raised = co_await std::move(raising); !raised)
              spdlog::error("attention: {}", raised.error().message);
          }(*store_, id, item, loop_.now()));
    });
  }

  void clear_complaint(ConnectionId id) {
    loop_.post([this, id = std::move(id)] {
      async::spawn([](store::Store& store, ConnectionId about) -> async::Task<void> {
        auto clearing = store.clear_attention(about, "bad_signature");
        if (const auto cleared = co_await std::move(clearing); !cleared)
          spdlog::warn("attention: {}", cleared.error().message);
      }(*store_, id));
    });
  }

  // On the engine's loop: the counts of a long queue take a while, for which the server's loop, and with it deliveries,
  // would stand still.
  async::Task<void> tell_figures(async::Resolver<api::EngineFigures> give) {
    api::EngineFigures figures;
    auto asking = store_->depths();
    if (auto depths = co_await std::move(asking)) figures.depths = *depths;
    figures.workflow = workflow_->counters();
    figures.in_flight = dispatcher_->in_flight();
    const auto snapshot = connections_->snapshot();
    for (const auto& [key, counters] : dispatcher_->counters()) {
      const auto live = snapshot->by_id.find(ConnectionId{key.first});
      figures.effects.push_back({.connection = live == snapshot->by_id.end() ? key.first : live->second->row.name,
                                 .kind = key.second,
                                 .counters = counters});
    }
    for (const auto& connection : snapshot->all) {
      figures.vendors.push_back({.connection = connection->row.name, .open = dispatcher_->is_open(connection->id())});
    }
    give(std::move(figures));
  }

  // Begins nothing new, waits for what is under way, stops the loop.
  async::Task<void> drain(Millis patience) {
    workflow_->stop();
    poller_->stop();
    keeper_->stop();
    dispatcher_->stop();
    const Time until = loop_.now() + patience;
    const auto busy = [this] {
      return !dispatcher_->drained() || workflow_->running() || !poller_->idle() || !keeper_->idle();
    };
    while (loop_.now() < until && busy()) {
      auto pause = async::sleep(Millis{10});
      co_await std::move(pause);
    }
    auto leaving = membership_->leave();
    co_await std::move(leaving);
    if (!dispatcher_->drained()) {
      spdlog::warn("{} attempts were still under way; the next start looks into them", dispatcher_->in_flight());
    }
    loop_.stop();
  }

 private:
  void poke_workflow() {
    if (working_) workflow_->poke();
  }
  void poke_dispatch() {
    if (working_) dispatcher_->poke();
  }

  void tick() {
    async::spawn(look());
    loop_.post_after(tick_every, [this] { tick(); });
  }

  async::Task<void> look() {
    auto reloading = connections_->reload();
    if (const auto reloaded = co_await std::move(reloading); !reloaded) {
      spdlog::error("the store failed: {}", reloaded.error().message);
      co_return;
    }
    poke_workflow();
    poke_dispatch();
    auto keeping = membership_->tick();
    co_await std::move(keeping);
    if (membership_->leads()) {
      poller_->tick();
      keeper_->tick();
    }
    const Time now = loop_.now();
    if (is_due(renewed_at_ + config_.lease / 3, now, config_.lease / 3)) {
      renewed_at_ = now;
      auto renewing = dispatcher_->renew_leases();
      co_await std::move(renewing);
    }
  }

  const Config& config_;
  net::AsioLoop& loop_;
  std::unique_ptr<net::HttpClient> http_;
  LeasedHttp leased_;
  connections::Vault vault_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<connections::Connections> connections_;
  std::unique_ptr<dispatch::Dispatcher> dispatcher_;
  std::unique_ptr<workflow::Workflow> workflow_;
  std::unique_ptr<intake::Poller> poller_;
  std::unique_ptr<intake::WebhookKeeper> keeper_;
  std::unique_ptr<Membership> membership_;
  std::string node_;
  Time renewed_at_;
  bool working_ = false;
};

}  // namespace

Result<void, Problem> run_hub(const Config& config, const std::function<void(const std::string&)>& ready) {
  if (auto made = make_folder(config.data_dir); !made) return fail(made.error());
  std::optional<FolderLock> lock;
  if (!config.shares_store()) {
    auto taken = FolderLock::take(config.data_dir);
    if (!taken) return fail(taken.error());
    lock.emplace(std::move(*taken));
  }
  auto vault = connections::Vault::open(config.master_key_file);
  if (!vault) return fail(vault.error());

  const auto server_loop = net::make_asio_loop();
  const auto engine_loop = net::make_asio_loop();
  Engine engine(config, *vault, *engine_loop);
  if (auto opened = engine.open(); !opened) return opened;

  intake::Deliveries deliveries(
      engine.store(), engine.connections(), *server_loop,
      {.complain = [&](ConnectionId id,
                       returns::AttentionItem item) { engine.complain(std::move(id), std::move(item)); },
       .verified = [&](ConnectionId id) { engine.clear_complaint(std::move(id)); }});
  api::Status status(engine.store(), deliveries, [&] {
    return async::wait_for<api::EngineFigures>([&](async::Resolver<api::EngineFigures> give) {
      engine_loop->post([&engine, give] { async::spawn(engine.tell_figures(give)); });
    });
  });
  const auto handle = [&](net::ServerRequest request) -> async::Task<net::ServerResponse> {
    return request.path.starts_with("/hooks/") ? deliveries.handle(std::move(request))
                                               : status.handle(std::move(request));
  };

  Result<void, Problem> outcome;
  std::unique_ptr<net::HttpServer> server;
  const auto stop_all = [&] {
    status.draining();
    async::spawn([](net::HttpServer* http, net::AsioLoop& server_side, net::AsioLoop& engine_side, Engine& all,
                    Millis patience) -> async::Task<void> {
      if (http != nullptr) {
        auto draining = http->drain(patience);
        co_await std::move(draining);
      }
      engine_side.post([&all, patience] { async::spawn(all.drain(patience)); });
      server_side.stop();
    }(server.get(), *server_loop, *engine_loop, engine, config.shutdown_patience));
  };
  const auto end_signals = net::on_end_asked(*server_loop, stop_all);

  auto engine_thread = async::named_thread("engine", [&] { engine_loop->run(); });
  const auto serve = [&](const Result<void, Problem>& loaded) {
    if (!loaded) {
      outcome = loaded;
      return server_loop->stop();
    }
    auto listening = net::serve_http(
        *server_loop, {.host = config.listen_host, .port = static_cast<std::uint16_t>(config.listen_port)},
        config.limits, handle);
    if (!listening) {
      outcome = fail(listening.error());
      return server_loop->stop();
    }
    server = std::move(*listening);
    std::string public_url = config.public_url;
    replace_port(public_url, server->port());
    engine_loop->post([&engine, public_url] { engine.work(public_url); });
    ready(fmt::format("http://{}:{}", config.listen_host, server->port()));
  };
  engine_loop->post([&] {
    async::spawn(
        engine.start([&](Result<void, Problem> loaded) { server_loop->post([&serve, loaded] { serve(loaded); }); }));
  });
  server_loop->run();
  if (!outcome) engine_loop->stop();
  engine_thread.join();
  return outcome;
}

}  // namespace backhaul::cli
