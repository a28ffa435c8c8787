#include "support/test_hub.hpp"

#include <unistd.h>

#include <boost/json.hpp>

#include "store/sqlite/sqlite_store.hpp"

namespace backhaul::test {
namespace {

std::filesystem::path make_folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "backhaul_test_XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  return pattern;
}

}  // namespace

TestHub::TestHub(World& world, Options options) : world_(world), options_(std::move(options)), folder_(make_folder()) {
  if (auto made = connections::Vault::create_key(folder_ / "key"); !made)
    throw std::runtime_error(made.error().message);
  open();
}

TestHub::~TestHub() {
  kill();
  std::filesystem::remove_all(folder_);
}

void TestHub::kill() {
  if (!parts_) return;
  parts_->store->die();
  parts_->store->close();
  bury(std::exchange(parts_, nullptr));
}

void TestHub::restart() {
  const auto now = parts_->loop.now();
  kill();
  parts_ = std::make_shared<Parts>(now);
  open();
}

void TestHub::open() {
  if (!parts_) parts_ = std::make_shared<Parts>(Time{1'773'500'000'000});
  auto* parts = parts_.get();
  const auto poke = [parts, works = options_.works](auto part) {
    if (works) parts->loop.post([parts, part] { (parts->*part)->poke(); });
  };
  auto opened = store::open_sqlite(
      {.file = file(), .on_news = [poke] { poke(&Parts::workflow); }, .on_jobs = [poke] { poke(&Parts::dispatcher); }});
  if (!opened) throw std::runtime_error(opened.error().message);
  parts->store = std::make_unique<FaultyStore>(std::move(*opened));
  const auto node = "node-" + std::to_string(++lives_);
  if (lives_ == 1) add_connections();
  ask(inner().rescue_jobs(
      {.node = node, .alone = true, .now = parts->loop.now(), .grace = options_.retry.unknown_floor}));

  const auto make = [this](const store::Connection& row, const connections::Secrets& secrets, net::HttpClient&,
                           async::Loop& loop) -> Result<connections::LivePtr, Problem> {
    auto live = std::make_shared<connections::LiveConnection>();
    const bool is_source = row.role == "source";
    live->row = row;
    live->connector = is_source ? &fake_source_connector() : &fake_destination_connector();
    live->config.id = row.id;
    live->config.credentials = secrets.credentials;
    live->token = secrets.token;
    live->limiter =
        std::make_unique<connections::TokenBucket>(loop, live->connector->bucket, live->connector->refill_per_second);
    live->inbound = make_fake_inbound(std::string(secrets.credentials.at("secret").as_string()));
    if (is_source) live->source = make_fake_source(world_);
    if (!is_source) live->destination = make_fake_destination(world_);
    return live;
  };
  parts->connections = std::make_unique<connections::Connections>(
      *parts->store, connections::Vault::open(folder_ / "key").value(), parts->http, parts->loop, make);
  if (auto loaded = parts->loop.wait(parts->connections->reload()); !loaded)
    throw std::runtime_error(loaded.error().message);
  dispatch::Options dispatch;
  dispatch.node = node;
  dispatch.lease = options_.lease;
  dispatch.shared = options_.shared;
  dispatch.retry = options_.retry;
  dispatch.perform = options_.perform;
  parts->dispatcher = std::make_unique<dispatch::Dispatcher>(*parts->store, *parts->connections, parts->loop, dispatch);
  parts->workflow =
      std::make_unique<workflow::Workflow>(*parts->store, *parts->connections, *parts->dispatcher, parts->loop);
  parts->deliveries = std::make_unique<intake::Deliveries>(
      *parts->store, *parts->connections, parts->loop,
      intake::Deliveries::Listener{
          .complain = [this](ConnectionId, returns::AttentionItem item) { complaints.push_back(std::move(item)); },
          .verified = [this](ConnectionId) { ++verified; }});
  look_around();
}

void TestHub::add_connections() {
  const auto vault = connections::Vault::open(folder_ / "key").value();
  auto policy = returns::default_policy("shiphero");
  for (const auto& [key, value] : options_.policy) policy[key] = value;
  for (const auto& id : {source_id, destination_id}) {
    store::Connection row;
    row.id = id;
    row.merchant = MerchantId{"default"};
    row.role = id == source_id ? "source" : "destination";
    row.vendor = "fake_" + row.role;
    row.name = id == source_id ? "platform" : "warehouse";
    row.settings = "{}";
    row.sealed =
        connections::seal_secrets(vault, {.credentials = {{"secret", "s3cret"}}, .token = "token-" + row.role});
    row.created_at = parts_->loop.now();
    ask(inner().add_connection(row, id == source_id ? "{}" : boost::json::serialize(policy)));
  }
}

async::Task<void> TestHub::tick(Parts& parts) {
  auto reloading = parts.connections->reload();
  const auto reloaded = co_await std::move(reloading);
  if (!reloaded || !options_.works) co_return;
  parts.workflow->poke();
  parts.dispatcher->poke();
  if (parts.loop.now().ms % 20'000 != 0) co_return;
  auto renewing = parts.dispatcher->renew_leases();
  co_await std::move(renewing);
}

void TestHub::look_around() {
  auto* parts = parts_.get();
  parts->loop.post([this, parts] { async::spawn(tick(*parts)); });
  parts->loop.post_after(options_.look_every, [this, parts] {
    if (parts == parts_.get()) look_around();
  });
}

void TestHub::run() {
  loop().run_ready();
}
void TestHub::advance(Millis by) {
  loop().advance(by);
}

std::optional<net::ServerResponse> TestHub::deliver(const ConnectionId& to, std::string body, std::string secret) {
  net::ServerRequest request;
  request.method = "POST";
  request.path = live(to)->inbound_path();
  request.headers.emplace_back("X-Sign", std::move(secret));
  request.body = std::move(body);
  auto answer = std::make_shared<std::optional<net::ServerResponse>>();
  loop().start([](intake::Deliveries& deliveries, net::ServerRequest asked,
                  std::shared_ptr<std::optional<net::ServerResponse>> out) -> async::Task<void> {
    auto handling = deliveries.handle(std::move(asked));
    out->emplace(co_await std::move(handling));
  }(*parts_->deliveries, std::move(request), answer));
  return *answer;
}

net::ServerResponse TestHub::request(std::string method, std::string path, std::string body, net::Headers headers) {
  net::ServerRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.body = std::move(body);
  request.headers = std::move(headers);
  return loop().wait(parts_->deliveries->handle(std::move(request)));
}

void TestHub::tell_of_return(const std::string& id, const std::string& topic) {
  deliver(source_id, source_body(id, topic, &world_.returns.at(id).view));
}

void TestHub::tell_of_rma(const std::string& reference) {
  static int number = 0;  // so that no two bodies are equal
  deliver(destination_id, rma_body(world_.find_rma(reference)->id, ++number));
}

std::optional<store::JobRow> TestHub::job(const std::string& id, std::string_view key_start) {
  auto all = jobs(id);
  const auto found =
      std::find_if(all.rbegin(), all.rend(), [&](const auto& row) { return row.key.starts_with(key_start); });
  return found == all.rend() ? std::nullopt : std::optional(*found);
}

std::vector<std::string> TestHub::attention() {
  std::vector<std::string> kinds;
  for (const auto& row : ask(inner().attention(100))) kinds.push_back(row.kind);
  return kinds;
}

}  // namespace backhaul::test
