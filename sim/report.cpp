#include "report.hpp"

namespace backhaul::sim {
namespace {

std::string count(std::uint64_t number) {
  if (number == 0) return ".";
  if (number < 10'000) return std::to_string(number);
  return number < 10'000'000 ? fmt::format("{}k", number / 1'000) : fmt::format("{}M", number / 1'000'000);
}

std::string_view name_of(Mutation mutation) {
  for (const auto& one : mutations) {
    if (one.mutation == mutation) return one.name;
  }
  return "none";
}

}  // namespace

std::string table_of(const Coverage& coverage) {
  std::string text = fmt::format("{:22}", "");
  for (std::size_t i = 0; i < phase_count; ++i) text += fmt::format("{:>12}", to_string(static_cast<Phase>(i)));
  text += "\n";
  const auto row = [&](std::string_view name, const std::array<std::uint64_t, phase_count>& counts) {
    text += fmt::format("{:22}", name);
    for (const auto one : counts) text += fmt::format("{:>12}", count(one));
    text += "\n";
  };
  // Every fault has a row, so that one that never struck shows.
  for (std::size_t i = 0; i < fault_count; ++i) {
    const auto name = to_string(static_cast<Fault>(i));
    const auto found = coverage.find(name);
    row(name, found == coverage.end() ? std::array<std::uint64_t, phase_count>{} : found->second);
  }
  for (const auto& [name, counts] : coverage) {
    if (!fault_named(name)) row(name, counts);
  }
  return text;
}

std::string describe(const Totals& totals, double seconds) {
  return fmt::format(
      "{} seeds, {} returns, {} lives of the hub, {} calls to vendors, {} deliveries, {} steps in {:.0f} s: "
      "{:.0f} returns a second\nall home at most {} min after the faults ended (seed {})\n",
      totals.seeds, totals.returns, totals.lives, totals.calls, totals.letters, totals.steps, seconds,
      seconds > 0 ? static_cast<double>(totals.returns) / seconds : 0, totals.home_after_max.count() / 60'000,
      totals.home_after_seed);
}

std::string replay_of(const Asked& asked) {
  auto text = fmt::format("./dev sim --seed {}{}", asked.seed, asked.muted.str());
  if (asked.mutation != Mutation::none) text += fmt::format(" --mutation {}", name_of(asked.mutation));
  if (asked.far_clocks) text += " --far-clocks";
  return text + " --trace";
}

}  // namespace backhaul::sim
