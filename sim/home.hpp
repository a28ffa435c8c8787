#pragma once
// Whether a return has come home: the hub knows how it stands at both ends and nothing is left to do, or a person has
// been told (laws 5 and 10). Judged from the vendors' books.

#include "hub.hpp"

namespace backhaul::sim {

// Why it is not home, in a sentence for people; empty when it is. `law` is which one is broken if it stays so.
struct Astray {
  int law = 0;
  std::string why;
};

// About all of them.
[[nodiscard]] std::vector<Astray> astray(Hub& hub, std::vector<Merchant>& merchants, Time now);

// What must hold of the hub's records in the end: every effect has its reasons (law 6), and no secret or shopper's word
// is where people look (law 8).
void check_records(Stage& stage, Hub& hub, std::vector<Merchant>& merchants);

}  // namespace backhaul::sim
