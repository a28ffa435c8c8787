#include "runner.hpp"

#include <poll.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <csignal>
#include <cstring>

namespace backhaul::sim {
namespace {

namespace json = boost::json;

// A seed takes about a second; one that works this long does not end. By the processor's time: a busy machine is no
// finding. What only waits is ended by the clock, late.
constexpr unsigned cpu_seconds_max = 180;
constexpr unsigned seconds_max = 3'600;
// After this many returns a worker makes room for a fresh one.
constexpr int returns_per_worker = 3'000;

json::object to_json(const Outcome& outcome) {
  json::object coverage;
  for (const auto& [row, counts] : outcome.coverage) coverage[row] = json::value_from(counts);
  json::array struck;
  for (const auto& one : outcome.struck) struck.emplace_back(one.str());
  json::object all{{"seed", outcome.seed},
                   {"returns", outcome.returns},
                   {"lives", outcome.lives},
                   {"steps", outcome.steps},
                   {"calls", outcome.calls},
                   {"letters", outcome.letters},
                   {"home", outcome.home_after.count()},
                   {"hash", outcome.hash},
                   {"coverage", std::move(coverage)}};
  if (outcome.violation) {
    all["law"] = outcome.violation->law;
    all["what"] = outcome.violation->what;
    all["struck"] = std::move(struck);
  }
  if (!outcome.trace.empty()) all["trace"] = json::value_from(outcome.trace);
  return all;
}

Outcome from_json(const json::object& all) {
  Outcome outcome;
  const auto number = [&](const char* key) { return all.at(key).to_number<std::uint64_t>(); };
  outcome.seed = number("seed");
  outcome.returns = static_cast<int>(number("returns"));
  outcome.lives = static_cast<int>(number("lives"));
  outcome.steps = number("steps");
  outcome.calls = number("calls");
  outcome.letters = number("letters");
  outcome.home_after = Millis{static_cast<std::int64_t>(number("home"))};
  outcome.hash = number("hash");
  for (const auto& [row, counts] : all.at("coverage").as_object())
    outcome.coverage[std::string(row)] = json::value_to<std::array<std::uint64_t, phase_count>>(counts);
  if (const auto* law = all.if_contains("law")) {
    outcome.violation = Violation{.law = law->to_number<int>(), .what = std::string(all.at("what").as_string())};
    for (const auto& one : all.at("struck").as_array()) {
      if (const auto parsed = Occurrence::parse(std::string_view(one.as_string()))) outcome.struck.push_back(*parsed);
    }
  }
  if (const auto* trace = all.if_contains("trace")) outcome.trace = json::value_to<std::vector<std::string>>(*trace);
  return outcome;
}

// Never throws: what the hub lets escape is a finding.
Outcome run_here(Asked asked) {
  const auto seed = asked.seed;
  try {
    Simulation simulation(std::move(asked));
    return simulation.run();
  } catch (const std::exception& error) {
    Outcome outcome;
    outcome.seed = seed;
    outcome.violation = Violation{.law = 0, .what = error.what()};
    return outcome;
  }
}

void write_line(int to, const std::string& text) {
  const auto line = text + "\n";
  for (std::size_t at = 0; at < line.size();) {
    const auto wrote = ::write(to, line.data() + at, line.size() - at);
    if (wrote <= 0) _exit(2);
    at += static_cast<std::size_t>(wrote);
  }
}

// A child process, and what it says line by line.
class Worker {
 public:
  template <class Work>
  explicit Worker(Work work) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no process");
    if (pid_ == 0) {
      ::close(ends[0]);
      work(ends[1]);
      std::filesystem::remove_all(scratch_folder());
      _exit(0);
    }
    ::close(ends[1]);
    from_ = ends[0];
  }
  Worker(Worker&& other) noexcept
      : pid_(std::exchange(other.pid_, 0)), from_(std::exchange(other.from_, -1)), text_(std::move(other.text_)) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  Worker& operator=(Worker&&) = delete;
  ~Worker() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    end();
  }

  [[nodiscard]] int handle() const { return from_; }
  // Reads what is there; false at the end.
  bool read() {
    char bytes[65'536];
    const auto count = ::read(from_, bytes, sizeof bytes);
    if (count <= 0) return false;
    text_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }
  std::optional<std::string> line() {
    const auto end = text_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    auto one = text_.substr(0, end);
    text_.erase(0, end + 1);
    return one;
  }
  // Waits for its end; why it ended badly, when it did.
  std::optional<std::string> end() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    ::close(from_);
    std::filesystem::remove_all(scratch_folder(pid_));
    pid_ = 0;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
      return fmt::format("did not end within {} s of processor time", cpu_seconds_max);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) return fmt::format("did not end within {} s", seconds_max);
    if (WIFSIGNALED(status)) return fmt::format("ended by {}", strsignal(WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0) return fmt::format("ended with status {}", WEXITSTATUS(status));
    return std::nullopt;
  }
  static std::filesystem::path scratch_folder(pid_t pid = ::getpid()) {
    static const bool memory = ::access("/dev/shm", W_OK) == 0;
    const auto root = memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
    return root / fmt::format("backhaul_sim_{}", pid);
  }

  std::uint64_t seed = 0;  // it said it began

 private:
  pid_t pid_ = 0;
  int from_ = -1;
  std::string text_;
};

void add(Totals& totals, Outcome outcome) {
  ++totals.seeds;
  totals.returns += static_cast<std::uint64_t>(outcome.returns);
  totals.lives += static_cast<std::uint64_t>(outcome.lives);
  totals.steps += outcome.steps;
  totals.calls += outcome.calls;
  totals.letters += outcome.letters;
  if (outcome.home_after > totals.home_after_max) {
    totals.home_after_max = outcome.home_after;
    totals.home_after_seed = outcome.seed;
  }
  for (const auto& [row, counts] : outcome.coverage) {
    auto& sum = totals.coverage[row];
    for (std::size_t i = 0; i < phase_count; ++i) sum.at(i) += counts.at(i);
  }
  if (outcome.violation) totals.broken.push_back(std::move(outcome));
}

void limit_time() {
  const itimerval limit{.it_interval = {}, .it_value = {.tv_sec = cpu_seconds_max, .tv_usec = 0}};
  ::setitimer(ITIMER_PROF, &limit, nullptr);
  ::alarm(seconds_max);
}

Worker start_worker(const Budget& budget, std::uint64_t first, std::uint64_t step) {
  return Worker([&](int to) {
    std::signal(SIGINT, SIG_IGN);  // the terminal sends it to all; who started us decides
    int returns = 0;
    for (auto seed = first; returns < returns_per_worker; seed += step) {
      limit_time();
      write_line(to, fmt::format("begin {}", seed));
      auto outcome = run_here({.seed = seed,
                               .muted = budget.muted,
                               .mutation = budget.mutation,
                               .far_clocks = budget.far_clocks,
                               .folder = scratch_folder()});
      returns += std::max(1, outcome.returns);
      write_line(to, json::serialize(to_json(outcome)));
    }
  });
}

Outcome crashed(std::uint64_t seed, std::string why) {
  Outcome outcome;
  outcome.seed = seed;
  outcome.violation = Violation{.law = 0, .what = "the process " + std::move(why)};
  return outcome;
}

}  // namespace

std::filesystem::path scratch_folder() {
  return Worker::scratch_folder();
}

Outcome run_apart(Asked asked) {
  Worker worker([&](int to) {
    limit_time();
    asked.folder = scratch_folder();
    write_line(to, json::serialize(to_json(run_here(asked))));
  });
  while (worker.read()) {
  }
  const auto line = worker.line();
  const auto badly = worker.end();
  if (!line || badly) return crashed(asked.seed, badly.value_or("said nothing"));
  return from_json(json::parse(*line).as_object());
}

Totals run_many(const Budget& budget) {
  Totals totals;
  const auto begin = std::chrono::steady_clock::now();
  const auto step = static_cast<std::uint64_t>(std::max(1, budget.processes));
  const auto spent = [&] {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    return (budget.seconds > 0 && passed.count() >= budget.seconds) ||
           (budget.returns > 0 && totals.returns >= budget.returns) || totals.broken.size() >= budget.broken_max;
  };
  std::vector<Worker> workers;
  std::vector<std::uint64_t> next;
  for (std::uint64_t i = 0; i < step; ++i) {
    next.push_back(budget.first_seed + i);
    workers.push_back(start_worker(budget, next.back(), step));
  }
  const auto renew = [&](std::size_t i) {
    auto badly = workers[i].end();
    if (badly) add(totals, crashed(workers[i].seed, std::move(*badly)));
    auto fresh = start_worker(budget, next[i], step);
    std::destroy_at(&workers[i]);
    std::construct_at(&workers[i], std::move(fresh));
  };
  while (!spent() && budget.go_on(totals)) {
    std::vector<pollfd> handles;
    for (const auto& worker : workers) handles.push_back({.fd = worker.handle(), .events = POLLIN, .revents = 0});
    ::poll(handles.data(), handles.size(), 500);
    for (std::size_t i = 0; i < workers.size() && !spent(); ++i) {
      if (handles[i].revents == 0) continue;
      const bool more = workers[i].read();
      while (const auto line = workers[i].line()) {
        if (line->starts_with("begin ")) {
          workers[i].seed = std::stoull(line->substr(6));
          next[i] = workers[i].seed + step;
        } else if (!spent()) {
          add(totals, from_json(json::parse(*line).as_object()));
        }
      }
      if (!more) renew(i);
    }
  }
  return totals;
}

}  // namespace backhaul::sim
