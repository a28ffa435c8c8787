#pragma once
// A small pure model of the world for the laws' tests: a source with Loop's manners (a state beside a flag, processing
// that is accepted first and ends later) and a warehouse. It changes by people's steps and by what the hub does, and
// every change puts a hint into `pending`, to be delivered in any order, twice, or never.

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "returns/effect.hpp"
#include "returns/event.hpp"
#include "returns/outcome.hpp"

namespace backhaul::returns::model {

struct Hint {
  std::variant<SourceHinted, RmaHinted> what;
  bool may_be_lost = true;  // a word that no read tells again is not
};

struct Rma {
  ExternalId id;
  std::string reference;
  std::string tracking_number;
  Receipt receipt;
};

// What people do. `receive` takes what the clerk counted of each line.
enum class Act : std::uint8_t {
  add_label,
  put_in_review,
  lift,
  cancel,
  close,
  expire,
  receive,
  finish_processing,
  fail_processing
};
struct Step {
  Act act = Act::add_label;
  std::string status;         // receive: the warehouse's word
  std::int64_t short_by = 0;  // receive: units of the first line that are missing
};

class World {
 public:
  World(ConnectionId warehouse, SourceView submitted) : warehouse_(std::move(warehouse)), view(std::move(submitted)) {
    tell_source();
  }

  // People can only do what the vendors let them do; anything else changes nothing.
  void apply(const Step& step) {
    const bool active = view.state == SourceState::open || view.state == SourceState::review;
    switch (step.act) {
      case Act::add_label:
        if (!view.labels.empty()) return;
        view.labels.push_back({.carrier = "ups", .tracking_number = "1Z999", .status = {}, .url = {}});
        return tell_source();
      case Act::put_in_review:
        if (view.state == SourceState::open) hold();
        return;
      case Act::lift:
        if (view.state == SourceState::review) set_state(SourceState::open, false);
        return;
      case Act::cancel:
        if (active && !processing) set_state(SourceState::cancelled, false);
        return;
      case Act::close:
        if (active) set_state(SourceState::closed, false);
        return;
      case Act::expire:
        if (view.state == SourceState::open && !processing) set_state(SourceState::expired, false);
        return;
      case Act::receive:
        return receive(step);
      case Act::finish_processing:
        if (!processing) return;
        processing = false;
        if (active) set_state(SourceState::closed, false);
        return;
      case Act::fail_processing:
        return fail_processing();
    }
  }

  // Performs an effect as dispatch and a connector would. `as_of`: the newest event the hub has when it asks.
  OutcomeNote perform(const PlannedEffect& effect, EventId as_of) {
    OutcomeNote note;
    note.effect = effect.key;
    switch (effect.kind) {
      case EffectKind::read_source:
        note.view = view;
        note.as_of = as_of;
        break;
      case EffectKind::read_rma:
        note.receipt = rma(effect.work.subject).receipt;
        note.as_of = as_of;
        break;
      case EffectKind::create_rma:
        create(effect.work, note);
        break;
      case EffectKind::attach_tracking:
        rma(effect.work.subject).tracking_number = note.tracking_number = effect.work.tracking_number;
        break;
      case EffectKind::cancel_rma:
        rma(effect.work.subject).receipt.status = rma(effect.work.subject).receipt.raw_status = "cancelled";
        tell_warehouse();
        break;
      case EffectKind::process:
        process(effect.work, as_of, note);
        break;
      case EffectKind::flag:
        if (!can_process()) ++flagged_wrongly;
        ++flags[effect.key.substr(0, effect.key.rfind('/'))];
        if (view.state == SourceState::open) hold();
        break;
      case EffectKind::note:
        notes.push_back(effect.work.text);
        break;
      default:
        break;
    }
    return note;
  }

  [[nodiscard]] bool can_process() const { return view.state == SourceState::open && !view.flagged; }

 private:
  ConnectionId warehouse_;

 public:
  SourceView view;
  bool processing = false;
  int accepted = 0;                  // processes the source took
  int accepted_wrongly = 0;          // of those, while the return was held or over
  int flagged_wrongly = 0;           // flags raised while a person was looking, or the return was over
  std::map<std::string, int> flags;  // by key without its number, which names the facts
  std::vector<std::string> notes;
  std::vector<Rma> rmas;
  std::vector<Hint> pending;

 private:
  void tell_source() { pending.push_back({.what = SourceHinted{.view = view}}); }
  void tell_warehouse() { pending.push_back({.what = RmaHinted{.destination = warehouse_}}); }

  void set_state(SourceState state, bool flagged) {
    view.state = state;
    view.raw_state = to_string(state);
    view.flagged = flagged;
    tell_source();
  }
  void hold() { set_state(SourceState::review, true); }

  Rma& rma(const ExternalId& id) { return *std::ranges::find(rmas, id, &Rma::id); }

  void create(const Work& work, OutcomeNote& note) {
    auto found = std::ranges::find(rmas, work.reference, &Rma::reference);
    note.found = found != rmas.end();
    if (!note.found) {
      Rma made{.id = ExternalId{"rma" + std::to_string(rmas.size() + 1)},
               .reference = work.reference,
               .tracking_number = work.tracking_number,
               .receipt = {}};
      made.receipt.status = made.receipt.raw_status = "pending";
      for (const auto& line : work.lines) made.receipt.lines.push_back({.sku = line.sku, .expected = line.quantity});
      found = rmas.insert(rmas.end(), std::move(made));
      tell_warehouse();
    }
    note.rma = found->id;
    note.tracking_number = found->tracking_number;
    for (const auto& line : found->receipt.lines) note.lines[line.sku] = line.expected;
  }

  void receive(const Step& step) {
    if (rmas.empty() || rmas.front().receipt.status == "cancelled" || view.state == SourceState::cancelled) return;
    auto& receipt = rmas.front().receipt;
    receipt.status = receipt.raw_status = step.status;
    for (auto& line : receipt.lines) line.received = line.restocked = line.expected;
    auto& first = receipt.lines.front();
    first.received = first.restocked = std::max<std::int64_t>(0, first.expected - step.short_by);
    tell_warehouse();
  }

  // Dispatch reads both sides once more and lets go when either is not as it was decided on.
  void process(const Work& work, EventId as_of, OutcomeNote& note) {
    for (const auto& receipt : work.receipts) {
      if (decision_digest(rma(receipt.rma).receipt) == receipt.digest) continue;
      note.status = EffectStatus::withdrawn;
      note.reread = receipt.connection;
      return;
    }
    if (decision_digest(view) != work.precondition) {
      note.status = EffectStatus::withdrawn;
      note.view = view;
      note.as_of = as_of;
      return;
    }
    ++accepted;
    accepted_wrongly += can_process() ? 0 : 1;
    processing = true;
    tell_source();
  }

  void fail_processing() {
    if (!processing) return;
    processing = false;
    pending.push_back(
        {.what = SourceHinted{.view = {}, .process_failed = true, .message = "declined"}, .may_be_lost = false});
  }
};

}  // namespace backhaul::returns::model
