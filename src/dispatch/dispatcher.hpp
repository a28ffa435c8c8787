#pragma once
// The loop around connectors: claims due jobs within each connection's limits, runs them, records every attempt and how
// it ended. Runs on the engine's loop.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "async/alarm.hpp"
#include "connections/live.hpp"
#include "dispatch/breaker.hpp"
#include "dispatch/perform.hpp"
#include "dispatch/retry.hpp"
#include "store/store.hpp"
#include "workflow/workflow.hpp"

namespace backhaul::dispatch {

struct Options {
  bool shared = false;   // other nodes rescue what this one does not renew in time
  std::string node;      // this process; new with each start
  Millis lease{60'000};  // renewed at a third of it
  RetryRules retry;
  PerformRules perform;
  std::function<std::uint64_t()> random = connections::random_number;  // spreads the waits
};

struct EffectCounters {
  std::uint64_t done = 0;
  std::uint64_t refused = 0;
  std::uint64_t retried = 0;
  std::uint64_t unknown = 0;
  std::uint64_t given_up = 0;
};

class Dispatcher final : public workflow::JobStarter {
 public:
  Dispatcher(store::Store& store, connections::Connections& connections, async::Loop& loop, Options options);

  // Jobs may be due. On the engine's loop only.
  void poke();
  // Begins no attempt any more; those under way end. `drained` when none is left.
  void stop() { stopped_ = true; }
  [[nodiscard]] bool drained() const { return in_flight_ == 0 && !claiming_; }
  [[nodiscard]] int in_flight() const { return in_flight_; }
  [[nodiscard]] async::Task<void> renew_leases();
  // The leases of what runs ended before they were renewed: this node was stopped, or the store did not answer. Another
  // node may be at it. Nothing of it must be sent any more, and nothing new begins until all of it has ended.
  [[nodiscard]] bool overslept() const { return options_.shared && in_flight_ > 0 && loop_.now() > held_until_; }

  std::optional<store::Lease> reserve(const ConnectionId& connection) override;
  void release(const ConnectionId& connection) override;
  void start(store::Job job) override;

  // By connection and kind of effect; for metrics.
  [[nodiscard]] const std::map<std::pair<std::string, std::string>, EffectCounters>& counters() const {
    return counters_;
  }
  [[nodiscard]] bool is_open(const ConnectionId& connection) const;

 private:
  struct Lane {            // one connection's share
    int running = 0;       // calls: claimed, and not ended
    int unrecorded = 0;    // calls that ended, and whose end is not stored yet
    bool backlog = false;  // older jobs are waiting: none may be born running
    Breaker breaker;
    bool raised = true;  // the attention list may have been told about it, by an earlier process too
  };

  [[nodiscard]] store::Lease lease() const;
  [[nodiscard]] int room(const connections::LiveConnection& connection, const Lane& lane) const;
  void hold(Lane& lane, int slots);
  async::Task<void> claim_all();
  async::Task<void> claim(connections::LivePtr connection);
  async::Task<void> run(store::Job job);
  void call_ended(const ConnectionId& connection);
  void end_recorded(const ConnectionId& connection);
  // Decides once more, by the state that the workflow committed last.
  async::Task<connectors::Outcome<bool>> still_wanted(store::Job job);
  store::Finish finish_of(const store::Job& job, const Attempted& attempted, Time started) const;
  async::Task<void> record(store::Job job, store::Finish finish);
  async::Task<void> clear_attention(ConnectionId connection);
  void judge_connection(const connections::LivePtr& connection, const Attempted& attempted);
  void count(const store::Job& job, const store::Finish& finish);
  void log(const store::Job& job, const store::Finish& finish) const;

  store::Store& store_;
  connections::Connections& connections_;
  async::Loop& loop_;
  Options options_;
  std::unordered_map<ConnectionId, Lane> lanes_;
  std::map<std::pair<std::string, std::string>, EffectCounters> counters_;
  int in_flight_ = 0;
  Time held_until_;  // the leases of all that runs last at least until then
  bool claiming_ = false;
  bool poked_ = false;
  bool stopped_ = false;
  async::Alarm alarm_{loop_, [this] { poke(); }};
};

}  // namespace backhaul::dispatch
