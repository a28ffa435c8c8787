#pragma once
// The version of a database's schema: how many of the numbered migrations it has seen.

#include <cstdint>

namespace backhaul::store {

struct SchemaVersions {
  std::int64_t found = 0;  // the database's; 0: it has none of our tables
  std::int64_t known = 0;  // the newest of this binary

  // A database may be newer than the binary, and say that this one can work with it.
  [[nodiscard]] bool up_to_date() const { return found >= known; }
};

}  // namespace backhaul::store
