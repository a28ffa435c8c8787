#pragma once
// Journal entries as what they mean for a return. Raw deliveries are read by their connection's connector.

#include <optional>
#include <string>
#include <vector>

#include "connections/live.hpp"
#include "returns/event.hpp"
#include "store/types.hpp"

namespace backhaul::workflow {

struct Translated {
  std::vector<returns::Event> events;
  std::string trouble;  // why an entry could not be read; it then counts as a bare hint
};

// `connection` is the entry's, or nullptr when it is not configured any more. `now` tells what is heard late.
[[nodiscard]] Translated translate(const store::JournalEvent& entry, const connections::LiveConnection* connection,
                                   Time now);

}  // namespace backhaul::workflow
