// A merchant's policy: its JSON, and the jq expressions of its rules. An input that is no JSON object is an expression.

#include <algorithm>
#include <boost/json.hpp>

#include "fuzz.hpp"
#include "returns/numbering.hpp"
#include "returns/policy.hpp"

using namespace backhaul;
using namespace backhaul::fuzz;

namespace {

const boost::json::object& facts() {
  static const auto parsed = boost::json::parse(
      R"({"return":{"id":"1","state":"open","units":[{"sku":"A","price":40.5},{"sku":"B","price":null}],"labels":[]},)"
      R"("receipt":{"status":"complete","lines":[{"sku":"A","expected":2,"received":1}],"note":"box \"wet\""}})");
  return parsed.as_object();
}

// What can multiply its input is only compiled: how large a program may grow is not what is looked for here.
bool stays_small(std::string_view expression) {
  return expression.size() <= 200 && expression.find_first_of("*+=,$") == std::string_view::npos &&
         std::ranges::count(expression, '[') <= 1 && std::ranges::count(expression, '(') <= 3;
}

// libjq 1.6 loses the value at hand, some bytes, when what stands in these fails. They are only compiled, so that every
// other leak shows: a suppression would have to name the function that reads all facts.
bool leaks_in_libjq(std::string_view expression) {
  const auto has = [&](std::string_view word) { return expression.find(word) != std::string_view::npos; };
  return has("any") || has("all") || has("first");
}

void compile(const std::string& expression) {
  const auto compiled = returns::compile_rules({{.name = "r", .when = expression, .actions = {"flag"}}});
  if (!compiled) {
    check(compiled.error().message.starts_with("rule \"r\""), "an error names the rule");
    return;
  }
  check(*compiled != nullptr, "rules that compile can be asked");
  if (!stays_small(expression) || leaks_in_libjq(expression)) return;
  std::vector<std::string> errors;
  const auto first = (*compiled)->first_match(facts(), errors);
  check(errors.empty() || !first, "a rule that fails does not match");
  std::vector<std::string> again;
  check((*compiled)->first_match(facts(), again) == first, "the same facts give the same answer");
}

void check_policy(const boost::json::object& body) {
  const auto policy = returns::parse_policy(body);
  if (!policy) return check(!policy.error().message.empty(), "an error says what is wrong");
  for (const auto& status : policy->process_when) {
    check(!policy->flag_when.contains(status) && !policy->ignore_when.contains(status), "a status means one thing");
  }
  for (const auto wait : {policy->wait_for_label, policy->settle, policy->confirm_within}) {
    check(wait >= Millis{0} && wait <= Millis{31LL * 86'400'000}, "a wait is at most a month");
  }
  check(returns::check_reference(policy->reference).has_value(), "an accepted reference is one");
  check(policy->compiled != nullptr, "an accepted policy has its rules compiled");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = view(data, size);
  boost::system::error_code error;
  const auto parsed = boost::json::parse({text.data(), text.size()}, error);
  if (!error && parsed.is_object()) {
    check_policy(parsed.get_object());
  } else {
    compile(std::string(text));
  }
  return 0;
}
