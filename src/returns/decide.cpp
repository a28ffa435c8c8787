#include "returns/decide.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "returns/numbering.hpp"
#include "returns/verdict.hpp"

namespace backhaul::returns {
namespace {

using namespace std::chrono_literals;

// A return usually changes several times within a second (created, label, updated); one read after that serves them all.
constexpr Millis read_settle = 1s;
// A warehouse's clerk saves a receipt in steps; its webhook for each step arrives within moments.
constexpr Millis rma_read_settle = 250ms;
constexpr Millis paused_look = 60s;
// When to look whether an accepted process has ended, should no word come. After the last, polls still would tell.
constexpr std::array<Millis, 11> confirm_schedule{5s, 30s, 2min, 10min, 30min, 1h, 2h, 4h, 8h, 16h, 24h};

std::string join_distinct(const std::vector<std::string>& words) {
  std::vector<std::string_view> seen;
  std::string text;
  for (const auto& word : words) {
    if (word.empty() || std::ranges::find(seen, word) != seen.end()) continue;
    seen.push_back(word);
    text += (text.empty() ? "" : "; ") + word;
  }
  return text;
}

std::string mapped(const std::map<std::string, std::string>& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? key : found->second;
}

const Label* first_tracked(const SourceView& view) {
  const auto found = std::ranges::find_if(view.labels, [](const Label& l) { return !l.tracking_number.empty(); });
  return found == view.labels.end() ? nullptr : &*found;
}

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

  void read_source(Time not_before) {
    if (has_planned(state_, EffectKind::read_source, state_.source) || reading_source_) return;
    if (given_up(EffectKind::read_source, state_.source, state_.hint)) return;
    reading_source_ = true;
    add(fmt::format("read_source/{}", state_.last_event.value), EffectKind::read_source, state_.source, Priority::look, {})
        .not_before = not_before;
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
    const auto same = [&](const PlannedEffect& e) { return e.shadow == shadow && e.key.substr(0, e.key.rfind('/')) == base; };
    if (std::ranges::any_of(plan_.effects, same)) return nullptr;
    const auto earlier = std::ranges::count_if(
        state_.ledger, [&](const EffectRecord& r) { return r.key.starts_with(base + "/"); });
    auto& effect = add(fmt::format("{}/{}", base, earlier + 1), kind, connection, priority, std::move(work));
    effect.rule = rule;
    effect.policy_version = by.policy.version;
    effect.shadow = shadow;
    return &effect;
  }

  void withdraw(const EffectRecord* record) {
    if (record != nullptr && record->status == EffectStatus::planned) plan_.withdraw.push_back(record->key);
  }

 private:
  PlannedEffect& add(std::string key, EffectKind kind, const ConnectionId& connection, Priority priority, Work work) {
    PlannedEffect effect;
    effect.key = std::move(key);
    effect.kind = kind;
    effect.connection = connection;
    effect.work = std::move(work);
    if (effect.work.subject.empty()) effect.work.subject = state_.source_id;
    effect.priority = priority;
    effect.not_before = now_;
    if (state_.hint) effect.causes.push_back(state_.hint);
    if (const auto* destination = find_destination(state_, connection); destination != nullptr && destination->hint) {
      effect.causes.push_back(destination->hint);
    }
    if (state_.last_event && std::ranges::find(effect.causes, state_.last_event) == effect.causes.end()) {
      effect.causes.push_back(state_.last_event);
    }
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

  const ReturnState& state_;
  const PolicySet& policies_;
  Time now_;
  Plan plan_;
  bool reading_source_ = false;
};

// --- the RMA -------------------------------------------------------------------------------------------------------------

Work rma_work(const ReturnState& state, const DestinationPolicy& by, std::int64_t generation) {
  const auto& view = state.view;
  Work work;
  work.reference = make_reference(by.policy.reference, state, generation);
  work.order_name = view.order_name;
  work.order_number = view.order_number;
  work.provider_order_id = view.provider_order_id;
  if (const auto found = by.policy.warehouses.find(view.destination_id); found != by.policy.warehouses.end()) {
    work.warehouse = found->second;
  }
  if (const auto* label = first_tracked(view)) {
    work.carrier = label->carrier;
    work.tracking_number = label->tracking_number;
  }
  std::vector<std::string> all_reasons;
  std::map<std::string, std::vector<std::string>> reasons;
  for (const auto& unit : view.units) {
    const auto sku = mapped(by.policy.skus, unit.sku);
    auto line = std::ranges::find(work.lines, sku, &WorkLine::sku);
    if (line == work.lines.end()) line = work.lines.insert(line, WorkLine{.sku = sku});
    line->quantity += 1;
    if (!unit.provider_line_id.empty() &&
        std::ranges::find(line->provider_line_ids, unit.provider_line_id) == line->provider_line_ids.end()) {
      line->provider_line_ids.push_back(unit.provider_line_id);
    }
    const auto reason = mapped(by.policy.reasons, unit.reason.empty() ? unit.parent_reason : unit.reason);
    reasons[sku].push_back(reason);
    all_reasons.push_back(reason);
  }
  for (auto& line : work.lines) line.reason = join_distinct(reasons[line.sku]);
  work.reason = join_distinct(all_reasons);
  return work;
}

bool goods_are_coming(const ReturnState& state, const Policy& policy) {
  switch (state.view.state) {
    case SourceState::open:
    case SourceState::review: return true;
    case SourceState::closed: return policy.make_for_closed;
    default: return false;
  }
}

void plan_rma(Planner& planner, const DestinationPolicy& by, const DestinationState& destination) {
  const auto& state = planner.state();
  const std::string base = "create_rma/" + by.connection.value;
  if (!goods_are_coming(state, by.policy)) {
    planner.withdraw(latest_effect(state, base));
    planner.say("", fmt::format("{} at the source before an RMA was made: none is made", to_string(state.view.state)));
    return;
  }
  if (state.view.units.empty()) {
    planner.say("", "no line items known yet: reading the return first");
    return;
  }
  const bool label_missing = first_tracked(state.view) == nullptr;
  const Time hold_until = state.view.created_at + by.policy.wait_for_label;
  if (label_missing && (by.abilities.needs_tracking_to_create || planner.now() < hold_until)) {
    if (planner.now() < hold_until) planner.wake(hold_until);
    planner.say("wait_for_label", fmt::format("the RMA at {} waits for a tracking number", by.name));
    return;
  }
  auto* effect = planner.once(base, EffectKind::create_rma, by.connection, Priority::make,
                              rma_work(state, by, destination.generation + 1), by, "created on: return created");
  const auto& reference = effect != nullptr ? effect->work.reference : destination.reference;
  planner.say("created on: return created", fmt::format("making RMA {} at {}", reference, by.name));
}

void plan_tracking(Planner& planner, const DestinationPolicy& by, const DestinationState& destination) {
  const auto* label = first_tracked(planner.state().view);
  if (label == nullptr || label->tracking_number == destination.tracking_sent || !destination.tracking_sent.empty()) return;
  if (!by.abilities.can_attach_tracking) {
    planner.say("", fmt::format("{} cannot be told a tracking number after the RMA was made", by.name));
    return;
  }
  Work work;
  work.subject = destination.rma;
  work.carrier = label->carrier;
  work.tracking_number = label->tracking_number;
  work.label_url = label->url;
  planner.once("attach_tracking/" + by.connection.value + "/" + decision_digest(label->tracking_number),
               EffectKind::attach_tracking,
               by.connection, Priority::make, std::move(work), by, "label after the RMA");
}

void plan_cancelled(Planner& planner, const DestinationPolicy& by, const DestinationState& destination) {
  const bool received = std::ranges::any_of(destination.receipt.lines, [](const auto& l) { return l.received > 0; });
  if (received) {
    planner.attend("goods_for_cancelled", fmt::format("{} received goods for a return that was cancelled", by.name),
                   "decide with the shopper; nothing is refunded by Backhaul", by.connection);
    return;
  }
  if (!by.abilities.can_cancel) {
    const bool closed_by_hand = destination.has_receipt && !by.policy.ignore_when.contains(destination.receipt.status);
    if (closed_by_hand) return;
    planner.attend("cancelled_with_rma",
                   fmt::format("the return was cancelled, and {} has no way to cancel RMA {}", by.name, destination.reference),
                   "close the RMA there by hand, by giving it a final status", by.connection);
    return;
  }
  const std::string base = "cancel_rma/" + by.connection.value;
  const auto* earlier = latest_effect(planner.state(), base);
  const bool to_plan = earlier == nullptr || earlier->status == EffectStatus::withdrawn;
  if (to_plan && destination.read < planner.state().read) {
    planner.say("", fmt::format("cancelled at the source; looking whether goods came to {} meanwhile", by.name));
    planner.read_rma(destination, planner.now());
    return;
  }
  Work work;
  work.subject = destination.rma;
  work.reason = "cancelled in the returns platform";
  planner.once(base, EffectKind::cancel_rma, by.connection, Priority::make,
               std::move(work), by, "cancelled at the source");
}

// --- the receipt ---------------------------------------------------------------------------------------------------------

std::string note_text(const DestinationPolicy& by, const DestinationState& destination, const Verdict& verdict) {
  return fmt::format("{}, RMA {}: {}.", by.name, destination.reference, verdict.why);
}

void plan_note(Planner& planner, const DestinationPolicy& by, const std::string& slot, const std::string& text,
               const std::string& rule) {
  Work work;
  work.text = text;
  planner.once("note/" + by.connection.value + "/" + slot, EffectKind::note, planner.state().source, Priority::act,
               std::move(work), by, rule);
}

void plan_grades(Planner& planner, const DestinationPolicy& by, const DestinationState& destination,
                 const std::string& digest, const Verdict& verdict) {
  Work work;
  for (const auto& finding : spread_receipt(planner.state().view.units, destination.receipt)) {
    const auto condition = finding.received ? finding.condition : std::string("missing");
    const auto grade = by.policy.grades.find(condition);
    if (grade == by.policy.grades.end()) continue;
    work.grades.push_back({.line_id = finding.line_id, .description = condition, .category = grade->second, .note = {}});
  }
  if (work.grades.empty()) return;
  planner.once("grade/" + by.connection.value + "/" + digest, EffectKind::grade, planner.state().source, Priority::act,
               std::move(work), by, verdict.rule);
}

// Asks a person in the source, once per set of facts (law 4): the digest is in the key.
void plan_flag(Planner& planner, const DestinationPolicy& by, const DestinationState& destination,
               const std::string& digest, const Verdict& verdict) {
  const auto& view = planner.state().view;
  const std::string base = "flag/" + by.connection.value + "/" + digest;
  const auto* earlier = latest_effect(planner.state(), base);
  // A person asked for a refused flag to be tried again.
  const bool retry = earlier != nullptr && earlier->status == EffectStatus::withdrawn;
  const bool asked_before =
      !retry && (earlier != nullptr || latest_effect(planner.state(), "note/" + by.connection.value + "/" + digest) != nullptr);
  if (view.state == SourceState::open && !view.flagged) {
    if (asked_before) {
      const bool under_way = earlier != nullptr && earlier->status != EffectStatus::done;
      planner.say(verdict.rule, under_way ? fmt::format("a person is being asked: {}", verdict.why)
                                          : fmt::format("{}; a person has seen these facts and lifted the flag", verdict.why));
      return;
    }
    planner.once(base, EffectKind::flag, planner.state().source, Priority::act, {}, by, verdict.rule);
  }
  plan_note(planner, by, digest, note_text(by, destination, verdict), verdict.rule);
  planner.say(verdict.rule, fmt::format("a person decides: {}", verdict.why));
}

void attend_refused_process(Planner& planner, const EffectRecord& process) {
  switch (process.status) {
    case EffectStatus::failed:
      planner.attend("process_failed",
                     fmt::format("the source accepted the process and then failed: {}",
                                 process.message.empty() ? "no reason given" : process.message),
                     "put it right in the returns platform and process it there, or retry the job");
      break;
    case EffectStatus::refused:
      planner.attend("process_refused", fmt::format("the source refused to process: {} {}", process.code, process.message),
                     "look at the return in the returns platform, then retry the job");
      break;
    case EffectStatus::abandoned:
      planner.attend("process_abandoned", fmt::format("processing was given up: {}", process.message),
                     "check the connection with `backhaul doctor`, then retry the job");
      break;
    default: break;
  }
}

// An accepted process is not done until the source says so.
void await_confirmation(Planner& planner, const Policy& policy, const EffectRecord& process) {
  const auto& state = planner.state();
  planner.say("", "processing accepted by the source, waiting for its confirmation");
  const auto next = std::ranges::find_if(
      confirm_schedule, [&](Millis after) { return process.ended_time + after > state.read_at; });
  if (next != confirm_schedule.end()) {
    const Time due = process.ended_time + *next;
    if (planner.now() >= due) {
      planner.read_source(planner.now());
    } else {
      planner.wake(due);
    }
  }
  const Time late = process.ended_time + policy.confirm_within;
  if (planner.now() < late) {
    planner.wake(late);
    return;
  }
  planner.attend("process_unconfirmed", "the source accepted the process and has not said how it ended",
                 "look at the return in the returns platform; this goes by itself when the return is closed there");
}

// A return whose goods go to several warehouses is processed when each of them that has an RMA says so.
bool others_agree(Planner& planner, const DestinationPolicy& by) {
  return std::ranges::all_of(planner.policies(), [&](const DestinationPolicy& other) {
    const auto* there = find_destination(planner.state(), other.connection);
    if (other.connection == by.connection || there == nullptr || there->phase != RmaPhase::made) return true;
    const bool fresh = there->has_receipt && there->read >= there->hint;
    return fresh && judge(planner.state(), *there, other.policy).kind == Verdict::Kind::process;
  });
}

void plan_process(Planner& planner, const DestinationPolicy& by, const Verdict& verdict) {
  const auto& state = planner.state();
  if (!others_agree(planner, by)) {
    planner.say(verdict.rule, fmt::format("{}; waiting for the other warehouses", verdict.why));
    return;
  }
  switch (state.view.state) {
    case SourceState::open:
      if (!state.view.flagged) break;
      [[fallthrough]];
    case SourceState::review:
      planner.say(verdict.rule, fmt::format("{}; held for review at the source", verdict.why));
      planner.attend("ready_but_in_review", fmt::format("{}: {}, and the return is held for review", by.name, verdict.why),
                     "approve or reject it in the returns platform; once it is open again it is processed", by.connection);
      return;
    case SourceState::expired:
    case SourceState::unknown:
      planner.attend("cannot_process", fmt::format("{}: {}, and the return is \"{}\" at the source", by.name, verdict.why,
                                                   state.view.raw_state),
                     "decide in the returns platform", by.connection);
      return;
    default: return;
  }
  Work work;
  work.precondition = decision_digest(state.view);
  const auto* effect =
      planner.once("process", EffectKind::process, state.source, Priority::act, std::move(work), by, verdict.rule);
  if (effect != nullptr) planner.say(verdict.rule, fmt::format("processing: {}", verdict.why));
}

// Actions of a rule other than process and flag.
void plan_ending(Planner& planner, const DestinationPolicy& by, const Verdict& verdict, EffectKind kind) {
  if (planner.state().view.state != SourceState::open && planner.state().view.state != SourceState::review) return;
  const auto* effect = planner.once(std::string(to_string(kind)), kind, planner.state().source, Priority::act, {}, by,
                                    verdict.rule);
  if (effect != nullptr) planner.say(verdict.rule, fmt::format("{}: {}", to_string(kind), verdict.why));
}

// Counts lag behind the status while a clerk is saving. True when the receipt has stood long enough to be believed.
bool has_settled(Planner& planner, const DestinationPolicy& by, const DestinationState& destination,
                 const Verdict& verdict) {
  if (!verdict.may_settle || by.policy.settle == Millis{0}) return true;
  const Time due = destination.receipt_changed_at + by.policy.settle;
  if (destination.read_at >= due) return true;
  planner.say(verdict.rule, fmt::format("{}; looking again before a person is asked", verdict.why));
  if (planner.now() >= due) {
    planner.read_rma(destination, planner.now());
  } else {
    planner.wake(due);
  }
  return false;
}

void act_on(Planner& planner, const DestinationPolicy& by, const DestinationState& destination, const Verdict& verdict) {
  const auto& state = planner.state();
  const std::string digest = decision_digest(destination.receipt);
  for (const auto& error : verdict.rule_errors) {
    planner.attend("rule_error", error, "correct the rule with `backhaul policy set`", by.connection);
  }
  if (verdict.kind != Verdict::Kind::process) planner.withdraw(latest_effect(state, "process"));
  if (verdict.kind == Verdict::Kind::wait || verdict.kind == Verdict::Kind::unknown_status) {
    planner.say(verdict.rule, verdict.why);
    if (verdict.kind == Verdict::Kind::unknown_status) {
      planner.attend("unknown_status", fmt::format("{}: {}", by.name, verdict.why),
                     "add it to process, flag or ignore in the policy's status table", by.connection);
    }
    return;
  }
  if (!has_settled(planner, by, destination, verdict)) return;
  // From here on the source is written to: only on facts read after the newest hint (law 3). What dispatch does not check once
  // more before it acts also needs a read after the receipt's: whether a person is looking already may have changed unheard.
  const bool checked_again = verdict.kind == Verdict::Kind::process;
  if (!planner.source_is_fresh() || (!checked_again && state.read < destination.read)) {
    planner.say(verdict.rule, fmt::format("{}; reading the return again first", verdict.why));
    planner.read_source(planner.now());
    return;
  }
  if (verdict.grade) plan_grades(planner, by, destination, digest, verdict);
  for (const auto& note : verdict.notes) {
    plan_note(planner, by, digest + decision_digest(note), note, verdict.rule);
  }
  switch (verdict.kind) {
    case Verdict::Kind::process: plan_process(planner, by, verdict); break;
    case Verdict::Kind::flag: plan_flag(planner, by, destination, digest, verdict); break;
    case Verdict::Kind::close: plan_ending(planner, by, verdict, EffectKind::close); break;
    case Verdict::Kind::cancel: plan_ending(planner, by, verdict, EffectKind::cancel); break;
    default: break;
  }
}

void plan_receipt(Planner& planner, const DestinationPolicy& by, const DestinationState& destination) {
  const auto& state = planner.state();
  const auto* process = latest_effect(state, "process");
  if (process != nullptr && process->status == EffectStatus::accepted) {
    await_confirmation(planner, by.policy, *process);
    return;
  }
  if (state.view.state == SourceState::closed) {
    const bool ours = process != nullptr && process->status == EffectStatus::done;
    planner.say("", ours ? "processed, and closed at the source" : "already closed at the source: nothing to do");
    if (destination.has_receipt && !ours && by.policy.flag_when.contains(destination.receipt.status)) {
      planner.attend("trouble_after_closing",
                     fmt::format("{} reports {} for a return that is closed already", by.name, destination.receipt.raw_status),
                     "decide whether the shopper owes something; nothing can be undone by Backhaul", by.connection);
    }
    return;
  }
  if (process != nullptr) attend_refused_process(planner, *process);
  if (!destination.has_receipt || destination.read < destination.hint) {
    planner.say("", destination.has_receipt ? fmt::format("the RMA changed at {}: reading it", by.name)
                                            : fmt::format("RMA made, waiting for {}", by.name));
    planner.withdraw(process);  // never on a stale receipt; the read is planned by the caller
    return;
  }
  act_on(planner, by, destination, judge(state, destination, by.policy));
}

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
    case RmaPhase::making: plan_rma(planner, by, destination); break;
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
    case RmaPhase::refused: planner.say("", fmt::format("no RMA at {}: a person must act", by.name)); break;
    case RmaPhase::cancelled: planner.say("", fmt::format("cancelled at the source and at {}", by.name)); break;
  }
}

bool goes_to(const SourceView& view, const DestinationPolicy& by) {
  return by.policy.destinations.empty() || by.policy.destinations.contains(view.destination_id);
}

}  // namespace

Plan decide(const ReturnState& state, const PolicySet& policies, Time now) {
  Planner planner(state, policies, now);
  if (state.gone) {
    if (state.hint > state.read) planner.read_source(std::max(now, state.hint_at + read_settle));
    planner.attend("unknown_at_source", "the source was asked and knows no such return",
                   "nothing is done for it; if it exists, check that the connection's key belongs to the same shop");
    planner.say("", "the source knows no such return");
    return planner.take();
  }
  if (!state.has_view || state.hint > state.read) planner.read_source(std::max(now, state.hint_at + read_settle));
  attend_ended_badly(planner, state);
  if (!state.has_view) return planner.take();

  for (const auto& by : policies) {
    if (!goes_to(state.view, by)) continue;
    if (by.policy.mode == Mode::paused) {
      planner.say("mode", fmt::format("{} is paused", by.name));
      planner.wake(now + paused_look);
    } else if (by.policy.cut_off && state.view.created_at < by.policy.cut_off) {
      planner.say("cut_off", "created before the cut-off date: left alone");
    } else {
      plan_destination(planner, by);
    }
  }
  return planner.take();
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
