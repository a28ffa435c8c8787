#pragma once
// The hub's store over a real SQLite file: it fails or ends the process when the faults say so, and stands where a
// mutation wants it.

#include <atomic>

#include "stage.hpp"
#include "support/faulty_store.hpp"

namespace backhaul::sim {

class HubStore final : public test::FaultyStore {
 public:
  // `recorded`: the end of an effect is on disk.
  using Recorded = std::function<void(JobId job, const std::string& effect)>;
  HubStore(std::unique_ptr<store::Store> inner, Stage& stage, HubLoop& loop, Recorded recorded);

  // Every call fails until then.
  void be_down_until(Time until) { down_until_ = until; }
  // Deliveries that come from now on wait for one flush.
  void gather() { gathering_ = true; }
  void flush();

  Answer<std::vector<store::Appended>> append(std::vector<store::NewEvent> events) override;
  Answer<std::vector<store::News>> take_news(int limit, Time now) override;
  Answer<std::vector<store::StepDone>> commit_steps(std::vector<store::Step> steps) override;
  Answer<std::vector<store::Job>> claim_jobs(ConnectionId id, int limit, store::Lease lease, Time now) override;
  Answer<void> finish(store::Finish end) override;

 private:
  using Appending = async::Resolver<store::Stored<std::vector<store::Appended>>>;
  Fate fate_of_call(std::string_view call);
  Answer<std::vector<store::Appended>> wait_for_flush(std::vector<store::NewEvent> events);
  Answer<std::vector<store::Appended>> append_too_late(std::vector<store::NewEvent> events);
  async::Task<void> flush_all(std::vector<store::NewEvent> events, std::vector<Appending> waiting);
  bool strikes(Fault fault, std::uint64_t key);

  Stage& stage_;
  HubLoop& loop_;
  Recorded recorded_;
  std::map<std::string, std::uint64_t, std::less<>> numbers_;
  Time down_until_;
  bool gathering_ = false;
  std::vector<store::NewEvent> gathered_;
  std::vector<Appending> waiting_;
};

}  // namespace backhaul::sim
