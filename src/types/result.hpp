#pragma once
// One alias for "a value or why there is none", used everywhere. Expected outcomes are values; exceptions mean a broken
// invariant or a lost resource and are caught once, at the request loop and at the job loop.

#include <string>
#include <tl/expected.hpp>

namespace backhaul {

template <class T, class E>
using Result = tl::expected<T, E>;

template <class E>
auto fail(E error) {
  return tl::make_unexpected(std::move(error));
}

// Why something a person asked for cannot be done. `message` says what, where, and what to do; it names no secret.
struct Problem {
  std::string message;
};

}  // namespace backhaul
