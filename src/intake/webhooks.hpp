#pragma once
// Keeps every connection's webhooks registered and working: at start, when a connection appears, and regularly after.

#include <map>
#include <set>
#include <string>

#include "connections/live.hpp"
#include "intake/rounds.hpp"
#include "store/store.hpp"

namespace backhaul::intake {

struct WebhookOptions {
  std::string public_url;    // where vendors reach us, without a trailing slash; empty: nothing is registered
  Millis interval{900'000};  // a disabled webhook discards events, and the polls only come so often
  Millis after_failure{30'000};
};

class WebhookKeeper {
 public:
  WebhookKeeper(store::Store& store, connections::Connections& connections, async::Loop& loop, WebhookOptions options);
  // Starts whatever is due; called about once a second.
  void tick();
  void stop() { stopped_ = true; }
  [[nodiscard]] bool idle() const { return rounds_.idle(); }

 private:
  async::Task<void> keep(connections::LivePtr connection);
  async::Task<void> tell(ConnectionId connection, std::string why);

  store::Store& store_;
  connections::Connections& connections_;
  async::Loop& loop_;
  WebhookOptions options_;
  Rounds rounds_;
  std::map<ConnectionId, int> failures_;
  std::set<ConnectionId> succeeded_;
  bool stopped_ = false;
};

}  // namespace backhaul::intake
