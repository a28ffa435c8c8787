#pragma once
// Where what a test "kills" is laid. A killed process never resumes its coroutines and runs no destructor; its remains
// stay reachable here, so that the leak checker can tell them from leaks.

#include <memory>
#include <vector>

namespace backhaul::test {

inline void bury(std::shared_ptr<void> remains) {
  static auto& graves = *new std::vector<std::shared_ptr<void>>;
  graves.push_back(std::move(remains));
}

}  // namespace backhaul::test
