#pragma once
// /healthz, /readyz and /metrics: for load balancers and Prometheus. No personal data, no secrets, no per-return
// labels.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dispatch/dispatcher.hpp"
#include "intake/deliveries.hpp"
#include "net/http_server.hpp"
#include "store/store.hpp"
#include "workflow/workflow.hpp"

namespace backhaul::api {

// One number of the engine's at a moment, copied on its loop so that the server's need not look into it.
struct EngineFigures {
  workflow::Counters workflow;
  struct Effects {
    std::string connection;
    std::string kind;
    dispatch::EffectCounters counters;
  };
  std::vector<Effects> effects;
  struct Vendor {
    std::string connection;
    bool open = false;  // the circuit breaker
  };
  std::vector<Vendor> vendors;
  int in_flight = 0;
  std::optional<store::Depths> depths;  // nothing when the store did not answer
};

class Status {
 public:
  // `engine` works the figures out on the engine's loop, and gives them on the loop it is awaited on.
  Status(store::Store& store, const intake::Deliveries& deliveries, std::function<async::Task<EngineFigures>()> engine);

  // Answers the three paths; 404 for any other.
  [[nodiscard]] async::Task<net::ServerResponse> handle(net::ServerRequest request);
  // From now on /readyz says no, so that a load balancer looks elsewhere while we drain.
  void draining() { draining_ = true; }

 private:
  async::Task<net::ServerResponse> metrics();

  store::Store& store_;
  const intake::Deliveries& deliveries_;
  std::function<async::Task<EngineFigures>()> engine_;
  std::atomic<bool> draining_{false};
};

}  // namespace backhaul::api
