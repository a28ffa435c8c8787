#include "returns/verdict.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace backhaul::returns {
namespace {

namespace json = boost::json;

json::object facts_for_rules(const ReturnState& state, const DestinationState& destination) {
  json::array units;
  std::int64_t value_minor = 0;
  for (const auto& unit : state.view.units) {
    value_minor += unit.price_minor;
    units.push_back(json::object{{"sku", unit.sku},
                                 {"title", unit.title},
                                 {"reason", unit.reason},
                                 {"parent_reason", unit.parent_reason},
                                 {"outcome", unit.outcome},
                                 {"price_minor", unit.price_minor}});
  }
  json::array lines;
  std::int64_t expected = 0;
  std::int64_t received = 0;
  std::int64_t restocked = 0;
  for (const auto& line : destination.receipt.lines) {
    expected += line.expected;
    received += line.received;
    restocked += line.restocked;
    lines.push_back(json::object{{"sku", line.sku},
                                 {"expected", line.expected},
                                 {"received", line.received},
                                 {"restocked", line.restocked},
                                 {"condition", line.condition},
                                 {"note", line.note}});
  }
  return {{"return", json::object{{"id", state.source_id.value},
                                  {"state", to_string(state.view.state)},
                                  {"order_name", state.view.order_name},
                                  {"currency", state.view.currency},
                                  {"value_minor", value_minor},
                                  {"units", std::move(units)}}},
          {"receipt", json::object{{"status", destination.receipt.status},
                                   {"lines", std::move(lines)},
                                   {"expected", expected},
                                   {"received", received},
                                   {"restocked", restocked}}}};
}

void apply_actions(const Rule& rule, Verdict& verdict) {
  for (const auto& action : rule.actions) {
    if (action == "process") verdict.kind = Verdict::Kind::process;
    if (action == "flag") verdict.kind = Verdict::Kind::flag;
    if (action == "close") verdict.kind = Verdict::Kind::close;
    if (action == "cancel") verdict.kind = Verdict::Kind::cancel;
    if (action == "grade") verdict.grade = true;
    if (action.starts_with("note: ")) verdict.notes.push_back(action.substr(6));
  }
}

std::string describe(const std::vector<Difference>& differing) {
  std::string text;
  for (const auto& line : differing) {
    if (!text.empty()) text += "; ";
    text += fmt::format("{}: expected {}, received {}", line.sku, line.expected, line.received);
  }
  return text;
}

std::string not_restocked(const Receipt& receipt) {
  for (const auto& line : receipt.lines) {
    if (line.restocked < line.received) {
      return fmt::format("{}: {} of {} received not restocked", line.sku, line.received - line.restocked,
                         line.received);
    }
  }
  return {};
}

void judge_by_table(const DestinationState& destination, const Policy& policy, Verdict& verdict) {
  const auto& receipt = destination.receipt;
  const auto differing = differences(destination);
  verdict.rule = fmt::format("status table: {}", receipt.status);
  verdict.grade = !policy.grades.empty();
  if (policy.ignore_when.contains(receipt.status)) {
    verdict.why = fmt::format("status {}: nothing to do yet", receipt.raw_status);
    verdict.grade = false;
  } else if (policy.flag_when.contains(receipt.status)) {
    verdict.kind = Verdict::Kind::flag;
    verdict.why = fmt::format("status {}", receipt.raw_status);
    if (!differing.empty()) verdict.why += "; " + describe(differing);
  } else if (!policy.process_when.contains(receipt.status)) {
    verdict.kind = Verdict::Kind::unknown_status;
    verdict.why = fmt::format("status \"{}\" is not in the policy's table", receipt.raw_status);
    verdict.grade = false;
  } else if (!differing.empty()) {
    verdict.kind = Verdict::Kind::flag;
    verdict.rule = "counts";
    verdict.why = describe(differing);
    verdict.may_settle = true;
  } else if (const auto held = not_restocked(receipt); policy.require_restocked && !held.empty()) {
    verdict.kind = Verdict::Kind::flag;
    verdict.rule = "require_restocked";
    verdict.why = held;
    verdict.may_settle = true;
  } else {
    verdict.kind = Verdict::Kind::process;
    verdict.why = fmt::format("status {}, all received as expected", receipt.raw_status);
  }
}

}  // namespace

std::vector<Difference> differences(const DestinationState& destination) {
  std::map<std::string, Difference> by_sku;
  std::int64_t known = 0;
  for (const auto& line : destination.receipt.lines) {
    auto& entry = by_sku[line.sku];
    entry.sku = line.sku;
    entry.expected += line.expected;
    entry.received += line.received;
    known += line.expected;
  }
  std::int64_t asked = 0;
  for (const auto& [sku, quantity] : destination.expected) asked += quantity;
  std::vector<Difference> differing;
  for (const auto& [sku, entry] : by_sku) {
    if (entry.expected != entry.received) differing.push_back(entry);
  }
  if (known != asked) differing.push_back({.sku = "units on the RMA", .expected = asked, .received = known});
  return differing;
}

Verdict judge(const ReturnState& state, const DestinationState& destination, const Policy& policy) {
  Verdict verdict;
  if (!policy.rules.empty() && policy.compiled != nullptr) {
    const auto facts = facts_for_rules(state, destination);
    if (const auto match = policy.compiled->first_match(facts, verdict.rule_errors)) {
      const auto& rule = policy.rules[*match];
      apply_actions(rule, verdict);
      verdict.rule = fmt::format("rule \"{}\"", rule.name);
      verdict.why = fmt::format("{}, status {}", verdict.rule, destination.receipt.raw_status);
      return verdict;
    }
  }
  judge_by_table(destination, policy, verdict);
  return verdict;
}

}  // namespace backhaul::returns
