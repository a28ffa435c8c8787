#include <array>

#include "returns/evolve.hpp"
#include "returns/planner.hpp"
#include "returns/verdict.hpp"

namespace backhaul::returns {
namespace {

using namespace std::chrono_literals;

// When to look whether an accepted process has ended, should no word come. After the last, polls still would tell.
constexpr std::array<Millis, 11> confirm_schedule{5s, 30s, 2min, 10min, 30min, 1h, 2h, 4h, 8h, 16h, 24h};

// A process that is never answered is decided anew once it is known not to have taken place, a quarter of an hour later
// each time; after three hours a person is told.
constexpr int unanswered_max = 12;

// Few notes are about one return, and people see it.
constexpr std::size_t note_reference_digits = 6;

// Until the job of an effect whose end the source told is over.
constexpr Millis told_again = 10s;

std::string note_text(const DestinationPolicy& by, const DestinationState& destination, const Verdict& verdict) {
  return fmt::format("{}, RMA {}: {}.", by.name, destination.reference, verdict.why);
}

void plan_note(Planner& planner, const DestinationPolicy& by, const std::string& slot, const std::string& text,
               const std::string& rule) {
  const auto key = "note/" + by.connection.value + "/" + slot;
  Work work;
  work.text = text;
  work.reference = decision_digest(key).substr(0, note_reference_digits);
  planner.once(key, EffectKind::note, planner.state().source, Priority::act, std::move(work), by, rule);
}

void plan_grades(Planner& planner, const DestinationPolicy& by, const DestinationState& destination,
                 const std::string& digest, const Verdict& verdict) {
  Work work;
  for (const auto& finding : spread_receipt(planner.state().view.units, destination.receipt)) {
    const auto condition = finding.received ? finding.condition : std::string("missing");
    const auto grade = by.policy.grades.find(condition);
    if (grade == by.policy.grades.end()) continue;
    work.grades.push_back(
        {.line_id = finding.line_id, .description = condition, .category = grade->second, .note = {}});
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
      !retry &&
      (earlier != nullptr || latest_effect(planner.state(), "note/" + by.connection.value + "/" + digest) != nullptr);
  if (view.state == SourceState::open && !view.flagged) {
    if (asked_before) {
      const bool under_way = earlier != nullptr && earlier->status != EffectStatus::done;
      planner.say(verdict.rule,
                  under_way ? fmt::format("a person is being asked: {}", verdict.why)
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
      planner.attend("process_refused",
                     fmt::format("the source refused to process: {} {}", process.code, process.message),
                     "look at the return in the returns platform, then retry the job");
      break;
    case EffectStatus::abandoned:
      planner.attend("process_abandoned", fmt::format("processing was given up: {}", process.message),
                     "check the connection with `backhaul doctor`, then retry the job");
      break;
    default:
      break;
  }
}

// An accepted process is not done until the source says so.
void await_confirmation(Planner& planner, const Policy& policy, const EffectRecord& process) {
  const auto& state = planner.state();
  planner.say("", "processing accepted by the source, waiting for its confirmation");
  const auto next =
      std::ranges::find_if(confirm_schedule, [&](Millis after) { return process.ended_time + after > state.read_at; });
  if (next != confirm_schedule.end()) {
    const Time due = process.ended_time + *next;
    if (planner.now() >= due) {
      planner.read_source_now();
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

// A return whose goods go to several warehouses is processed when each of them that has an RMA says so. One whose
// making is under way may be there already, its answer lost.
bool others_agree(Planner& planner, const DestinationPolicy& by) {
  return std::ranges::all_of(planner.policies(), [&](const DestinationPolicy& other) {
    const auto* there = find_destination(planner.state(), other.connection);
    if (other.connection == by.connection) return true;
    if (planner.makes_rma(other.connection)) return false;
    if (there == nullptr) return true;
    if (there->phase != RmaPhase::made) return there->phase != RmaPhase::making;
    const bool fresh = there->has_receipt && there->read >= there->hint;
    return fresh && judge(planner.state(), *there, other.policy).kind == Verdict::Kind::process;
  });
}

void plan_process(Planner& planner, const DestinationPolicy& by, const Verdict& verdict) {
  const auto& state = planner.state();
  if (!others_agree(planner, by)) {
    planner.withdraw(latest_effect(state, "process"));
    planner.say(verdict.rule, fmt::format("{}; waiting for the other warehouses", verdict.why));
    return;
  }
  switch (state.view.state) {
    case SourceState::open:
      if (!state.view.flagged) break;
      [[fallthrough]];
    case SourceState::review:
      planner.say(verdict.rule, fmt::format("{}; held for review at the source", verdict.why));
      planner.attend(
          "ready_but_in_review", fmt::format("{}: {}, and the return is held for review", by.name, verdict.why),
          "approve or reject it in the returns platform; once it is open again it is processed", by.connection);
      return;
    case SourceState::expired:
    case SourceState::unknown:
      planner.attend(
          "cannot_process",
          fmt::format("{}: {}, and the return is \"{}\" at the source", by.name, verdict.why, state.view.raw_state),
          "decide in the returns platform", by.connection);
      return;
    default:
      return;
  }
  // One that a person asked for is not repeated by itself: it followed a failure, and may have failed the same way.
  const auto [unanswered, by_hand] = lost_processes(state);
  if (unanswered >= (by_hand ? 1 : unanswered_max)) {
    planner.attend(
        "process_unanswered",
        fmt::format("the source was asked {} times to process, did not answer and did not do it", unanswered),
        "process it in the returns platform, or retry the job", by.connection);
    return;
  }
  Work work;
  work.precondition = decision_digest(state.view);
  for (const auto& one : planner.policies()) {
    const auto* there = find_destination(state, one.connection);
    if (there == nullptr || there->phase != RmaPhase::made || !there->has_receipt) continue;
    work.receipts.push_back(
        {.connection = one.connection, .rma = there->rma, .digest = decision_digest(there->receipt)});
  }
  const auto* effect =
      planner.once("process", EffectKind::process, state.source, Priority::act, std::move(work), by, verdict.rule);
  if (effect != nullptr) planner.say(verdict.rule, fmt::format("processing: {}", verdict.why));
}

// Actions of a rule other than process and flag.
void plan_ending(Planner& planner, const DestinationPolicy& by, const Verdict& verdict, EffectKind kind) {
  if (planner.state().view.state != SourceState::open && planner.state().view.state != SourceState::review) return;
  const auto* effect =
      planner.once(std::string(to_string(kind)), kind, planner.state().source, Priority::act, {}, by, verdict.rule);
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

void act_on(Planner& planner, const DestinationPolicy& by, const DestinationState& destination,
            const Verdict& verdict) {
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
    if (verdict.notes.empty() && !verdict.grade) return;  // a rule may note and grade while it waits
  }
  if (!has_settled(planner, by, destination, verdict)) return;
  // From here on the source is written to: only on facts read after the newest hint (law 3). What dispatch does not
  // check once more before it acts also needs a read after the receipt's: whether a person is looking already may have
  // changed unheard.
  const bool checked_again = verdict.kind == Verdict::Kind::process;
  if (!planner.source_is_fresh() || (!checked_again && state.read < destination.read)) {
    planner.say(verdict.rule, fmt::format("{}; reading the return again first", verdict.why));
    planner.read_source_now();
    return;
  }
  if (verdict.grade) plan_grades(planner, by, destination, digest, verdict);
  for (const auto& note : verdict.notes) {
    plan_note(planner, by, digest + decision_digest(note), note, verdict.rule);
  }
  switch (verdict.kind) {
    case Verdict::Kind::process:
      plan_process(planner, by, verdict);
      break;
    case Verdict::Kind::flag:
      plan_flag(planner, by, destination, digest, verdict);
      break;
    case Verdict::Kind::close:
      plan_ending(planner, by, verdict, EffectKind::close);
      break;
    case Verdict::Kind::cancel:
      plan_ending(planner, by, verdict, EffectKind::cancel);
      break;
    default:
      break;
  }
}

}  // namespace

void plan_receipt(Planner& planner, const DestinationPolicy& by, const DestinationState& destination) {
  const auto& state = planner.state();
  const auto* process = latest_effect(state, "process");
  if (process != nullptr && process->status == EffectStatus::accepted) {
    await_confirmation(planner, by.policy, *process);
    return;
  }
  if (process != nullptr && process->status == EffectStatus::planned && process->ended_at) {
    // The source said that it failed, and our call has no answer yet. A job that waits to find out what became of it is
    // over, or it would process again; one that runs now hears for itself.
    planner.told(*process);
    planner.wake(planner.now() + told_again);
    planner.say("", "processing failed at the source");
    return;
  }
  if (state.view.state == SourceState::closed) {
    const bool ours = process != nullptr && process->status == EffectStatus::done;
    planner.say("", ours ? "processed, and closed at the source" : "already closed at the source: nothing to do");
    if (destination.has_receipt && !ours && by.policy.flag_when.contains(destination.receipt.status)) {
      planner.attend(
          "trouble_after_closing",
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

}  // namespace backhaul::returns
