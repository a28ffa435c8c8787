#pragma once
// The inbound side of HTTP: POST /hooks/{token}. Verifies over the raw bytes, stores, and answers only then.

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <set>

#include "connections/live.hpp"
#include "intake/answers.hpp"
#include "net/http_server.hpp"
#include "store/store.hpp"

namespace backhaul::intake {

class Deliveries {
 public:
  // Runs on the server's loop. Both are called at most about once a minute per connection and kind, and must be quick.
  struct Listener {
    // A person should know of this: bad signatures, unreadable bodies.
    std::function<void(ConnectionId, returns::AttentionItem)> complain;
    // Deliveries of this connection verify (again), so the complaint "bad_signature" is over.
    std::function<void(ConnectionId)> verified;
  };
  Deliveries(store::Store& store, const connections::Connections& connections, async::Loop& loop, Listener listener);

  // `request.path` is /hooks/{token}.
  [[nodiscard]] async::Task<net::ServerResponse> handle(net::ServerRequest request);

  // How many ended how, since the start.
  [[nodiscard]] std::uint64_t count(Verdict verdict) const {
    return counts_.at(static_cast<std::size_t>(verdict)).load();
  }

 private:
  async::Task<net::ServerResponse> take(connections::LivePtr connection, net::ServerRequest request);
  net::ServerResponse answer(Verdict verdict, const connections::LiveConnection* connection);
  // False when the same was said within the last minute.
  bool complain(const connections::LiveConnection& connection, std::string kind, std::string why, std::string todo);

  store::Store& store_;
  const connections::Connections& connections_;
  async::Loop& loop_;
  Listener listener_;
  std::map<std::pair<ConnectionId, std::string>, Time> complained_;
  std::set<ConnectionId> verified_;  // since the last complaint
  std::array<std::atomic<std::uint64_t>, 8> counts_{};
};

}  // namespace backhaul::intake
