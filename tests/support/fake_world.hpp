#pragma once
// A returns platform and a warehouse in a few lines, with books of their own: what they were really asked, and what
// really happened, whatever the hub was told. It outlives a killed hub.

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "connectors/connector.hpp"
#include "support/graveyard.hpp"
#include "support/manual_loop.hpp"

namespace backhaul::test {

class World {
 public:
  struct Return {
    returns::SourceView view;
    bool processing = false;        // accepted and queued; `finish_processing` ends it
    int accepted = 0;               // how often a process was accepted: law 2 allows one
    std::vector<std::string> done;  // other actions that took place, and notes' texts
  };
  struct Rma {
    std::string id;
    std::string reference;
    returns::Receipt receipt;
    std::string tracking_number;
    bool cancelled = false;
  };
  // How the vendor behaves in one call.
  struct Turn {
    std::optional<connectors::Failure> failure;
    bool acts = true;     // what was asked takes place, also when the answer is a failure
    bool stalls = false;  // no answer until `release`
  };

  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  std::map<std::string, Return> returns;
  std::vector<Rma> rmas;
  std::vector<std::string> calls;  // "process r1", "create_rma r1", in order
  // Asked at each call with its word and what it is about; empty: all goes well.
  std::function<Turn(const std::string& call, const std::string& id)> turn;
  // Runs when what was asked has taken place. False: the hub is dead, and the answer reaches nobody.
  std::function<bool(const std::string& call)> after_acting;
  std::optional<connectors::Finding> finding;  // find_out's answer instead of the true one
  connectors::WebhookReport webhooks;

  [[nodiscard]] std::int64_t count(std::string_view call) const { return std::ranges::count(calls, call); }
  [[nodiscard]] Rma* find_rma(const std::string& reference);
  void receive_all(const std::string& reference, const std::string& status);
  void finish_processing(const std::string& id);
  void release();

  // Runs one call: notes it, waits if told to, lets `act` happen, and answers.
  template <class T>
  async::Task<connectors::Outcome<T>> call(std::string word, std::string id,
                                           std::function<connectors::Outcome<T>()> act);

 private:
  using Waiters = std::vector<async::Resolver<std::monostate>>;
  static async::Task<void> wait_in(Waiters& waiters);

  Waiters stalled_;
  Waiters dead_;
};

[[nodiscard]] returns::SourceView open_return(std::vector<std::string> skus = {"A", "A", "B"});
[[nodiscard]] connectors::Failure failure_of(connectors::Failure::Kind kind, std::string code = "test");

// Their connectors, for LiveConnection::connector. Two calls at a time each.
[[nodiscard]] const connectors::Connector& fake_source_connector();
[[nodiscard]] const connectors::Connector& fake_destination_connector();
[[nodiscard]] std::unique_ptr<connectors::Inbound> make_fake_inbound(std::string secret);
[[nodiscard]] std::unique_ptr<connectors::Source> make_fake_source(World& world);
[[nodiscard]] std::unique_ptr<connectors::Destination> make_fake_destination(World& world);
// A delivery's body: {"id","topic"} and, for a source, the view.
[[nodiscard]] std::string source_body(const std::string& id, const std::string& topic, const returns::SourceView* view);
[[nodiscard]] std::string rma_body(const std::string& id, int number);

template <class T>
async::Task<connectors::Outcome<T>> World::call(std::string word, std::string id,
                                                std::function<connectors::Outcome<T>()> act) {
  calls.push_back(word + " " + id);
  const Turn how = turn ? turn(word, id) : Turn{};
  if (how.stalls) {
    auto waiting = wait_in(stalled_);
    co_await std::move(waiting);
  }
  if (how.failure && !how.acts) co_return fail(*how.failure);
  auto answer = act();
  if (after_acting && !after_acting(word)) {
    auto waiting = wait_in(dead_);
    co_await std::move(waiting);
  }
  if (how.failure) co_return fail(*how.failure);
  co_return answer;
}

}  // namespace backhaul::test
