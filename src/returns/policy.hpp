#pragma once
// A policy: what the merchant wants done about returns at one destination. Versioned; docs/policy.md is the merchant's
// page. Written as TOML by people, kept as JSON; parse_policy is the one place that knows the keys.

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "returns/rules.hpp"
#include "types/id.hpp"
#include "types/result.hpp"
#include "types/time.hpp"

namespace backhaul::returns {

enum class Mode : std::uint8_t {
  live,
  shadow,  // plans and records, performs nothing
  paused   // folds news in, decides nothing
};

struct Policy {
  std::int64_t version = 1;
  Mode mode = Mode::live;
  Time cut_off;  // returns created before are left alone; 0: none

  std::string reference = "{return_id}";  // numbering.hpp
  bool make_for_closed = false;           // make an RMA for a return that is already closed when we first hear of it
  Millis wait_for_label{0};               // how long to hold the RMA back for a tracking number
  Millis settle{30'000};                  // how long counts that differ must stand before a person is asked
  Millis confirm_within{1'800'000};       // when an accepted process counts as unconfirmed

  // Normalised statuses of the destination.
  std::set<std::string> process_when;
  std::set<std::string> flag_when;
  std::set<std::string> ignore_when;
  bool require_restocked = false;  // also ask a person when fewer were restocked than received

  std::set<std::string> destinations;             // the source's destination ids that go here; empty: all
  std::map<std::string, std::string> warehouses;  // source destination id -> the destination's warehouse id
  std::map<std::string, std::string> skus;        // source SKU -> destination SKU
  std::map<std::string, std::string> reasons;     // source reason -> destination reason
  std::map<std::string, std::string> grades;      // warehouse condition -> source grade; empty: no grading
  std::vector<Rule> rules;
  std::shared_ptr<const RuleSet> compiled;  // of `rules`
};

// What the connection's connector can do, as far as decisions go.
struct Abilities {
  bool can_cancel = false;
  bool can_attach_tracking = false;
  bool needs_tracking_to_create = false;
};

struct DestinationPolicy {
  ConnectionId connection;
  std::string name;  // as the merchant called the connection; for explanations
  Policy policy;
  Abilities abilities;
};
using PolicySet = std::vector<DestinationPolicy>;

// What the vendor's known integrations do (DESIGN section 6).
[[nodiscard]] boost::json::object default_policy(std::string_view vendor);

// The error names the key and what would be accepted. Unknown keys are errors.
[[nodiscard]] Result<Policy, Problem> parse_policy(const boost::json::object& body);

}  // namespace backhaul::returns
