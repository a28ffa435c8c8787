#pragma once
// One return's history in order: what was said, decided, asked for, tried, and how it ended.

#include <boost/json/array.hpp>
#include <map>
#include <string>
#include <vector>

#include "store/types.hpp"

namespace backhaul::cli {

struct TimelineEntry {
  Time at;
  std::string what;    // "delivery", "decision", "job", "attempt", ...
  std::string id;      // evt_..., job_...
  std::string text;    // one line
  std::string detail;  // a second one, may be empty
};

// `names` gives connections their names.
[[nodiscard]] std::vector<TimelineEntry> make_timeline(const std::vector<store::JournalEvent>& events,
                                                       const std::vector<store::JobRow>& jobs,
                                                       const std::map<ConnectionId, std::string>& names);

[[nodiscard]] boost::json::array to_json(const std::vector<TimelineEntry>& entries);

}  // namespace backhaul::cli
