#include "returns/evolve.hpp"

#include <algorithm>
#include <utility>

namespace backhaul::returns {
namespace {

// Before the first read hints are all there is, and their order means nothing. The state further along wins, so that
// every order gives the same picture.
int progress(SourceState state) {
  switch (state) {
    case SourceState::unknown:
      return 0;
    case SourceState::open:
      return 1;
    case SourceState::review:
      return 2;
    case SourceState::expired:
      return 3;
    case SourceState::closed:
      return 4;
    case SourceState::cancelled:
      return 5;
  }
  return 0;
}

void add_labels(SourceView& into, const std::vector<Label>& labels) {
  for (const auto& label : labels) {
    if (label.tracking_number.empty()) continue;
    const auto known = std::ranges::find(into.labels, label.tracking_number, &Label::tracking_number);
    if (known == into.labels.end()) into.labels.push_back(label);
  }
  std::erase_if(into.labels, [](const Label& label) { return label.tracking_number.empty(); });
  std::ranges::sort(into.labels, {}, &Label::tracking_number);
}

void merge_hint(SourceView& into, const SourceView& hint) {
  if (progress(hint.state) > progress(into.state)) {
    into.state = hint.state;
    into.raw_state = hint.raw_state;
  }
  into.flagged = into.flagged || hint.flagged;
  if (into.units.empty()) into.units = hint.units;
  if (into.destination_id.empty()) into.destination_id = hint.destination_id;
  add_labels(into, hint.labels);
}

DestinationState& destination_of(ReturnState& state, const ConnectionId& id) {
  if (auto* known = find_destination(state, id)) return *known;
  auto& added = state.destinations.emplace_back();
  added.connection = id;
  return added;
}

// The source shows the return as finished: whatever process we asked for has been had, also one that seemed to fail.
void confirm_process(ReturnState& state, const Event& event) {
  auto* process = latest_effect(state, "process");
  if (process == nullptr) return;
  if (process->status == EffectStatus::accepted || process->status == EffectStatus::failed ||
      process->status == EffectStatus::refused || process->status == EffectStatus::abandoned) {
    process->status = EffectStatus::done;
    process->ended_at = event.id;
    process->ended_time = event.at;
  }
}

void fold(ReturnState& state, const Event& event, const SourceHinted& hint) {
  state.hint = std::max(state.hint, event.id);
  state.hint_at = std::max(state.hint_at, event.at);
  if (hint.view && !state.read) {
    if (state.has_view) {
      merge_hint(state.view, *hint.view);
    } else {
      state.view = *hint.view;
      add_labels(state.view, {});
      state.has_view = true;
    }
  }
  if (!hint.process_failed) return;
  auto* process = latest_effect(state, "process");
  if (process == nullptr) return;
  // One taken for lost may have been taken after all, and its failure be told when the next was taken back already.
  const bool lost = process->status == EffectStatus::withdrawn && lost_processes(state).count > 0;
  const bool over = process->status == EffectStatus::accepted || lost;
  if (!over && process->status != EffectStatus::planned) return;
  // The word may be faster than the answer to our call: kept on the planned one, so that its end finds it.
  if (over) process->status = EffectStatus::failed;
  process->message = hint.message;
  process->ended_at = event.id;
  process->ended_time = event.at;
}

void fold(ReturnState& state, const Event& event, const SourceWasRead& read) {
  if (read.as_of < state.read) return;  // overtaken by a newer answer
  state.view = read.view;
  state.has_view = true;
  state.gone = false;
  state.read = std::max(read.as_of, EventId{1});  // 0 means never
  state.read_at = std::max(state.read_at, event.at);
  if (state.view.state == SourceState::closed) {
    confirm_process(state, event);
  } else if (state.view.state == SourceState::review || state.view.flagged) {
    // A process refused because of a review may be tried again once the review is over.
    auto* process = latest_effect(state, "process");
    if (process != nullptr && process->status == EffectStatus::refused) process->status = EffectStatus::withdrawn;
  }
}

void fold(ReturnState& state, const Event& /*event*/, const SourceIsGone& gone) {
  if (gone.as_of < state.read) return;
  state.gone = true;
  state.read = std::max(gone.as_of, EventId{1});
}

void fold(ReturnState& state, const Event& event, const RmaHinted& hint) {
  auto& destination = destination_of(state, hint.destination);
  destination.hint = std::max(destination.hint, event.id);
}

void fold(ReturnState& state, const Event& event, const RmaWasRead& read) {
  auto& destination = destination_of(state, read.destination);
  if (read.as_of < destination.read) return;
  if (!destination.has_receipt || destination.receipt != read.receipt) destination.receipt_changed_at = event.at;
  destination.receipt = read.receipt;
  destination.has_receipt = true;
  destination.read = std::max(read.as_of, EventId{1});
  destination.read_at = std::max(destination.read_at, event.at);
}

void end_create(DestinationState& destination, const Event& event, const EffectEnded& ended) {
  switch (ended.status) {
    case EffectStatus::done:
      destination.phase = RmaPhase::made;
      destination.generation += 1;
      destination.rma = ended.rma;
      destination.expected = ended.lines;
      destination.tracking_sent = ended.tracking_number;
      if (ended.unwatched) destination.hint = std::max(destination.hint, event.id);
      break;
    case EffectStatus::withdrawn:
      destination.phase = RmaPhase::none;
      break;
    default:
      destination.phase = RmaPhase::refused;
      break;
  }
}

// Ended reads say nothing further; without this the ledger would grow with every hint. One that was given up or refused
// stays until a later one succeeds: decide must not plan it again at once.
void end_read(ReturnState& state, const EffectRecord& ended) {
  if (ended.status == EffectStatus::abandoned || ended.status == EffectStatus::refused) return;
  if (ended.status == EffectStatus::withdrawn) {
    std::erase_if(state.ledger, [key = ended.key](const EffectRecord& record) { return record.key == key; });
    return;
  }
  const auto over = [kind = ended.kind, connection = ended.connection](const EffectRecord& record) {
    return record.kind == kind && record.connection == connection && record.status != EffectStatus::planned;
  };
  std::erase_if(state.ledger, over);
}

void fold(ReturnState& state, const Event& event, const EffectEnded& ended) {
  auto* record = find_effect(state, ended.key);
  if (record == nullptr || record->status != EffectStatus::planned) return;
  // Only a process has an end before its own: the source's word that it failed. So it did take place, or one before it
  // did that was taken for lost; asking once more is a person's decision.
  const bool failed_already = static_cast<bool>(record->ended_at) &&
                              (ended.status == EffectStatus::done || ended.status == EffectStatus::withdrawn);
  record->status = failed_already ? EffectStatus::failed : ended.status;
  if (!failed_already) {
    record->code = ended.code;
    record->message = ended.message;
  }
  record->ended_at = event.id;
  record->ended_time = event.at;
  switch (record->kind) {
    case EffectKind::create_rma:
      end_create(destination_of(state, record->connection), event, ended);
      break;
    case EffectKind::attach_tracking:
      if (ended.status == EffectStatus::done) {
        destination_of(state, record->connection).tracking_sent = ended.tracking_number;
      }
      break;
    case EffectKind::cancel_rma:
      if (ended.status == EffectStatus::done) destination_of(state, record->connection).phase = RmaPhase::cancelled;
      break;
    case EffectKind::process:
      if (record->status == EffectStatus::done) record->status = EffectStatus::accepted;
      break;
    default:
      break;
  }
  // Whatever we did or were refused at the source, its picture of the return is no longer the one we read.
  const bool at_source = record->connection == state.source && record->kind != EffectKind::read_source &&
                         record->kind != EffectKind::note && ended.status != EffectStatus::withdrawn;
  if (at_source) {
    state.hint = std::max(state.hint, event.id);
    state.hint_at = std::max(state.hint_at, event.at);
  }
  if (!changes_the_world(record->kind)) end_read(state, *record);
}

void fold(ReturnState& state, const Event& /*event*/, const RetryAsked& asked) {
  auto* record = find_effect(state, asked.key);
  if (record == nullptr) return;
  const bool ended_badly = record->status == EffectStatus::refused || record->status == EffectStatus::failed ||
                           record->status == EffectStatus::abandoned || record->code == not_taken;
  if (!ended_badly) return;
  record->status = EffectStatus::withdrawn;
  record->code = retry_asked;
  if (record->kind == EffectKind::create_rma) destination_of(state, record->connection).phase = RmaPhase::none;
}

}  // namespace

LostProcesses lost_processes(const ReturnState& state) {
  LostProcesses lost;
  for (const auto& record : state.ledger) {
    if (record.kind != EffectKind::process) continue;
    if (record.code == retry_asked) lost = {.count = 0, .asked_by_hand = true};
    if (record.code == not_taken) ++lost.count;
  }
  return lost;
}

ReturnState evolve(ReturnState state, const Event& event) {
  std::visit([&](const auto& what) { fold(state, event, what); }, event.what);
  state.last_event = std::max(state.last_event, event.id);
  return state;
}

}  // namespace backhaul::returns
