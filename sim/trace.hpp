#pragma once
// What happened, for a person to read, and a hash of it to compare two runs by.

#include <fmt/format.h>

#include <string>
#include <vector>

#include "clock.hpp"
#include "rng.hpp"

namespace backhaul::sim {

class Trace {
 public:
  enum class Keep : std::uint8_t { nothing, hash, lines };
  Trace(const Clock& clock, Keep keep) : clock_(clock), begin_(clock.now()), keep_(keep) {}

  // `who` is a short word: hub, loop-0, store, person.
  template <class... Args>
  void say(std::string_view who, fmt::format_string<Args...> text, Args&&... args) {
    if (keep_ == Keep::nothing) return;
    add(who, fmt::format(text, std::forward<Args>(args)...));
  }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  void add(std::string_view who, const std::string& text) {
    const auto ms = (clock_.now() - begin_).count();
    auto line = fmt::format("{:3}:{:02}:{:02}.{:03}  {:<12} {}", ms / 3'600'000, ms / 60'000 % 60, ms / 1'000 % 60,
                            ms % 1'000, who, text);
    hash_ = folded(hash_, std::string_view(line));
    if (keep_ == Keep::lines) lines_.push_back(std::move(line));
  }

  const Clock& clock_;
  Time begin_;
  Keep keep_;
  std::uint64_t hash_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace backhaul::sim
