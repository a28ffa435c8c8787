#pragma once
// One life of the hub: the real intake, workflow and dispatch, wired as src/cli/hub.cpp wires them, over the simulated
// clock, store faults and vendors. The store writes where it is asked, without a thread.

#include <filesystem>

#include "connections/live.hpp"
#include "dispatch/dispatcher.hpp"
#include "hub_store.hpp"
#include "intake/deliveries.hpp"
#include "intake/poller.hpp"
#include "vendors.hpp"
#include "workflow/workflow.hpp"

namespace backhaul::sim {

// A merchant: its platform and the warehouses its returns go to.
struct Merchant {
  MerchantId id;
  std::unique_ptr<Platform> platform;
  std::vector<std::unique_ptr<Warehouse>> warehouses;
};

struct HubOptions {
  std::filesystem::path folder;  // of the database and the key
  Millis look_every{1'000};
  int life = 1;
  std::string node;
};

class Hub {
 public:
  Hub(Stage& stage, std::vector<Merchant>& merchants, HubOptions options);
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Starts it, once whoever must know of this life does.
  void begin() { loop_.start(start()); }
  // Brings a delivery; `answered` hears the status, unless the hub dies over it. False: nobody listens yet.
  bool deliver(const ConnectionId& to, net::ServerRequest request, std::function<void(int)> answered);
  // As SIGKILL: nothing of it runs any more, and nothing is tidied up.
  void kill();
  // The file is let go, as the system does for a dead process.
  void close() { store_->close(); }

  [[nodiscard]] HubLoop& loop() { return loop_; }
  [[nodiscard]] HubStore& store() { return *store_; }
  [[nodiscard]] dispatch::Dispatcher& dispatcher() { return *dispatcher_; }
  // The store itself, without faults.
  template <class T>
  T ask(async::Task<store::Stored<T>> task) {
    auto answer = blocking_.wait(std::move(task));
    if (!answer) throw std::runtime_error(answer.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*answer);
  }
  [[nodiscard]] store::Store& inner() { return store_->inner(); }
  [[nodiscard]] std::filesystem::path file() const { return options_.folder / "hub.db"; }

 private:
  class NoHttp final : public net::HttpClient {
    async::Task<Result<net::HttpResponse, net::HttpError>> send(net::HttpRequest request) override;
  };

  void add_connections(std::vector<Merchant>& merchants);
  connections::LivePtr make_live(const store::Connection& row, const connections::Secrets& secrets);
  void recorded(JobId job, const std::string& effect);
  async::Task<void> start();
  async::Task<void> look();
  void tick();
  void after_store();

  Stage& stage_;
  std::vector<Merchant>& merchants_;
  HubOptions options_;
  HubLoop loop_;
  test::BlockingLoop blocking_;
  NoHttp http_;
  connections::Vault vault_;
  // Told by the store within a call, acted upon after it.
  bool news_ = false;
  bool jobs_ = false;
  std::unique_ptr<HubStore> store_;
  std::unique_ptr<connections::Connections> connections_;
  std::unique_ptr<dispatch::Dispatcher> dispatcher_;
  std::unique_ptr<workflow::Workflow> workflow_;
  std::unique_ptr<intake::Poller> poller_;
  std::unique_ptr<intake::Deliveries> deliveries_;
  Rng random_;
  Time renewed_at_;
  bool working_ = false;
};

}  // namespace backhaul::sim
