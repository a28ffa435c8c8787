#pragma once
// Seeds that once broke a law, named for what was wrong. They run first.

#include <array>
#include <cstdint>
#include <string_view>

namespace backhaul::sim {

struct Regression {
  std::string_view name;
  std::uint64_t seed;
};
inline constexpr std::array<Regression, 8> regressions{
    {{"an RMA whose making had no answer is read once it is found", 16},
     {"an earlier note with the same words is not the one whose answer was lost", 327638614},
     {"nor one of a few minutes before", 30000011},
     {"a failure told while the next process waits is that of the one taken for lost", 30000415},
     {"an RMA that is linked late is read: polls had passed it over", 3839324112},
     {"a process that is tried again asks whether it is still wanted", 700001171},
     {"a page listed before a read and recorded after it does not hide what comes next", 7427946},
     {"a failure of a process taken for lost is heard when the next was taken back already", 900000819}}};

}  // namespace backhaul::sim
