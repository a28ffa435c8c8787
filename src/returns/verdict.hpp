#pragma once
// What a receipt means under a policy: the merchant's rules first, then the status table. Pure.

#include <string>
#include <vector>

#include "returns/model.hpp"
#include "returns/policy.hpp"

namespace backhaul::returns {

// Where received and expected differ, by the destination's own lines (it may spell a SKU its own way), and where its
// lines do not add up to the units we asked it to expect.
struct Difference {
  std::string sku;
  std::int64_t expected = 0;
  std::int64_t received = 0;
};

struct Verdict {
  enum class Kind : std::uint8_t { wait, process, flag, close, cancel, unknown_status };
  Kind kind = Kind::wait;
  std::string rule;         // what decided: "rule \"seal broken\"", "status table: damaged", "counts"
  std::string why;          // for people, without personal data
  bool may_settle = false;  // counts lag behind the status in warehouses: look again before asking a person
  bool grade = false;
  std::vector<std::string> notes;        // of the rule
  std::vector<std::string> rule_errors;  // expressions that failed on these facts
};

[[nodiscard]] std::vector<Difference> differences(const DestinationState& destination);

[[nodiscard]] Verdict judge(const ReturnState& state, const DestinationState& destination, const Policy& policy);

}  // namespace backhaul::returns
