#pragma once
// The loop around evolve and decide: takes returns that have news, folds it in, asks the policy what follows, and
// commits new state and new jobs together. Runs on the engine's loop, one pass at a time.

#include <functional>
#include <optional>
#include <string>

#include "async/alarm.hpp"
#include "connections/live.hpp"
#include "store/store.hpp"

namespace backhaul::workflow {

// What the workflow asks of dispatch: a job of a quiet connection may be born running, which saves the claim's flush.
class JobStarter {
 public:
  virtual ~JobStarter() = default;
  // A slot on the connection, or nothing when it is busy, broken or has older jobs waiting.
  [[nodiscard]] virtual std::optional<store::Lease> reserve(const ConnectionId& connection) = 0;
  // Gives slots back unused.
  virtual void release(const ConnectionId& connection) = 0;
  // Runs a job in a slot reserved for it.
  virtual void start(store::Job job) = 0;
};

struct Counters {
  std::uint64_t steps = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t events = 0;
};

class Workflow {
 public:
  Workflow(store::Store& store, connections::Connections& connections, JobStarter& starter, async::Loop& loop);

  // There may be news. Callable on the engine's loop only.
  void poke();
  // No pass begins any more; one under way ends.
  void stop() { stopped_ = true; }
  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }

  // One pass: at most a batch. True when there was something, so that another pass is worth while.
  [[nodiscard]] async::Task<store::Stored<bool>> run_once();

 private:
  async::Task<void> run();
  std::optional<store::Step> step(const connections::Snapshot& snapshot, store::News& news);
  // Commits the steps; one the store refuses is set aside, so that it cannot hold up the others for ever.
  async::Task<store::Stored<void>> commit(std::vector<store::Step> steps);
  async::Task<store::Stored<void>> set_aside(ReturnId id, ConnectionId source, std::vector<store::SubjectMark> marks,
                                             std::string why);
  void reserve_slots(store::Step& step);
  void settle(const store::Step& step, store::StepDone done);

  store::Store& store_;
  connections::Connections& connections_;
  JobStarter& starter_;
  async::Loop& loop_;
  Counters counters_;
  async::Alarm alarm_{loop_, [this] { poke(); }};
  bool running_ = false;
  bool poked_ = false;
  bool stopped_ = false;
};

}  // namespace backhaul::workflow
