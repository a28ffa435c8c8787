#pragma once
// Chance from a seed. Two forms: a stream (Rng), and a single draw by key (chance_of), which stays what it is when
// other draws are added or removed. Faults and people use keys, so that a history can be made smaller without becoming
// another one.

#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

#include "types/time.hpp"

namespace backhaul::sim {

// splitmix64's finaliser.
[[nodiscard]] constexpr std::uint64_t scrambled(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

[[nodiscard]] constexpr std::uint64_t folded(std::uint64_t so_far, std::string_view text) {
  for (const char c : text) so_far = (so_far ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return scrambled(so_far);
}
template <class Number>
requires std::is_integral_v<Number>
[[nodiscard]] constexpr std::uint64_t folded(std::uint64_t so_far, Number number) {
  return scrambled(so_far ^ static_cast<std::uint64_t>(number));
}

// One number from any texts and numbers, in order.
template <class... Parts>
[[nodiscard]] constexpr std::uint64_t key_of(const Parts&... parts) {
  std::uint64_t key = 14695981039346656037ULL;
  ((key = folded(key, parts)), ...);
  return key;
}

[[nodiscard]] constexpr bool chance_of(double rate, std::uint64_t key) {
  return static_cast<double>(scrambled(key) >> 11U) * 0x1.0p-53 < rate;
}

class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() { return scrambled(state_++ * 0xd1342543de82ef95ULL); }
  // Below `count`, which is at least 1.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
  // Both ends included.
  std::int64_t between(std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(to - from + 1));
  }
  Millis between(Millis from, Millis to) { return Millis{between(from.count(), to.count())}; }
  // Mostly short, seldom up to `to`: as waits are.
  Millis mostly_short(Millis from, Millis to) {
    const auto span = static_cast<double>((to - from).count());
    const double u = static_cast<double>(next() >> 11U) * 0x1.0p-53;
    return from + Millis{static_cast<std::int64_t>(span * u * u * u)};
  }
  bool chance(double rate) { return chance_of(rate, next()); }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace backhaul::sim
