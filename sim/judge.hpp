#pragma once
// What the merchant's policy wants, worked out from the policy's words alone: the simulation must not ask the hub what
// is right.

#include <boost/json/object.hpp>
#include <set>
#include <string>

#include "returns/model.hpp"

namespace backhaul::sim {

enum class Want : std::uint8_t { wait, process, flag, unknown_status };

struct Policy {
  std::set<std::string> process{"complete", "warehouse complete"};
  std::set<std::string> flag{"issue", "damaged"};
  std::set<std::string> ignore{"pending", "rts"};
  bool restocked = false;  // fewer restocked than received is a person's, too
  Millis wait_for_label{0};
  Millis settle{30'000};
  std::set<std::string> places;  // the source's destination ids that go here; empty: all
  std::string reference = "{return_id}";
  [[nodiscard]] boost::json::object body() const;  // as the hub reads it
};

// `asked`: how many units the RMA was made for.
[[nodiscard]] Want want_of(const returns::Receipt& receipt, std::int64_t asked, const Policy& policy);

// The same facts give the same text.
[[nodiscard]] std::string facts_of(const returns::Receipt& receipt);

}  // namespace backhaul::sim
