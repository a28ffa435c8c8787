#include "judge.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <map>

namespace backhaul::sim {
namespace {

namespace json = boost::json;

json::array words(const std::set<std::string>& from) {
  json::array all;
  for (const auto& word : from) all.emplace_back(word);
  return all;
}

}  // namespace

json::object Policy::body() const {
  return {{"mode", "live"},
          {"reference", reference},
          {"wait_for_label_s", wait_for_label.count() / 1'000},
          {"settle_s", settle.count() / 1'000},
          {"require_restocked", restocked},
          {"destinations", words(places)},
          {"status", {{"process", words(process)}, {"flag", words(flag)}, {"ignore", words(ignore)}}}};
}

Want want_of(const returns::Receipt& receipt, std::int64_t asked, const Policy& policy) {
  if (policy.ignore.contains(receipt.status)) return Want::wait;
  if (policy.flag.contains(receipt.status)) return Want::flag;
  if (!policy.process.contains(receipt.status)) return Want::unknown_status;
  std::int64_t listed = 0;
  std::map<std::string, std::int64_t> missing;
  bool held_back = false;
  for (const auto& line : receipt.lines) {
    listed += line.expected;
    missing[line.sku] += line.expected - line.received;
    held_back = held_back || line.restocked < line.received;
  }
  for (const auto& [sku, count] : missing) {
    if (count != 0) return Want::flag;
  }
  if (listed != asked || (policy.restocked && held_back)) return Want::flag;
  return Want::process;
}

std::string facts_of(const returns::Receipt& receipt) {
  std::set<std::string> lines;
  for (const auto& line : receipt.lines)
    lines.insert(fmt::format("{}:{}/{}/{}{}", line.sku, line.received, line.restocked, line.expected, line.condition));
  std::string text = receipt.status;
  for (const auto& line : lines) text += " " + line;
  return text;
}

}  // namespace backhaul::sim
