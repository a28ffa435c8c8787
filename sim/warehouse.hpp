#pragma once
// A warehouse with ShipHero's manners, and its books. Outlives every life of the hub.

#include <deque>
#include <set>
#include <unordered_map>

#include "judge.hpp"
#include "post.hpp"
#include "wire.hpp"

namespace backhaul::sim {

class Warehouse {
 public:
  // What the hub was shown of an RMA, and when it had asked.
  struct Look {
    const HubLoop* life = nullptr;
    Time sent;
    Time at;
    Want want = Want::wait;
    bool direct = false;  // a read of this RMA alone
  };
  struct Rma {
    std::string id;
    std::string reference;
    std::string about;  // the return
    returns::Receipt receipt;
    std::int64_t asked = 0;  // units
    std::string tracking_number;
    bool cancelled = false;
    Time made_at;
    Time changed_at;
    std::vector<Look> looks;
    std::set<std::string> reasons_to_flag;  // facts shown to the hub that ask for a person
    std::map<std::string, Time> shown;      // facts, and when they were shown first
  };
  struct Can {
    bool cancel = true;
    bool attach_tracking = true;
  };

  Warehouse(Stage& stage, Post& post, std::string name, ConnectionId connection, Policy by, Can abilities)
      : policy(std::move(by)),
        can(abilities),
        stage_(stage),
        post_(post),
        name_(name),
        connection_(std::move(connection)),
        wire_(stage, std::move(name)) {}

  // --- the hub
  [[nodiscard]] Rma* find_reference(const std::string& reference);
  connectors::Outcome<connectors::RmaMade> make(const connectors::RmaRequest& request);
  [[nodiscard]] connectors::Outcome<connectors::RmaRead> look_up(const std::string& id, Look look);
  connectors::Outcome<void> attach(const connectors::RmaUpdate& update);
  connectors::Outcome<void> cancel(const std::string& id);
  [[nodiscard]] connectors::Page<connectors::RmaRead> list(connectors::Window window, const std::string& cursor,
                                                           Look look);

  // --- the clerks: something about an RMA became different
  void changed(Rma& rma, std::string_view what);

  // --- the books
  std::deque<Rma> rmas;
  Policy policy;
  Can can;
  Time listed_at;
  Millis list_lags{0};
  std::function<bool(const std::string& about)> order_known;  // the order may be imported later than the return
  std::function<bool(const std::string& about)> order_fits;   // a SKU may be missing on it
  std::function<Phase(const std::string& about)> phase;
  std::function<void(Rma&)> made;
  [[nodiscard]] Rma* find(const std::string& id);
  [[nodiscard]] std::vector<Rma*> of(const std::string& about);
  [[nodiscard]] Want want(const Rma& rma) const { return want_of(rma.receipt, rma.asked, policy); }

  [[nodiscard]] Wire& wire() { return wire_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const ConnectionId& connection() const { return connection_; }
  // The return a reference was made for.
  [[nodiscard]] static std::string about_of(const std::string& reference);

 private:
  void show(Rma& rma, Look look);
  Rma* own(const std::string& id, std::string_view what);

  Stage& stage_;
  Post& post_;
  std::string name_;
  ConnectionId connection_;
  Wire wire_;
  std::uint64_t letters_ = 0;
  std::unordered_map<std::string, Rma*> by_id_;
  std::unordered_map<std::string, std::vector<Rma*>> by_return_;
};

}  // namespace backhaul::sim
