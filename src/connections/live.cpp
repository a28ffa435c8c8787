#include "connections/live.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/json.hpp>

#include "connectors/registry.hpp"

namespace backhaul::connections {
namespace {

namespace json = boost::json;

void add_maps(returns::Policy& policy, const std::vector<store::MapEntry>& entries) {
  for (const auto& entry : entries) {
    if (entry.kind == "sku") policy.skus[entry.source] = entry.target;
    if (entry.kind == "reason") policy.reasons[entry.source] = entry.target;
    if (entry.kind == "warehouse") policy.warehouses[entry.source] = entry.target;
  }
}

returns::Abilities abilities_of(const connectors::Destination& destination) {
  const auto& can = destination.capabilities();
  return {.can_cancel = can.can_cancel,
          .can_attach_tracking = can.can_attach_tracking,
          .needs_tracking_to_create = can.needs_tracking_to_create};
}

bool same(const store::Connection& a, const store::Connection& b) {
  return a.settings == b.settings && a.sealed == b.sealed && a.name == b.name;
}

}  // namespace

std::string seal_secrets(const Vault& vault, const Secrets& secrets) {
  return vault.seal(json::serialize(json::object{{"credentials", secrets.credentials}, {"token", secrets.token}}));
}

Result<Secrets, Problem> unseal_secrets(const Vault& vault, std::string_view sealed) {
  auto plain = vault.unseal(sealed);
  if (!plain) return fail(plain.error());
  try {
    const auto parsed = json::parse(*plain);
    return Secrets{.credentials = parsed.at("credentials").as_object(),
                   .token = std::string(parsed.at("token").as_string())};
  } catch (const std::exception&) {
    return fail(Problem{"stored credentials are damaged"});
  }
}

int LiveConnection::concurrent_calls() const {
  const auto* value = config.settings.if_contains("concurrent_calls");
  return value != nullptr && value->is_int64() ? static_cast<int>(value->as_int64()) : connector->concurrent_calls;
}

Result<LivePtr, Problem> make_live(const store::Connection& row, const Secrets& secrets, net::HttpClient& http,
                                   async::Loop& loop) {
  const auto* connector = connectors::find_connector(row.vendor);
  if (connector == nullptr)
    return fail(Problem{fmt::format("{}: this version knows no vendor \"{}\"", row.name, row.vendor)});
  auto live = std::make_shared<LiveConnection>();
  live->row = row;
  live->connector = connector;
  live->token = secrets.token;
  try {
    live->config = {
        .id = row.id, .settings = json::parse(row.settings).as_object(), .credentials = secrets.credentials};
    live->limiter = std::make_unique<TokenBucket>(loop, connector->bucket, connector->refill_per_second);
    const connectors::Services services{.http = http, .limiter = *live->limiter, .loop = loop, .random = random_number};
    live->inbound = connector->make_inbound(live->config);
    if (connector->role == connectors::Role::source) {
      live->source = connector->make_source(live->config, services);
    } else {
      live->destination = connector->make_destination(live->config, services);
    }
  } catch (const std::exception& error) {
    return fail(Problem{fmt::format("{}: its settings cannot be used: {}", row.name, error.what())});
  }
  return live;
}

Connections::Connections(store::Store& store, const Vault& vault, net::HttpClient& http, async::Loop& loop,
                         MakeLive make)
    : store_(store),
      vault_(vault),
      http_(http),
      loop_(loop),
      make_(std::move(make)),
      snapshot_(std::make_shared<const Snapshot>()) {}

async::Task<store::Stored<void>> Connections::load_policy(Snapshot& into, const LiveConnection& connection) {
  auto reading = store_.policy(connection.id());
  const auto version = co_await std::move(reading);
  if (!version) co_return fail(version.error());
  auto reading_maps = store_.maps(connection.id());
  const auto maps = co_await std::move(reading_maps);
  if (!maps) co_return fail(maps.error());
  auto policy = returns::parse_policy(json::parse(version->body).as_object());
  if (!policy) {
    spdlog::error("{}: its policy cannot be used, nothing is decided for it: {}", connection.row.name,
                  policy.error().message);
    co_return store::Stored<void>{};
  }
  policy->version = version->version;
  add_maps(*policy, *maps);
  returns::DestinationPolicy entry{.connection = connection.id(),
                                   .name = connection.row.name,
                                   .policy = std::move(*policy),
                                   .abilities = abilities_of(*connection.destination)};
  into.policies[connection.row.merchant].push_back(std::move(entry));
  co_return store::Stored<void>{};
}

const returns::PolicySet& Snapshot::policies_of(const MerchantId& merchant) const {
  static const returns::PolicySet none;
  const auto found = policies.find(merchant);
  return found == policies.end() ? none : found->second;
}

async::Task<store::Stored<bool>> Connections::reload() {
  const auto before = snapshot();
  auto asking = store_.setup_version();
  const auto version = co_await std::move(asking);
  if (!version) co_return fail(version.error());
  if (*version == before->version) co_return false;
  auto reading = store_.connections();
  const auto rows = co_await std::move(reading);
  if (!rows) co_return fail(rows.error());

  auto next = std::make_shared<Snapshot>();
  next->version = *version;
  for (const auto& row : *rows) {
    LivePtr live;
    const auto known = before->by_id.find(row.id);
    if (known != before->by_id.end() && same(known->second->row, row)) {
      live = known->second;
    } else {
      auto secrets = unseal_secrets(vault_, row.sealed);
      auto made = secrets ? make_(row, *secrets, http_, loop_) : fail(secrets.error());
      if (!made) {
        spdlog::error("connection {} is left out: {}", row.name, made.error().message);
        returns::AttentionItem item{.kind = "connection_unusable",
                                    .why = made.error().message,
                                    .todo = "connect it again, or run with the right master key",
                                    .connection = row.id};
        auto raising = store_.raise_attention(row.id, std::move(item), loop_.now());
        (void)co_await std::move(raising);  // the log has it; the list is for the next look
        next->incomplete = true;
        continue;
      }
      live = std::move(*made);
      if (live->limiter != nullptr) live->limiter->share(nodes_);
      auto clearing = store_.clear_attention(row.id, "connection_unusable");
      (void)co_await std::move(clearing);  // cleared by the next reload otherwise
    }
    next->by_token[live->token] = live;
    next->by_id[row.id] = live;
    next->all.push_back(live);
    if (live->destination == nullptr) continue;
    auto loading = load_policy(*next, *live);
    if (auto loaded = co_await std::move(loading); !loaded) co_return fail(loaded.error());
  }
  snapshot_.store(std::move(next));
  co_return true;
}

void Connections::share(int nodes) {
  if (std::exchange(nodes_, nodes) == nodes) return;
  for (const auto& live : snapshot()->all) {
    if (live->limiter != nullptr) live->limiter->share(nodes);
  }
}

async::Task<store::Stored<void>> Connections::save_credentials(LivePtr connection, json::object changed) {
  Secrets secrets{.credentials = connection->config.credentials, .token = connection->token};
  for (const auto& [name, value] : changed) secrets.credentials[name] = value;
  auto saving = store_.update_connection(connection->id(), connection->row.settings, seal_secrets(vault_, secrets));
  co_return co_await std::move(saving);
}

}  // namespace backhaul::connections
