#pragma once
// The hub around evolve and decide, in miniature: folds events, takes plans up, runs jobs against a model::World, and
// checks at every step what must hold at every step. A stream of choices says which of the possible things happens
// next; with no choices left everything goes the plain way: in order, once, at once.

#include <rapidcheck.h>

#include "returns/codec.hpp"
#include "returns/decide.hpp"
#include "returns/evolve.hpp"
#include "returns/world_model.hpp"

namespace backhaul::returns::model {

class Choices {
 public:
  explicit Choices(std::vector<std::uint8_t> stream = {}) : stream_(std::move(stream)) {}
  // A number below `count`; 0 is the plain way.
  std::size_t next(std::size_t count) {
    if (count < 2 || at_ >= stream_.size()) return 0;
    return stream_[at_++] % count;
  }

 private:
  std::vector<std::uint8_t> stream_;
  std::size_t at_ = 0;
};

class Hub {
 public:
  Hub(World& world, PolicySet policies, ConnectionId source, ConnectionId warehouse, Choices choices)
      : world_(world), policies_(std::move(policies)), warehouse_(std::move(warehouse)), choices_(std::move(choices)) {
    state.id = ReturnId{1};
    state.source = std::move(source);
    state.source_id = ExternalId{"9001"};
  }

  // Delivers what is pending, runs what is due, asks both sides once, and lets everything come to rest.
  void settle() {
    come_to_rest();
    poll();
    come_to_rest();
  }

  [[nodiscard]] Plan look() const { return decide(state, policies_, now_); }

  ReturnState state;

 private:
  void come_to_rest() {
    for (int moves = 0; deliver_one() || run_one() || pass_time(); ++moves) {
      RC_ASSERT(moves < 2'000);  // law 9: it ends
    }
  }

  template <class What>
  void tell(What what) {
    ++last_.value;
    fold({Event{.id = last_, .at = now_, .what = std::move(what)}});
  }

  void fold(const std::vector<Event>& events) {
    for (const auto& event : events) state = evolve(std::move(state), event);
    now_ = now_ + Millis{10};
    const auto before = state;
    const auto plan = look();
    check(plan);
    state = with_plan(std::move(state), plan);
    RC_ASSERT(decide(state, policies_, now_).effects.empty());  // what is planned is not planned again
    wake_ = plan.wake_at;
    for (const auto& effect : plan.effects) jobs_.push_back({.effect = effect});
    for (const auto& key : plan.withdraw) {
      // What may have happened already is found out first, as in the store.
      if (std::erase_if(jobs_, [&](const Job& job) { return job.effect.key == key && !job.unknown; }) == 0) continue;
      tell(EffectEnded{.key = key, .status = EffectStatus::withdrawn});
    }
  }

  void check(const Plan& plan) const {
    for (const auto& effect : plan.effects) {
      RC_ASSERT(!effect.causes.empty());
      RC_ASSERT(find_effect(state, effect.key) == nullptr);
      if (!changes_the_world(effect.kind)) continue;
      RC_ASSERT(!effect.rule.empty());
      RC_ASSERT(effect.policy_version == policies_.front().policy.version);
      if (effect.kind != EffectKind::process) continue;
      const auto& there = *find_destination(state, warehouse_);
      RC_ASSERT(state.read >= state.hint);
      RC_ASSERT(there.read >= there.hint);
      RC_ASSERT(state.view.state == SourceState::open && !state.view.flagged);
    }
  }

  // The fate of one pending hint: mostly it arrives, sometimes twice, late, or never.
  bool deliver_one() {
    auto& pending = world_.pending;
    if (pending.empty()) return false;
    const auto index = static_cast<std::ptrdiff_t>(choices_.next(pending.size()));
    const auto hint = pending[static_cast<std::size_t>(index)];
    switch (choices_.next(6)) {
      case 1:  // stays to arrive once more
        break;
      case 2:
        if (hint.may_be_lost) {
          pending.erase(pending.begin() + index);
          return true;
        }
        [[fallthrough]];
      case 3:
        if (run_one()) return true;  // later
        [[fallthrough]];
      default:
        pending.erase(pending.begin() + index);
        break;
    }
    std::visit([&](const auto& what) { tell(what); }, hint.what);
    return true;
  }

  bool run_one() {
    std::vector<std::size_t> due;
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (jobs_[i].effect.not_before <= now_) due.push_back(i);
    }
    if (due.empty()) return false;
    const auto index = static_cast<std::ptrdiff_t>(due[choices_.next(due.size())]);
    auto& job = jobs_[static_cast<std::size_t>(index)];
    auto note = world_.perform(job.effect, last_);
    // An answer may be lost after the effect took place; the job is then tried again and finds what it made.
    if (job.effect.kind == EffectKind::create_rma && choices_.next(4) == 1) return job.unknown = true;
    jobs_.erase(jobs_.begin() + index);
    // Hints may overtake the answer.
    if (choices_.next(3) == 1) deliver_one();
    ++last_.value;
    fold(events_of(note, last_, now_, warehouse_));
    return true;
  }

  // Nothing is due: to the next job's time, or the time the last decision asked for.
  bool pass_time() {
    std::optional<Time> next = wake_;
    for (const auto& job : jobs_) next = next ? std::min(*next, job.effect.not_before) : job.effect.not_before;
    if (!next) return false;
    now_ = std::max(now_, *next);
    if (run_one()) return true;
    wake_.reset();
    fold({});
    return true;
  }

  void poll() {
    tell(SourceWasRead{.view = world_.view, .as_of = last_});
    const auto* there = find_destination(state, warehouse_);
    if (there == nullptr || there->phase != RmaPhase::made) return;
    tell(RmaWasRead{.destination = warehouse_, .receipt = world_.rmas.front().receipt, .as_of = last_});
  }

  struct Job {
    PlannedEffect effect;
    bool unknown = false;  // tried, and no answer came
  };

  World& world_;
  PolicySet policies_;
  ConnectionId warehouse_;
  Choices choices_;
  std::vector<Job> jobs_;
  std::optional<Time> wake_;
  EventId last_;
  Time now_{1'773'500'060'000};
};

}  // namespace backhaul::returns::model
