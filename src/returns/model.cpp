#include "returns/model.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace backhaul::returns {
namespace {

// FNV-1a over fields, each closed by a zero byte so that neighbours cannot run together. Not cryptographic: it tells
// whether facts changed, nobody gains by a collision.
class Digest {
 public:
  Digest& add(std::string_view text) {
    for (const char c : text) mix(static_cast<unsigned char>(c));
    mix(0);
    return *this;
  }
  Digest& add(std::int64_t number) { return add(std::to_string(number)); }
  [[nodiscard]] std::string str() const {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash_));
    return text.data();
  }

 private:
  void mix(unsigned char byte) { hash_ = (hash_ ^ byte) * 1099511628211ULL; }
  std::uint64_t hash_ = 14695981039346656037ULL;
};

// One body for the const and the mutable look-up.
template <class State>
auto* find_destination_in(State& state, const ConnectionId& id) {
  const auto found = std::ranges::find(state.destinations, id, &DestinationState::connection);
  return found == state.destinations.end() ? nullptr : &*found;
}

template <class State>
auto* find_effect_in(State& state, std::string_view key) {
  const auto found = std::ranges::find(state.ledger, key, &EffectRecord::key);
  return found == state.ledger.end() ? nullptr : &*found;
}

template <class State>
auto* latest_effect_in(State& state, std::string_view base) {
  // The ledger is in the order of planning, so the last match is the newest.
  const auto matches = [&](const EffectRecord& record) {
    return record.key.size() > base.size() && record.key.starts_with(base) && record.key[base.size()] == '/' &&
           record.key.find('/', base.size() + 1) == std::string::npos;
  };
  const auto found = std::find_if(state.ledger.rbegin(), state.ledger.rend(), matches);
  return found == state.ledger.rend() ? nullptr : &*found;
}

}  // namespace

std::string_view to_string(SourceState value) {
  switch (value) {
    case SourceState::unknown:
      return "unknown";
    case SourceState::open:
      return "open";
    case SourceState::review:
      return "review";
    case SourceState::closed:
      return "closed";
    case SourceState::cancelled:
      return "cancelled";
    case SourceState::expired:
      return "expired";
  }
  return "unknown";
}

std::string_view to_string(EffectKind value) {
  switch (value) {
    case EffectKind::read_source:
      return "read_source";
    case EffectKind::read_rma:
      return "read_rma";
    case EffectKind::create_rma:
      return "create_rma";
    case EffectKind::attach_tracking:
      return "attach_tracking";
    case EffectKind::cancel_rma:
      return "cancel_rma";
    case EffectKind::process:
      return "process";
    case EffectKind::flag:
      return "flag";
    case EffectKind::note:
      return "note";
    case EffectKind::close:
      return "close";
    case EffectKind::cancel:
      return "cancel";
    case EffectKind::remove_lines:
      return "remove_lines";
    case EffectKind::grade:
      return "grade";
    case EffectKind::assess:
      return "assess";
  }
  return "read_source";
}

std::string_view to_string(EffectStatus value) {
  switch (value) {
    case EffectStatus::planned:
      return "planned";
    case EffectStatus::done:
      return "done";
    case EffectStatus::accepted:
      return "accepted";
    case EffectStatus::refused:
      return "refused";
    case EffectStatus::failed:
      return "failed";
    case EffectStatus::abandoned:
      return "abandoned";
    case EffectStatus::withdrawn:
      return "withdrawn";
  }
  return "planned";
}

std::string_view to_string(RmaPhase value) {
  switch (value) {
    case RmaPhase::none:
      return "none";
    case RmaPhase::making:
      return "making";
    case RmaPhase::made:
      return "made";
    case RmaPhase::refused:
      return "refused";
    case RmaPhase::cancelled:
      return "cancelled";
  }
  return "none";
}

bool changes_the_world(EffectKind kind) {
  return kind != EffectKind::read_source && kind != EffectKind::read_rma;
}

DestinationState* find_destination(ReturnState& state, const ConnectionId& id) {
  return find_destination_in(state, id);
}
const DestinationState* find_destination(const ReturnState& state, const ConnectionId& id) {
  return find_destination_in(state, id);
}
EffectRecord* find_effect(ReturnState& state, std::string_view key) {
  return find_effect_in(state, key);
}
const EffectRecord* find_effect(const ReturnState& state, std::string_view key) {
  return find_effect_in(state, key);
}
const EffectRecord* latest_effect(const ReturnState& state, std::string_view base) {
  return latest_effect_in(state, base);
}
EffectRecord* latest_effect(ReturnState& state, std::string_view base) {
  return latest_effect_in(state, base);
}

bool has_planned(const ReturnState& state, EffectKind kind, const ConnectionId& connection) {
  return std::ranges::any_of(state.ledger, [&](const EffectRecord& record) {
    return record.kind == kind && record.connection == connection && record.status == EffectStatus::planned;
  });
}

std::string decision_digest(const SourceView& view) {
  Digest digest;
  digest.add(to_string(view.state)).add(view.flagged ? 1 : 0).add(view.destination_id);
  auto units = view.units;
  std::ranges::sort(units, {}, &Unit::line_id);
  for (const auto& unit : units) digest.add(unit.line_id).add(unit.sku);
  return digest.str();
}

std::string decision_digest(const Receipt& receipt) {
  Digest digest;
  digest.add(receipt.status);
  auto lines = receipt.lines;
  std::ranges::sort(lines, {}, &ReceiptLine::sku);
  for (const auto& line : lines) {
    digest.add(line.sku).add(line.expected).add(line.received).add(line.restocked).add(line.condition);
  }
  return digest.str();
}

std::string change_digest(const SourceView& view) {
  Digest digest;
  digest.add(decision_digest(view)).add(view.processed ? 1 : 0);
  std::vector<std::string> numbers;
  for (const auto& label : view.labels) numbers.push_back(label.tracking_number);
  std::ranges::sort(numbers);
  for (const auto& number : numbers) digest.add(number);
  return digest.str();
}

std::string decision_digest(std::string_view text) {
  return Digest{}.add(text).str();
}

std::map<std::string, std::int64_t> count_by_sku(const std::vector<Unit>& units) {
  std::map<std::string, std::int64_t> counts;
  for (const auto& unit : units) ++counts[unit.sku];
  return counts;
}

std::vector<UnitFinding> spread_receipt(const std::vector<Unit>& units, const Receipt& receipt) {
  std::map<std::string, std::pair<std::int64_t, std::string>> left;  // SKU -> units still to hand out, condition
  for (const auto& line : receipt.lines) {
    auto& [count, condition] = left[line.sku];
    count += line.received;
    if (condition.empty()) condition = line.condition;
  }
  auto ordered = units;
  std::ranges::sort(ordered, {}, [](const Unit& unit) { return std::pair{unit.line_id.size(), unit.line_id}; });
  std::vector<UnitFinding> findings;
  findings.reserve(ordered.size());
  for (const auto& unit : ordered) {
    UnitFinding finding{.line_id = unit.line_id, .sku = unit.sku, .received = false, .condition = {}};
    if (const auto found = left.find(unit.sku); found != left.end() && found->second.first > 0) {
      --found->second.first;
      finding.received = true;
      finding.condition = found->second.second;
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace backhaul::returns
