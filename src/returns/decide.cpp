#include "returns/decide.hpp"

#include <algorithm>

#include "returns/planner.hpp"

namespace backhaul::returns {
namespace {

using namespace std::chrono_literals;

// A return usually changes several times within seconds (created, label, updated); one read after that serves them all,
// and the source's budget of requests is small. What waits for a read has it at once (Planner::read_source_now).
constexpr Millis read_settle = 10s;
// When nothing is known of it yet.
constexpr Millis first_read_settle = 1s;
// A warehouse's clerk saves a receipt in steps; its webhook for each step arrives within moments.
constexpr Millis rma_read_settle = 250ms;
constexpr Millis paused_look = 60s;

void attend_ended_badly(Planner& planner, const ReturnState& state) {
  for (const auto& record : state.ledger) {
    const bool refused = record.status == EffectStatus::refused || record.status == EffectStatus::abandoned;
    if (!refused || record.kind == EffectKind::process) continue;
    if (record.kind == EffectKind::create_rma) {
      planner.attend("rma_not_made", fmt::format("no RMA could be made: {} {}", record.code, record.message),
                     "put it right at the destination or in the SKU map, then retry the job", record.connection);
    } else if (changes_the_world(record.kind)) {
      planner.attend("effect_refused", fmt::format("{}: {} {}", to_string(record.kind), record.code, record.message),
                     "do it by hand, or retry the job", record.connection);
    } else {
      planner.attend("cannot_read", fmt::format("{}: {}", to_string(record.kind), record.message),
                     "check the connection with `backhaul doctor`, then retry the job", record.connection);
    }
  }
}

void plan_destination(Planner& planner, const DestinationPolicy& by) {
  const auto& state = planner.state();
  static const DestinationState nothing_yet{};
  const auto* known = find_destination(state, by.connection);
  const auto& destination = known == nullptr ? nothing_yet : *known;
  switch (destination.phase) {
    case RmaPhase::none:
    case RmaPhase::making:
      plan_rma(planner, by, destination);
      break;
    case RmaPhase::made:
      if (destination.hint > destination.read) planner.read_rma(destination, planner.now() + rma_read_settle);
      if (state.view.state == SourceState::cancelled && state.read) {
        planner.withdraw(latest_effect(state, "process"));
        planner.say("", "cancelled at the source");
        plan_cancelled(planner, by, destination);
      } else {
        plan_tracking(planner, by, destination);
        plan_receipt(planner, by, destination);
      }
      break;
    case RmaPhase::refused:
      planner.say("", fmt::format("no RMA at {}: a person must act", by.name));
      break;
    case RmaPhase::cancelled:
      planner.say("", fmt::format("cancelled at the source and at {}", by.name));
      break;
  }
}

bool goes_to(const SourceView& view, const DestinationPolicy& by) {
  return by.policy.destinations.empty() || by.policy.destinations.contains(view.destination_id);
}

// Whether anything is planned for the destination; says why not.
bool takes_part(Planner& planner, const DestinationPolicy& by) {
  const auto& view = planner.state().view;
  if (!goes_to(view, by)) return false;
  if (by.policy.mode == Mode::paused) {
    planner.say("mode", fmt::format("{} is paused", by.name));
    planner.wake(planner.now() + paused_look);
    return false;
  }
  if (by.policy.cut_off && view.created_at < by.policy.cut_off) {
    planner.say("cut_off", "created before the cut-off date: left alone");
    return false;
  }
  return true;
}

bool has_rma(const ReturnState& state, const DestinationPolicy& by) {
  const auto* destination = find_destination(state, by.connection);
  return destination != nullptr && destination->phase == RmaPhase::made;
}

}  // namespace

Plan decide(const ReturnState& state, const PolicySet& policies, Time now) {
  Planner planner(state, policies, now);
  if (state.gone) {
    if (state.hint > state.read) planner.read_source(std::max(now, state.hint_at + first_read_settle));
    planner.attend("unknown_at_source", "the source was asked and knows no such return",
                   "nothing is done for it; if it exists, check that the connection's key belongs to the same shop");
    planner.say("", "the source knows no such return");
    return planner.take();
  }
  const Millis settle = state.has_view ? read_settle : first_read_settle;
  if (!state.has_view || state.hint > state.read) planner.read_source(std::max(now, state.hint_at + settle));
  attend_ended_badly(planner, state);
  if (!state.has_view) return planner.take();

  std::vector<const DestinationPolicy*> going;
  for (const auto& by : policies) {
    if (takes_part(planner, by)) going.push_back(&by);
  }
  // RMAs that are being made first: they count when another warehouse's receipt is judged.
  std::ranges::stable_partition(going, [&](const auto* by) { return !has_rma(state, *by); });
  for (const auto* by : going) plan_destination(planner, *by);
  return planner.take();
}

bool is_wanted(const ReturnState& state, const PolicySet& policies, Time now, std::string_view key) {
  const auto plan = decide(state, policies, now);
  const auto names = [key](const std::vector<std::string>& keys) { return std::ranges::find(keys, key) != keys.end(); };
  if (names(plan.withdraw) || names(plan.told)) return false;
  auto unplanned = state;
  const auto erased = std::erase_if(unplanned.ledger, [key](const EffectRecord& record) {
    return record.key == key && record.status == EffectStatus::planned;
  });
  unplanned.read = std::max(unplanned.read, unplanned.hint);
  const auto again = decide(unplanned, policies, now);
  return erased == 1 && std::ranges::any_of(again.effects, [key](const PlannedEffect& effect) {
           return effect.key == key && !effect.shadow;
         });
}

ReturnState with_plan(ReturnState state, const Plan& plan) {
  for (const auto& effect : plan.effects) {
    EffectRecord record;
    record.key = effect.key;
    record.kind = effect.kind;
    record.connection = effect.connection;
    record.planned_at = state.last_event;
    state.ledger.push_back(std::move(record));
    if (effect.kind != EffectKind::create_rma) continue;
    auto* destination = find_destination(state, effect.connection);
    if (destination == nullptr) {
      destination = &state.destinations.emplace_back();
      destination->connection = effect.connection;
    }
    destination->phase = RmaPhase::making;
    destination->reference = effect.work.reference;
  }
  return state;
}

}  // namespace backhaul::returns
