#include "faults.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace backhaul::sim {
namespace {

struct Kind {
  std::string_view name;
  double low;  // when a seed has this fault at all, its rate lies between these
  double high;
};

// In the order of the enumeration. Rates are per delivery, per call, per call to the store; of those that last for a
// while, how many there are.
constexpr std::array<Kind, fault_count> kinds{{{"lost_delivery", 0.01, 0.6},
                                               {"doubled_delivery", 0.01, 0.5},
                                               {"late_delivery", 0.01, 0.5},
                                               {"lost_ack", 0.01, 0.4},
                                               {"bad_signature", 0.002, 0.1},
                                               {"cut_delivery", 0.002, 0.1},
                                               {"burst", 0.5, 6},
                                               {"not_sent", 0.005, 0.2},
                                               {"throttled", 0.005, 0.2},
                                               {"failed_before", 0.005, 0.2},
                                               {"failed_after", 0.005, 0.2},
                                               {"request_lost", 0.005, 0.2},
                                               {"answer_lost", 0.005, 0.2},
                                               {"late_effect", 0.005, 0.2},
                                               {"slow", 0.01, 0.3},
                                               {"vendor_down", 0.3, 3},
                                               {"key_revoked", 0.2, 2},
                                               {"old_list", 0.05, 0.5},
                                               {"store_fails", 0.0005, 0.02},
                                               {"store_down", 0.3, 4},
                                               {"store_conflict", 0.005, 0.1},
                                               {"store_refuses", 0.0005, 0.01},
                                               {"killed_before_write", 0.0003, 0.01},
                                               {"killed_after_write", 0.0003, 0.01},
                                               {"killed_after_effect", 0.001, 0.05},
                                               {"killed_anytime", 0.5, 6},
                                               {"clock_forward", 0.3, 3},
                                               {"clock_back", 0.3, 3}}};

}  // namespace

std::string_view to_string(Fault fault) {
  return kinds.at(static_cast<std::size_t>(fault)).name;
}

std::optional<Fault> fault_named(std::string_view name) {
  for (std::size_t i = 0; i < fault_count; ++i) {
    if (kinds.at(i).name == name) return static_cast<Fault>(i);
  }
  return std::nullopt;
}

std::string Occurrence::str() const {
  return fmt::format("{}@{:x}", to_string(fault), key);
}

std::optional<Occurrence> Occurrence::parse(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  const auto fault = fault_named(text.substr(0, at));
  Occurrence one;
  const auto digits = text.substr(at + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), one.key, 16);
  if (!fault || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  one.fault = *fault;
  return one;
}

std::string Muted::str() const {
  std::string text;
  const auto add = [&text](std::string_view option, const auto& values, const auto& written) {
    std::string list;
    for (const auto& value : values) list += (list.empty() ? "" : ",") + written(value);
    text += fmt::format(" {} {}", option, list.empty() ? "none" : list);
  };
  if (!faults.empty()) add("--without", faults, [](Fault fault) { return std::string(to_string(fault)); });
  if (only) add("--only", *only, [](const Occurrence& one) { return one.str(); });
  if (returns) add("--only-returns", *returns, [](int number) { return std::to_string(number); });
  return text;
}

// Half of the kinds are left out of a seed, so that it is seen what the others do by themselves.
Faults::Faults(std::uint64_t seed, Muted muted) : seed_(key_of(seed, "faults")), muted_(std::move(muted)) {
  Rng rng(key_of(seed, "rates"));
  const bool calm = rng.chance(0.1);  // a tenth of the seeds are nearly without faults
  for (std::size_t i = 0; i < fault_count; ++i) {
    const auto& kind = kinds.at(i);
    const double u = static_cast<double>(rng.below(1'000)) / 1'000;
    const double rate = kind.low * std::pow(kind.high / kind.low, u);
    rates_.at(i) = rng.chance(calm ? 0.05 : 0.5) ? rate : 0;
  }
}

bool Faults::strikes(Fault fault, std::uint64_t key, double times) {
  const double rate = rates_.at(static_cast<std::size_t>(fault)) * times;
  if (stopped_ || rate <= 0) return false;
  // Short, because people copy it; per fault, so that two faults at one place are drawn apart.
  const Occurrence one{.fault = fault, .key = key_of(seed_, static_cast<int>(fault), key) & 0xffff'ffffU};
  if (!chance_of(rate, one.key ^ seed_)) return false;
  if (muted_.faults.contains(fault) || (muted_.only && !muted_.only->contains(one))) return false;
  struck_.push_back(one);
  return true;
}

std::string_view to_string(Phase phase) {
  constexpr std::array<std::string_view, phase_count> names{"no RMA", "underway", "received",  "processing",
                                                            "review", "closed",   "cancelled", "expired"};
  return names.at(static_cast<std::size_t>(phase));
}

}  // namespace backhaul::sim
