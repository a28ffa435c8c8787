#pragma once
// A whole hub without sockets: the real intake, workflow and dispatch over a real store file and a fake world, on one
// thread and a clock the test moves. It can be killed and opened again.

#include <filesystem>

#include "connections/live.hpp"
#include "dispatch/dispatcher.hpp"
#include "intake/deliveries.hpp"
#include "intake/poller.hpp"
#include "intake/webhooks.hpp"
#include "support/fake_world.hpp"
#include "support/faulty_store.hpp"
#include "support/manual_loop.hpp"
#include "support/scripted_http.hpp"
#include "workflow/workflow.hpp"

namespace backhaul::test {

inline const ConnectionId source_id{"con_source"};
inline const ConnectionId destination_id{"con_destination"};

class TestHub {
 public:
  struct Options {
    dispatch::RetryRules retry;
    dispatch::PerformRules perform;
    Millis lease{60'000};
    bool shared = false;         // as dispatch::Options
    boost::json::object policy;  // changes to ShipHero's defaults
    bool works = true;           // workflow and dispatch run by themselves
    Millis look_every{1'000};    // as the engine does
  };
  explicit TestHub(World& world) : TestHub(world, Options{}) {}
  TestHub(World& world, Options options);
  TestHub(const TestHub&) = delete;
  TestHub& operator=(const TestHub&) = delete;
  ~TestHub();

  // --- life
  void kill();     // as SIGKILL would: nothing more runs, nothing is cleaned up
  void restart();  // kill, then a new process over the same file, which rescues what was lost
  [[nodiscard]] bool dead() const { return parts_->store->dead(); }

  // --- time
  void run();               // until nothing is due
  void advance(Millis by);  // looking around as the engine does
  // --- the outside
  std::optional<net::ServerResponse> deliver(const ConnectionId& to, std::string body, std::string secret = "s3cret");
  net::ServerResponse request(std::string method, std::string path, std::string body = {}, net::Headers headers = {});
  void tell_of_return(const std::string& id, const std::string& topic = "return.created");
  void tell_of_rma(const std::string& reference);

  // --- the inside
  template <class T>
  T ask(async::Task<store::Stored<T>> task) {
    auto answer = blocking_.wait(std::move(task));
    if (!answer) throw std::runtime_error(answer.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*answer);
  }
  [[nodiscard]] store::ReturnRow row(const std::string& id) { return ask(inner().find_return(id)); }
  [[nodiscard]] std::vector<store::JobRow> jobs(const std::string& id) {
    return ask(inner().jobs_of_return(row(id).id));
  }
  [[nodiscard]] std::optional<store::JobRow> job(const std::string& id, std::string_view key_start);
  [[nodiscard]] std::vector<std::string> attention();  // the kinds
  [[nodiscard]] std::vector<store::JournalEvent> events(const std::string& id) {
    return ask(inner().events_of_return(row(id).id, true));
  }

  [[nodiscard]] ManualLoop& loop() { return parts_->loop; }
  [[nodiscard]] FaultyStore& store() { return *parts_->store; }
  [[nodiscard]] store::Store& inner() { return parts_->store->inner(); }
  [[nodiscard]] connections::Connections& connections() { return *parts_->connections; }
  [[nodiscard]] connections::LivePtr live(const ConnectionId& id) { return connections().snapshot()->by_id.at(id); }
  [[nodiscard]] dispatch::Dispatcher& dispatcher() { return *parts_->dispatcher; }
  [[nodiscard]] workflow::Workflow& workflow() { return *parts_->workflow; }
  [[nodiscard]] std::filesystem::path file() const { return folder_ / "hub.db"; }

  std::vector<returns::AttentionItem> complaints;
  int verified = 0;

 private:
  struct Parts {
    explicit Parts(Time now) : loop(now) {}
    ManualLoop loop;
    ScriptedHttp http;
    std::unique_ptr<FaultyStore> store;
    std::unique_ptr<connections::Connections> connections;
    std::unique_ptr<dispatch::Dispatcher> dispatcher;
    std::unique_ptr<workflow::Workflow> workflow;
    std::unique_ptr<intake::Deliveries> deliveries;
  };
  void open();
  void add_connections();
  void look_around();
  async::Task<void> tick(Parts& parts);

  World& world_;
  Options options_;
  std::filesystem::path folder_;
  std::shared_ptr<Parts> parts_;
  BlockingLoop blocking_;
  int lives_ = 0;
};

}  // namespace backhaul::test
