#include "returns/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <functional>

#include "returns/numbering.hpp"

namespace backhaul::returns {
namespace {

namespace json = boost::json;

using Setter = std::function<std::string(const json::value&, Policy&)>;  // the error, empty when fine

std::string expect(std::string_view what) {
  return fmt::format("must be {}", what);
}

Setter text(std::string Policy::*field) {
  return [=](const json::value& value, Policy& policy) {
    if (!value.is_string()) return expect("text");
    policy.*field = std::string(value.as_string());
    return std::string();
  };
}

Setter flag(bool Policy::*field) {
  return [=](const json::value& value, Policy& policy) {
    if (!value.is_bool()) return expect("true or false");
    policy.*field = value.as_bool();
    return std::string();
  };
}

Setter seconds(Millis Policy::*field) {
  return [=](const json::value& value, Policy& policy) {
    json::error_code error;
    const auto number = value.to_number<double>(error);
    constexpr double month_s = 31.0 * 86'400;  // waiting longer than the vendors keep an event makes no sense
    const bool inside = number >= 0 && number <= month_s;  // not so for TOML's nan
    if (error || !inside) return expect("a number of seconds from 0 to 2678400");
    policy.*field = Millis{static_cast<std::int64_t>(number * 1000)};
    return std::string();
  };
}

std::string read_set(const json::value& value, std::set<std::string>& out) {
  if (!value.is_array()) return expect("a list of texts");
  out.clear();
  for (const auto& entry : value.as_array()) {
    if (!entry.is_string()) return expect("a list of texts");
    out.emplace(entry.as_string());
  }
  return {};
}

std::string read_map(const json::value& value, std::map<std::string, std::string>& out) {
  if (!value.is_object()) return expect("a table of texts");
  out.clear();
  for (const auto& [key, entry] : value.as_object()) {
    if (!entry.is_string()) return fmt::format("{} must be text", std::string_view(key));
    out.emplace(key, entry.as_string());
  }
  return {};
}

std::string set_mode(const json::value& value, Policy& policy) {
  const std::string word = value.is_string() ? std::string(value.as_string()) : "";
  if (word == "live") {
    policy.mode = Mode::live;
  } else if (word == "shadow") {
    policy.mode = Mode::shadow;
  } else if (word == "paused") {
    policy.mode = Mode::paused;
  } else {
    return expect("\"live\", \"shadow\" or \"paused\"");
  }
  return {};
}

std::string set_cut_off(const json::value& value, Policy& policy) {
  if (value.is_string() && value.as_string().empty()) {
    policy.cut_off = {};
    return {};
  }
  const auto time = value.is_string() ? parse_time(std::string_view(value.as_string())) : std::nullopt;
  if (!time) return expect("a date such as \"2026-01-31\", or empty");
  policy.cut_off = *time;
  return {};
}

// As connectors normalise what a warehouse writes: lower case, single blanks for "_", "-" and runs.
std::string normalised(std::string_view status) {
  std::string out;
  for (const char c : status) {
    const bool blank = c == ' ' || c == '_' || c == '-' || c == '\t';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string set_status(const json::value& value, Policy& policy) {
  if (!value.is_object()) return expect("a table with process, flag and ignore");
  for (const auto& [key, entry] : value.as_object()) {
    auto* target = key == "process"  ? &policy.process_when
                   : key == "flag"   ? &policy.flag_when
                   : key == "ignore" ? &policy.ignore_when
                                     : nullptr;
    if (target == nullptr) return fmt::format("has no key {}; process, flag and ignore exist", std::string_view(key));
    std::set<std::string> words;
    if (auto error = read_set(entry, words); !error.empty()) return fmt::format("{} {}", std::string_view(key), error);
    target->clear();
    for (const auto& word : words) target->insert(normalised(word));
  }
  for (const auto& [one, other] :
       {std::pair{&policy.process_when, &policy.flag_when}, std::pair{&policy.process_when, &policy.ignore_when},
        std::pair{&policy.flag_when, &policy.ignore_when}}) {
    const auto twice = std::ranges::find_if(*one, [&](const auto& status) { return other->contains(status); });
    if (twice != one->end()) return fmt::format("lists \"{}\" twice; a status means one thing", *twice);
  }
  return {};
}

std::string check_actions(const std::vector<std::string>& actions) {
  int verdicts = 0;
  for (const auto& action : actions) {
    if (action == "process" || action == "flag" || action == "close" || action == "cancel" || action == "ignore") {
      ++verdicts;
    } else if (action != "grade" && !action.starts_with("note: ")) {
      return fmt::format("do: \"{}\" is no action; process, flag, close, cancel, ignore, grade and \"note: ...\" are",
                         action);
    }
  }
  return verdicts > 1 ? "do: at most one of process, flag, close, cancel, ignore" : "";
}

std::string set_rules(const json::value& value, Policy& policy) {
  if (!value.is_array()) return expect("a list of tables with name, when and do");
  policy.rules.clear();
  for (const auto& entry : value.as_array()) {
    const auto* table = entry.if_object();
    const auto* actions = table == nullptr ? nullptr : table->if_contains("do");
    if (actions == nullptr || !actions->is_array()) return "each need a `do`, a list of actions";
    Rule rule;
    for (const auto& [key, field] : *table) {
      if (key == "do") continue;
      if ((key != "name" && key != "when") || !field.is_string()) {
        return fmt::format("key {}: a rule has the texts name and when, and the list do", std::string_view(key));
      }
      (key == "name" ? rule.name : rule.when) = std::string(field.as_string());
    }
    if (rule.name.empty()) rule.name = fmt::format("{}", policy.rules.size() + 1);
    for (const auto& action : actions->as_array()) {
      if (!action.is_string()) return fmt::format("\"{}\": do holds texts", rule.name);
      rule.actions.emplace_back(action.as_string());
    }
    if (auto error = check_actions(rule.actions); !error.empty()) return fmt::format("\"{}\": {}", rule.name, error);
    policy.rules.push_back(std::move(rule));
  }
  return {};
}

const std::map<std::string, Setter, std::less<>>& setters() {
  static const std::map<std::string, Setter, std::less<>> table{
      {"mode", set_mode},
      {"cut_off", set_cut_off},
      {"reference", text(&Policy::reference)},
      {"make_for_closed", flag(&Policy::make_for_closed)},
      {"wait_for_label_s", seconds(&Policy::wait_for_label)},
      {"settle_s", seconds(&Policy::settle)},
      {"confirm_within_s", seconds(&Policy::confirm_within)},
      {"status", set_status},
      {"require_restocked", flag(&Policy::require_restocked)},
      {"destinations", [](const json::value& v, Policy& p) { return read_set(v, p.destinations); }},
      {"warehouses", [](const json::value& v, Policy& p) { return read_map(v, p.warehouses); }},
      {"skus", [](const json::value& v, Policy& p) { return read_map(v, p.skus); }},
      {"reasons", [](const json::value& v, Policy& p) { return read_map(v, p.reasons); }},
      {"grades", [](const json::value& v, Policy& p) { return read_map(v, p.grades); }},
      {"rules", set_rules},
  };
  return table;
}

std::string known_keys() {
  std::string keys;
  for (const auto& [key, setter] : setters()) keys += (keys.empty() ? "" : ", ") + key;
  return keys;
}

}  // namespace

json::object default_policy(std::string_view vendor) {
  json::object status;
  if (vendor == "shiphero") {
    status = {{"process", {"complete", "warehouse complete"}},
              {"flag", {"issue", "damaged"}},
              {"ignore", {"pending", "rts"}}};
  } else {
    status = {{"process", json::array()}, {"flag", json::array()}, {"ignore", json::array()}};
  }
  return {{"mode", "live"},
          {"cut_off", ""},
          {"reference", "{return_id}"},
          {"make_for_closed", false},
          {"wait_for_label_s", 0},
          {"settle_s", 30},
          {"confirm_within_s", 1800},
          {"require_restocked", false},
          {"destinations", json::array()},
          {"status", std::move(status)},
          {"grades", json::object()},
          {"rules", json::array()}};
}

Result<Policy, Problem> parse_policy(const json::object& body) {
  Policy policy;
  for (const auto& [key, value] : body) {
    const auto found = setters().find(std::string_view(key));
    if (found == setters().end()) {
      return fail(Problem{fmt::format("policy has no key \"{}\"; it has {}", std::string_view(key), known_keys())});
    }
    if (auto error = found->second(value, policy); !error.empty()) {
      return fail(Problem{fmt::format("policy: {} {}", std::string_view(key), error)});
    }
  }
  if (auto checked = check_reference(policy.reference); !checked) return fail(checked.error());
  auto compiled = compile_rules(policy.rules);
  if (!compiled) return fail(compiled.error());
  policy.compiled = std::move(*compiled);
  return policy;
}

}  // namespace backhaul::returns
