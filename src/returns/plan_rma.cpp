#include "returns/numbering.hpp"
#include "returns/planner.hpp"

namespace backhaul::returns {
namespace {

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
    case SourceState::review:
      return true;
    case SourceState::closed:
      return policy.make_for_closed;
    default:
      return false;
  }
}

}  // namespace

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
  if (label == nullptr || label->tracking_number == destination.tracking_sent || !destination.tracking_sent.empty())
    return;
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
               EffectKind::attach_tracking, by.connection, Priority::make, std::move(work), by, "label after the RMA");
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
    planner.attend(
        "cancelled_with_rma",
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
  planner.once(base, EffectKind::cancel_rma, by.connection, Priority::make, std::move(work), by,
               "cancelled at the source");
}

}  // namespace backhaul::returns
