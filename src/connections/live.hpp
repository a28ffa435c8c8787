#pragma once
// The configured accounts while the hub runs: each connection with its connector's objects, and the policies beside
// them. A snapshot is immutable and shared; whoever works with a connection keeps it alive, also when it is
// reconfigured.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "connections/limiter.hpp"
#include "connections/vault.hpp"
#include "connectors/connector.hpp"
#include "returns/policy.hpp"
#include "store/store.hpp"

namespace backhaul::connections {

struct LiveConnection {
  store::Connection row;
  const connectors::Connector* connector = nullptr;
  connectors::ConnectionConfig config;
  std::string token;  // of the inbound URL: /hooks/<token>
  std::unique_ptr<TokenBucket> limiter;
  std::unique_ptr<connectors::Inbound> inbound;
  std::unique_ptr<connectors::Source> source;  // one of these two
  std::unique_ptr<connectors::Destination> destination;

  [[nodiscard]] const ConnectionId& id() const { return row.id; }
  [[nodiscard]] std::string inbound_path() const { return "/hooks/" + token; }
  // How many calls may be under way at a time.
  [[nodiscard]] int concurrent_calls() const;
};
using LivePtr = std::shared_ptr<LiveConnection>;

struct Snapshot {
  std::int64_t version = 0;
  std::unordered_map<std::string, LivePtr> by_token;
  std::unordered_map<ConnectionId, LivePtr> by_id;
  std::vector<LivePtr> all;
  // A connection had to be left out: deliveries for it would look as if nobody had their address.
  bool incomplete = false;
  std::unordered_map<MerchantId, returns::PolicySet> policies;

  [[nodiscard]] const returns::PolicySet& policies_of(const MerchantId& merchant) const;
};

// What a connection keeps secret: credentials and the inbound token, in one sealed JSON object.
struct Secrets {
  boost::json::object credentials;
  std::string token;
};
[[nodiscard]] std::string seal_secrets(const Vault& vault, const Secrets& secrets);
[[nodiscard]] Result<Secrets, Problem> unseal_secrets(const Vault& vault, std::string_view sealed);

// Makes a connection's live objects; also used by the CLI to check one before it is stored.
[[nodiscard]] Result<LivePtr, Problem> make_live(const store::Connection& row, const Secrets& secrets,
                                                 net::HttpClient& http, async::Loop& loop);

// How a connection gets its objects; tests and the simulation bring vendors of their own.
using MakeLive =
    std::function<Result<LivePtr, Problem>(const store::Connection&, const Secrets&, net::HttpClient&, async::Loop&)>;

class Connections {
 public:
  Connections(store::Store& store, const Vault& vault, net::HttpClient& http, async::Loop& loop,
              MakeLive make = make_live);

  // The current set; callable from any thread.
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const { return snapshot_.load(); }
  // Loads again what changed in the store since. Connections that did not change keep their objects, so their rate
  // limits and tokens go on. A connection that cannot be made is left out, logged, and put on the attention list.
  [[nodiscard]] async::Task<store::Stored<bool>> reload();
  // How many nodes the rate limits of all connections are divided by.
  void share(int nodes);
  // Replaces credentials of the same names, sealed, in the store; takes effect with the next reload.
  [[nodiscard]] async::Task<store::Stored<void>> save_credentials(LivePtr connection, boost::json::object changed);

 private:
  async::Task<store::Stored<void>> load_policy(Snapshot& into, const LiveConnection& connection);

  store::Store& store_;
  Vault vault_;
  net::HttpClient& http_;
  async::Loop& loop_;
  MakeLive make_;
  int nodes_ = 1;
  std::atomic<std::shared_ptr<const Snapshot>> snapshot_;
};

}  // namespace backhaul::connections
