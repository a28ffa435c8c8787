#pragma once
// What decide's parts share: one plan in the making, and how effects get into it once.

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "returns/decide.hpp"

namespace backhaul::returns {

// Everything decide needs at hand while it plans for one return.
class Planner {
 public:
  Planner(const ReturnState& state, const PolicySet& policies, Time now)
      : state_(state), policies_(policies), now_(now) {}

  Plan take() { return std::move(plan_); }
  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] const ReturnState& state() const { return state_; }
  [[nodiscard]] const PolicySet& policies() const { return policies_; }

  void say(std::string rule, std::string summary) {
    plan_.rule = std::move(rule);
    plan_.summary = std::move(summary);
  }

  void wake(Time at) {
    if (!plan_.wake_at || at < *plan_.wake_at) plan_.wake_at = at;
  }

  void attend(std::string kind, std::string why, std::string todo, const ConnectionId& connection = {}) {
    plan_.attention.push_back({std::move(kind), std::move(why), std::move(todo), connection});
  }

  // Whether the source's view is a read that covers everything we were told.
  [[nodiscard]] bool source_is_fresh() const { return state_.read && state_.read >= state_.hint; }

  // Some time, unless the source will be read anyway.
  void read_source(Time not_before) {
    if (has_planned(state_, EffectKind::read_source, state_.source) || reading_source_) return;
    if (given_up(EffectKind::read_source, state_.source, state_.hint)) return;
    plan_read("", not_before);
  }

  // Something waits for it: in place of a read that would take its time.
  void read_source_now() {
    if (given_up(EffectKind::read_source, state_.source, state_.hint)) return;
    std::erase_if(plan_.effects, [](const PlannedEffect& effect) { return effect.kind == EffectKind::read_source; });
    for (const auto& record : state_.ledger) {
      if (record.kind != EffectKind::read_source || record.status != EffectStatus::planned) continue;
      if (record.key.ends_with(at_once)) return;
      withdraw(&record);
    }
    plan_read(at_once, now_);
  }

  void read_rma(const DestinationState& destination, Time not_before) {
    if (has_planned(state_, EffectKind::read_rma, destination.connection)) return;
    if (given_up(EffectKind::read_rma, destination.connection, destination.hint)) return;
    Work work;
    work.subject = destination.rma;
    add(fmt::format("read_rma/{}/{}", destination.connection.value, state_.last_event.value), EffectKind::read_rma,
        destination.connection, Priority::look, std::move(work))
        .not_before = not_before;
  }

  // Plans an effect under `base` unless one is there already that has not been withdrawn. Returns it, or nothing.
  PlannedEffect* once(const std::string& base, EffectKind kind, const ConnectionId& connection, Priority priority,
                      Work work, const DestinationPolicy& by, const std::string& rule) {
    const auto* last = latest_effect(state_, base);
    if (last != nullptr && last->status != EffectStatus::withdrawn) return nullptr;
    // Several destinations may ask for the same effect at the source; the first of them had it.
    const bool shadow = by.policy.mode == Mode::shadow;
    const auto same = [&](const PlannedEffect& e) {
      return e.shadow == shadow && e.key.substr(0, e.key.rfind('/')) == base;
    };
    if (std::ranges::any_of(plan_.effects, same)) return nullptr;
    const auto earlier =
        std::ranges::count_if(state_.ledger, [&](const EffectRecord& r) { return r.key.starts_with(base + "/"); });
    auto& effect = add(fmt::format("{}/{}", base, earlier + 1), kind, connection, priority, std::move(work));
    effect.rule = rule;
    effect.policy_version = by.policy.version;
    effect.shadow = shadow;
    return &effect;
  }

  // Whether an RMA is planned for the destination that is not only for show.
  [[nodiscard]] bool makes_rma(const ConnectionId& connection) const {
    return std::ranges::any_of(plan_.effects, [&](const PlannedEffect& effect) {
      return effect.kind == EffectKind::create_rma && effect.connection == connection && !effect.shadow;
    });
  }

  void withdraw(const EffectRecord* record) {
    if (record != nullptr && record->status == EffectStatus::planned) plan_.withdraw.push_back(record->key);
  }
  void told(const EffectRecord& record) { plan_.told.push_back(record.key); }

 private:
  void plan_read(std::string_view manner, Time not_before) {
    reading_source_ = true;
    add(fmt::format("read_source/{}{}", state_.last_event.value, manner), EffectKind::read_source, state_.source,
        Priority::look, {})
        .not_before = not_before;
  }

  PlannedEffect& add(std::string key, EffectKind kind, const ConnectionId& connection, Priority priority, Work work) {
    PlannedEffect effect;
    effect.key = std::move(key);
    effect.kind = kind;
    effect.connection = connection;
    effect.work = std::move(work);
    if (effect.work.subject.empty()) effect.work.subject = state_.source_id;
    effect.priority = priority;
    effect.not_before = now_;
    // What was told by either side, and what was learnt last: an act at the source rests on the warehouse's word, too.
    const auto because = [&](EventId event) {
      if (event && std::ranges::find(effect.causes, event) == effect.causes.end()) effect.causes.push_back(event);
    };
    because(state_.hint);
    for (const auto& destination : state_.destinations) because(destination.hint);
    because(state_.last_event);
    plan_.effects.push_back(std::move(effect));
    return plan_.effects.back();
  }

  // A read that was refused or used up its attempts is not planned again until something new is heard.
  [[nodiscard]] bool given_up(EffectKind kind, const ConnectionId& connection, EventId newest_hint) const {
    return std::ranges::any_of(state_.ledger, [&](const EffectRecord& record) {
      const bool badly = record.status == EffectStatus::abandoned || record.status == EffectStatus::refused;
      return badly && record.kind == kind && record.connection == connection && record.ended_at > newest_hint;
    });
  }

  static constexpr std::string_view at_once = "/now";

  const ReturnState& state_;
  const PolicySet& policies_;
  Time now_;
  Plan plan_;
  bool reading_source_ = false;
};

// plan_rma.cpp: making the RMA, telling it a tracking number, withdrawing it.
void plan_rma(Planner& planner, const DestinationPolicy& by, const DestinationState& destination);
void plan_tracking(Planner& planner, const DestinationPolicy& by, const DestinationState& destination);
void plan_cancelled(Planner& planner, const DestinationPolicy& by, const DestinationState& destination);

// plan_receipt.cpp: what a receipt, and a process under way, lead to at the source.
void plan_receipt(Planner& planner, const DestinationPolicy& by, const DestinationState& destination);

}  // namespace backhaul::returns
