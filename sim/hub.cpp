#include "hub.hpp"

#include <spdlog/spdlog.h>

#include <boost/json.hpp>
#include <utility>

#include "journal.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace backhaul::sim {
namespace {

using namespace std::chrono_literals;

constexpr Millis lease = 60s;  // the defaults of backhaul.example.toml, as everything here
constexpr Millis unknown_wait = 30s;

connections::Vault open_vault(const std::filesystem::path& folder) {
  const auto file = folder / "key";
  if (!std::filesystem::exists(file)) {
    if (auto made = connections::Vault::create_key(file); !made) throw std::runtime_error(made.error().message);
  }
  auto vault = connections::Vault::open(file);
  if (!vault) throw std::runtime_error(vault.error().message);
  return std::move(*vault);
}

}  // namespace

async::Task<Result<net::HttpResponse, net::HttpError>> Hub::NoHttp::send(net::HttpRequest /*request*/) {
  co_return fail(net::HttpError{net::HttpError::Kind::not_sent, "there is no network here"});
}

Hub::Hub(Stage& stage, std::vector<Merchant>& merchants, HubOptions options)
    : stage_(stage),
      merchants_(merchants),
      options_(std::move(options)),
      loop_(stage.clock),
      vault_(open_vault(options_.folder)),
      random_(key_of(stage.seed, "jitter", options_.life)) {
  if (options_.life == 1) make_database(file());
  auto opened = store::open_sqlite({.file = file(),
                                    .on_news = [this] { news_ = true; },
                                    .on_jobs = [this] { jobs_ = true; },
                                    .writer_thread = false});
  if (!opened) throw std::runtime_error(opened.error().message);
  store_ = std::make_unique<HubStore>(std::move(*opened), stage, loop_,
                                      [this](JobId job, const std::string& effect) { recorded(job, effect); });
  store_->after_call = [this] { after_store(); };
  if (options_.life == 1) add_connections(merchants);
  const auto make = [this](const store::Connection& row, const connections::Secrets& secrets, net::HttpClient&,
                           async::Loop&) -> Result<connections::LivePtr, Problem> { return make_live(row, secrets); };
  connections_ = std::make_unique<connections::Connections>(*store_, vault_, http_, loop_, make);
  dispatch::Options dispatch;
  dispatch.node = options_.node = "node-" + std::to_string(options_.life);
  dispatch.lease = lease;
  dispatch.retry.unknown_floor = unknown_wait;
  dispatch.random = [this] { return random_.next(); };
  dispatcher_ = std::make_unique<dispatch::Dispatcher>(*store_, *connections_, loop_, dispatch);
  workflow_ = std::make_unique<workflow::Workflow>(*store_, *connections_, *dispatcher_, loop_);
  poller_ = std::make_unique<intake::Poller>(*store_, *connections_, loop_, intake::PollOptions{});
  const auto complain = [this](ConnectionId id, returns::AttentionItem item) {
    loop_.start([](store::Store& to, ConnectionId about, returns::AttentionItem what, Time now) -> async::Task<void> {
      auto raising = to.raise_attention(about, std::move(what), now);
      (void)co_await std::move(raising);
    }(*store_, std::move(id), std::move(item), loop_.now()));
  };
  const auto verified = [this](ConnectionId id) {
    loop_.start([](store::Store& to, ConnectionId about) -> async::Task<void> {
      auto clearing = to.clear_attention(about, "bad_signature");
      (void)co_await std::move(clearing);
    }(*store_, std::move(id)));
  };
  deliveries_ = std::make_unique<intake::Deliveries>(
      *store_, *connections_, loop_, intake::Deliveries::Listener{.complain = complain, .verified = verified});
}

void Hub::add_connections(std::vector<Merchant>& merchants) {
  const auto add = [this](const MerchantId& merchant, const ConnectionId& id, std::string role, std::string policy) {
    store::Connection row;
    row.id = id;
    row.merchant = merchant;
    row.vendor = "simulated";
    row.role = std::move(role);
    row.name = id.value;
    row.settings = "{}";
    row.sealed =
        connections::seal_secrets(vault_, {.credentials = {{"secret", webhook_secret}}, .token = "token-" + id.value});
    row.created_at = stage_.clock.now();
    ask(inner().add_connection(std::move(row), std::move(policy)));
  };
  for (const auto& merchant : merchants) {
    add(merchant.id, merchant.platform->connection(), "source", "{}");
    for (const auto& warehouse : merchant.warehouses)
      add(merchant.id, warehouse->connection(), "destination", boost::json::serialize(warehouse->policy.body()));
  }
}

connections::LivePtr Hub::make_live(const store::Connection& row, const connections::Secrets& secrets) {
  auto live = std::make_shared<connections::LiveConnection>();
  live->row = row;
  live->connector = row.role == "source" ? &source_entry() : &destination_entry();
  live->config.id = row.id;
  live->config.credentials = secrets.credentials;
  live->token = secrets.token;
  live->limiter =
      std::make_unique<connections::TokenBucket>(loop_, live->connector->bucket, live->connector->refill_per_second);
  live->inbound = make_inbound(row.role == "destination");
  const Caller caller{.loop = &loop_, .limiter = live->limiter.get()};
  for (std::size_t i = 0; i < merchants_.size(); ++i) {
    // The mutation mistakes one merchant for the next.
    const bool wrong = stage_.mutation == Mutation::wrong_merchant;
    auto& served = merchants_[wrong ? (i + 1) % merchants_.size() : i];
    if (merchants_[i].platform->connection() == row.id) live->source = make_source(stage_, *served.platform, caller);
    for (const auto& warehouse : merchants_[i].warehouses) {
      if (warehouse->connection() == row.id) live->destination = make_destination(stage_, *warehouse, caller);
    }
  }
  return live;
}

// As the engine's start: what an earlier process left running is freed, and the connections are loaded.
async::Task<void> Hub::start() {
  store::Store::Rescue rescue{.node = options_.node, .alone = true, .now = loop_.now(), .grace = unknown_wait};
  auto rescuing = store_->rescue_jobs(rescue);
  const auto rescued = co_await std::move(rescuing);
  auto retrying = store_->retry_set_aside(loop_.now());
  const auto retried = co_await std::move(retrying);
  auto reloading = connections_->reload();
  const auto reloaded = co_await std::move(reloading);
  if (!rescued || !retried || !reloaded) {
    stage_.kill("it could not start");
    co_return;
  }
  stage_.trace.say("hub", "life {} begins; {} attempts of the last one are looked into", options_.life, *rescued);
  working_ = true;
  tick();
}

void Hub::tick() {
  async::spawn(look());
  loop_.post_after(options_.look_every, [this] { tick(); });
}

// As the engine's regular look.
async::Task<void> Hub::look() {
  auto reloading = connections_->reload();
  if (const auto reloaded = co_await std::move(reloading); !reloaded) co_return;
  workflow_->poke();
  dispatcher_->poke();
  poller_->tick();
  const Time now = loop_.now();
  if (now - renewed_at_ >= lease / 3) {
    renewed_at_ = now;
    auto renewing = dispatcher_->renew_leases();
    co_await std::move(renewing);
  }
}

void Hub::after_store() {
  if (std::exchange(news_, false))
    loop_.post([this] {
      if (working_) workflow_->poke();
    });
  if (std::exchange(jobs_, false))
    loop_.post([this] {
      if (working_) dispatcher_->poke();
    });
}

bool Hub::deliver(const ConnectionId& to, net::ServerRequest request, std::function<void(int)> answered) {
  if (!working_ || loop_.ended()) return false;
  request.path = "/hooks/token-" + to.value;
  if (stage_.mutation == Mutation::log_the_body) spdlog::info("{}", request.body);
  loop_.start([](Hub& self, net::ServerRequest asked, std::function<void(int)> then) -> async::Task<void> {
    auto handling = self.deliveries_->handle(std::move(asked));
    const auto response = co_await std::move(handling);
    if (!self.loop_.ended()) then(response.status);
  }(*this, std::move(request), std::move(answered)));
  return true;
}

// Laws 2 and 4 ask what the hub has on record.
void Hub::recorded(JobId job, const std::string& effect) {
  const auto row = ask(inner().find_job(job));
  const auto about = ask(inner().find_return(row.return_id.str())).source_id.value;
  for (auto& merchant : merchants_) {
    auto* known = merchant.platform->find(about);
    if (known == nullptr) continue;
    for (auto& one : known->flags.all) one.recorded = one.recorded || effect.starts_with("flag/");
    for (auto& one : known->notes.all) one.recorded = one.recorded || effect.starts_with("note/");
    // One is under way at a time.
    if (effect.starts_with("process/") && !known->accepted.empty()) known->accepted.back().known = true;
  }
}

void Hub::kill() {
  loop_.end();
  store_->die();
}

}  // namespace backhaul::sim
