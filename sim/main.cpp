// The simulation's command line; README.md says how to work with it.

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <iostream>
#include <random>

#include "regressions.hpp"
#include "report.hpp"
#include "shrink.hpp"

namespace backhaul::sim {
namespace {

constexpr int trace_lines_max = 400;  // of a broken seed that was not asked for by --trace
// Within what ./dev test runs, and then some: a mutation that survives this is not noticed.
constexpr std::uint64_t mutation_returns = 4'000;
constexpr double mutation_seconds = 60;

struct Line {
  std::uint64_t seed = 0;
  std::uint64_t returns = 0;
  double minutes = 0;
  int jobs = 1;
  bool trace = false;
  bool prove = false;
  bool twice = false;
  bool no_shrink = false;
  bool keep_going = false;
  bool far_clocks = false;
  std::string mutation;
  std::vector<std::string> without;
  std::vector<std::string> only;
  std::vector<std::string> only_returns;
};

Muted muted_of(const Line& line) {
  Muted muted;
  for (const auto& word : line.without) {
    const auto fault = fault_named(word);
    if (!fault) throw CLI::ValidationError("--without", word + " is no fault");
    muted.faults.insert(*fault);
  }
  if (!line.only.empty()) muted.only.emplace();
  for (const auto& word : line.only) {
    if (word == "none") continue;
    const auto one = Occurrence::parse(word);
    if (!one) throw CLI::ValidationError("--only", word + " is no occurrence of a fault");
    muted.only->insert(*one);
  }
  if (!line.only_returns.empty()) muted.returns.emplace();
  for (const auto& word : line.only_returns) muted.returns->insert(std::stoi(word));
  return muted;
}

Mutation mutation_of(const Line& line) {
  if (line.mutation.empty()) return Mutation::none;
  for (const auto& one : mutations) {
    if (one.name == line.mutation) return one.mutation;
  }
  throw CLI::ValidationError("--mutation", line.mutation + " is none");
}

Asked asked_of(const Line& line, std::uint64_t seed) {
  return {.seed = seed, .muted = muted_of(line), .mutation = mutation_of(line), .far_clocks = line.far_clocks};
}

void show(const Outcome& broken) {
  std::cout << fmt::format("law {} broken by seed {}: {}\n", broken.violation->law, broken.seed,
                           broken.violation->what);
}

void show_trace(const Outcome& outcome, std::size_t most) {
  const auto from = outcome.trace.size() > most ? outcome.trace.size() - most : 0;
  if (from > 0) std::cout << fmt::format("... {} lines before\n", from);
  for (auto i = from; i < outcome.trace.size(); ++i) std::cout << outcome.trace[i] << "\n";
}

// What a person needs to understand it: a smaller history, its trace, and the command.
void explain(Asked asked, const Outcome& broken, bool no_shrink) {
  show(broken);
  std::cout << "again:   " << replay_of(asked) << "\n" << std::flush;
  if (no_shrink) return;
  asked.muted = shrink(asked, broken);
  asked.keep = Trace::Keep::lines;
  const auto small = run_apart(asked);
  show_trace(small, trace_lines_max);
  std::cout << "smaller: " << replay_of(asked) << "\n";
}

int run_one(const Line& line) {
  auto asked = asked_of(line, line.seed);
  asked.keep = line.trace ? Trace::Keep::lines : line.twice ? Trace::Keep::hash : Trace::Keep::nothing;
  const auto outcome = run_apart(asked);
  if (line.trace) show_trace(outcome, SIZE_MAX);
  if (outcome.violation) {
    show(outcome);
    return 1;
  }
  std::cout << fmt::format(
      "seed {}: {} returns, {} lives, {} steps, all home {} min after the faults ended, hash {:016x}\n", outcome.seed,
      outcome.returns, outcome.lives, outcome.steps, outcome.home_after.count() / 60'000, outcome.hash);
  return 0;
}

// The same seed twice must be the same history, line by line.
int run_twice(const Line& line) {
  std::uint64_t returns = 0;
  for (auto seed = line.seed; returns < std::max<std::uint64_t>(line.returns, 1); ++seed) {
    const Asked asked{.seed = seed, .keep = Trace::Keep::hash};
    const auto one = run_apart(asked);
    const auto other = run_apart(asked);
    if (one.hash != other.hash || one.steps != other.steps) {
      std::cout << fmt::format("seed {} went two ways: {:016x} and {:016x}\n", seed, one.hash, other.hash);
      return 1;
    }
    returns += static_cast<std::uint64_t>(std::max(1, one.returns));
  }
  std::cout << fmt::format("{} returns went the same way twice\n", returns);
  return 0;
}

// Every mutation must be noticed, and none may be noticed where there is none.
int prove(const Line& line) {
  int missed = 0;
  for (const auto& one : mutations) {
    if (!line.mutation.empty() && one.name != line.mutation) continue;
    const auto totals = run_many({.first_seed = line.seed == 0 ? 1 : line.seed,
                                  .returns = mutation_returns,
                                  .seconds = mutation_seconds,
                                  .mutation = one.mutation});
    if (totals.broken.empty()) {
      ++missed;
      std::cout << fmt::format("{:26} NOT NOTICED in {} returns\n", one.name, totals.returns);
      continue;
    }
    const auto& broken = totals.broken.front();
    std::cout << fmt::format("{:26} noticed after {} returns by law {} (seed {}): {}\n", one.name, totals.returns,
                             broken.violation->law, broken.seed, broken.violation->what)
              << std::flush;
  }
  std::cout << (missed == 0 ? "every mutation is noticed\n" : fmt::format("{} mutations are not noticed\n", missed));
  return missed == 0 ? 0 : 1;
}

int run_regressions() {
  for (const auto& one : regressions) {
    const auto outcome = run_apart({.seed = one.seed});
    if (!outcome.violation) continue;
    std::cout << "regression: " << one.name << "\n";
    explain({.seed = one.seed}, outcome, false);
    return 1;
  }
  if (!regressions.empty()) std::cout << fmt::format("{} regression seeds hold\n", regressions.size());
  return 0;
}

volatile std::sig_atomic_t asked_to_stop = 0;

// Tells how far it is twice a minute, and of each broken seed at once; ends early when interrupted.
auto progress() {
  using Clock = std::chrono::steady_clock;
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { asked_to_stop = 1; });
  return [said_at = Clock::now(), broken = std::size_t{0}](const Totals& totals) mutable {
    for (; broken < totals.broken.size(); ++broken) show(totals.broken[broken]);
    if (Clock::now() - said_at >= std::chrono::seconds(30)) {
      said_at = Clock::now();
      std::cout << fmt::format("{} seeds, {} returns, {} broken so far\n", totals.seeds, totals.returns, broken);
    }
    std::cout << std::flush;
    return asked_to_stop == 0;
  };
}

int run_fresh(const Line& line) {
  if (const int failed = run_regressions(); failed != 0) return failed;
  const auto seed = line.seed != 0 ? line.seed : std::random_device{}() % 1'000'000'000ULL + 1'000;
  std::cout << fmt::format("seeds from {}\n", seed) << std::flush;
  const auto begin = std::chrono::steady_clock::now();
  const auto totals = run_many({.first_seed = seed,
                                .returns = line.returns,
                                .seconds = line.minutes * 60,
                                .processes = line.jobs,
                                .broken_max = line.keep_going ? SIZE_MAX : 1,
                                .mutation = mutation_of(line),
                                .muted = muted_of(line),
                                .far_clocks = line.far_clocks,
                                .go_on = progress()});
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  std::cout << describe(totals, passed.count()) << table_of(totals.coverage) << std::flush;
  for (const auto& broken : totals.broken) explain(asked_of(line, broken.seed), broken, line.no_shrink);
  if (totals.broken.empty()) std::cout << "no law was broken\n";
  return totals.broken.empty() ? 0 : 1;
}

int main(int argc, char** argv) {
  Line line;
  CLI::App app("Tries to break the laws: simulated returns through the real hub, from a seed", "sim");
  app.add_option("--seed", line.seed, "This seed alone; with --returns or --minutes, seeds from this one on");
  app.add_option("--returns", line.returns, "Until so many returns were simulated");
  app.add_option("--minutes", line.minutes, "For so long; without any of these, two");
  app.add_option("--jobs", line.jobs, "Processes at once")->check(CLI::Range(1, 64));
  app.add_flag("--trace", line.trace, "With a seed: print what happened");
  app.add_option("--without", line.without, "Leave these faults out")->delimiter(',');
  app.add_option("--only", line.only, "Of all that goes wrong, only these occurrences")->delimiter(',');
  app.add_option("--only-returns", line.only_returns, "Only these returns")->delimiter(',');
  app.add_option("--mutation", line.mutation, "Break the hub in this way; see mutation.hpp");
  app.add_flag("--prove", line.prove, "Break the hub in every way, and fail unless each is noticed");
  app.add_flag("--twice", line.twice, "Run seeds twice, and fail unless they go the same way");
  app.add_flag("--no-shrink", line.no_shrink, "Do not look for a smaller history of a broken seed");
  app.add_flag("--far-clocks", line.far_clocks, "Let the hub's clock be off by hours; see the README's limits");
  app.add_flag("--keep-going", line.keep_going, "Do not stop at the first broken seed");
  CLI11_PARSE(app, argc, argv);
  if (line.prove) return prove(line);
  if (line.twice) return run_twice(line);
  if (line.seed != 0 && line.returns == 0 && line.minutes == 0) return run_one(line);
  if (line.returns == 0 && line.minutes == 0) line.minutes = 2;
  return run_fresh(line);
}

}  // namespace
}  // namespace backhaul::sim

int main(int argc, char** argv) {
  return backhaul::sim::main(argc, argv);
}
