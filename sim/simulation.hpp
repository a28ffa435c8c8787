#pragma once
// One seed: merchants, their vendors, people, a hub that lives and dies, everything that goes wrong, and then peace,
// in which all returns must come home.

#include "journal.hpp"
#include "people.hpp"

namespace backhaul::sim {

// No seed plans more returns.
inline constexpr int returns_max = 400;

struct Asked {
  std::uint64_t seed = 1;
  Muted muted;
  Mutation mutation = Mutation::none;
  Trace::Keep keep = Trace::Keep::nothing;
  bool far_clocks = false;       // the hub's clock may be off by hours, not only by seconds
  std::filesystem::path folder;  // for the database; emptied
};

struct Outcome {
  std::uint64_t seed = 0;
  std::optional<Violation> violation;
  int returns = 0;
  int lives = 0;
  std::uint64_t steps = 0;
  std::uint64_t calls = 0;
  std::uint64_t letters = 0;
  Millis home_after{0};  // from the end of the faults until all were home
  std::uint64_t hash = 0;
  Coverage coverage;
  std::vector<Occurrence> struck;
  std::vector<std::string> trace;
};

class Simulation {
 public:
  explicit Simulation(Asked asked);
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  ~Simulation();

  Outcome run();

 private:
  void add_merchants(Rng& shape);
  void watch(Merchant& merchant);
  void plan_incidents();
  void incident(Fault fault, Rng& rng);
  void jump(Millis by, Rng& rng);
  [[nodiscard]] Millis clock_off_max() const;
  void kill(const std::string& why);
  void begin_life();
  void check_kept(const std::string& body);
  void check_process(Merchant& merchant, const Platform::Return& about, Time sent);
  void make_peace();
  void bring_home();
  void check_polled();
  [[nodiscard]] Phase phase_of(const Merchant& merchant, const Platform::Return& about) const;
  bool run_until(Time until);

  Asked asked_;
  Stage stage_;
  Post post_;
  std::vector<Merchant> merchants_;
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<People> people_;
  std::map<std::string, std::uint64_t> acknowledged_;  // bodies answered 2xx, and how often
  Millis span_{0};
  Millis look_every_{0};
  Millis ahead_max_{0};  // how far the hub's clock ever was ahead
  Time peace_;
  Millis home_after_{0};
  int returns_ = 0;
  int lives_ = 0;
};

}  // namespace backhaul::sim
