#pragma once
// The merchant's own rules: `when` a jq expression over the return and its receipt is true, `do` these actions.
// Evaluated in order before the status table; the first that fires decides.
//
// jq programs can loop for ever, and jq offers no way to interrupt one. So only functions from a fixed list are
// allowed, none of which iterates more than its input is long, and definitions are not. Input is bounded by the return.
// Operators are not limited: `.name * 1000000000` and rows of `. + . |` can still ask for more than there is.

#include <boost/json/object.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "types/result.hpp"

namespace backhaul::returns {

struct Rule {
  std::string name;
  std::string when;  // jq; empty: always
  // "process", "flag", "close", "cancel", "ignore", "grade", or "note: text". At most one of the first five.
  std::vector<std::string> actions;
};

class RuleSet {
 public:
  virtual ~RuleSet() = default;
  // The index of the first rule whose expression gives a value other than false and null for `facts`. An expression
  // that fails on these facts counts as not matching, and its error is appended to `errors` as "rule <name>: <words>".
  [[nodiscard]] virtual std::optional<std::size_t> first_match(const boost::json::object& facts,
                                                               std::vector<std::string>& errors) const = 0;
};

// The error names the rule and the place in its expression.
[[nodiscard]] Result<std::shared_ptr<const RuleSet>, Problem> compile_rules(const std::vector<Rule>& rules);

}  // namespace backhaul::returns
