#pragma once
// What goes wrong, how often, and where it did. Each possible occurrence has a key of its own and is drawn by it, so
// that leaving one out (Muted) does not change the others.

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rng.hpp"

namespace backhaul::sim {

enum class Fault : std::uint8_t {
  // deliveries
  lost_delivery,
  doubled_delivery,
  late_delivery,
  lost_ack,       // the hub's 200 does not reach the vendor, which sends again
  bad_signature,  // signed with another secret
  cut_delivery,   // the body ends in the middle, rightly signed
  burst,          // many deliveries in one flush
  // calls to a vendor
  not_sent,
  throttled,
  failed_before,  // a 500, and nothing happened
  failed_after,   // a 500, and it happened
  request_lost,   // no answer, and nothing happened
  answer_lost,    // no answer, and it happened
  late_effect,    // no answer, and it happens after the hub has stopped waiting
  slow,
  // a vendor, for a while
  vendor_down,
  key_revoked,
  old_list,  // its list of changes lags behind
  // the store
  store_fails,
  store_down,
  store_conflict,
  store_refuses,
  // the hub's process
  killed_before_write,
  killed_after_write,
  killed_after_effect,
  killed_anytime,
  // its clock
  clock_forward,
  clock_back,
  count_
};
constexpr std::size_t fault_count = static_cast<std::size_t>(Fault::count_);

[[nodiscard]] std::string_view to_string(Fault fault);
[[nodiscard]] std::optional<Fault> fault_named(std::string_view name);

// One occurrence, written "answer_lost@1f00c2".
struct Occurrence {
  Fault fault = Fault::count_;
  std::uint64_t key = 0;
  [[nodiscard]] std::string str() const;
  [[nodiscard]] static std::optional<Occurrence> parse(std::string_view text);
  friend auto operator<=>(const Occurrence&, const Occurrence&) = default;
};

// What a run leaves out of its seed's history.
struct Muted {
  std::set<Fault> faults;
  std::optional<std::set<Occurrence>> only;  // nothing else goes wrong
  std::optional<std::set<int>> returns;      // the numbers of those that are submitted; nothing: all
  [[nodiscard]] std::string str() const;     // as arguments of the command line; empty when nothing is left out
};

class Faults {
 public:
  Faults(std::uint64_t seed, Muted muted);

  // Whether it happens here. Keys must differ between places; `times` scales the fault's rate.
  bool strikes(Fault fault, std::uint64_t key, double times = 1);
  // Nothing goes wrong any more.
  void stop() { stopped_ = true; }
  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] double rate(Fault fault) const { return rates_.at(static_cast<std::size_t>(fault)); }
  [[nodiscard]] const std::vector<Occurrence>& struck() const { return struck_; }
  [[nodiscard]] const Muted& muted() const { return muted_; }

 private:
  std::uint64_t seed_;
  Muted muted_;
  std::array<double, fault_count> rates_{};
  std::vector<Occurrence> struck_;
  bool stopped_ = false;
};

// How a return stood when something happened: the columns of the coverage table.
enum class Phase : std::uint8_t { no_rma, underway, received, processing, review, closed, cancelled, expired, count_ };
constexpr std::size_t phase_count = static_cast<std::size_t>(Phase::count_);
[[nodiscard]] std::string_view to_string(Phase phase);

// How often what happened to returns in which phase; rows are faults and what people did.
using Coverage = std::map<std::string, std::array<std::uint64_t, phase_count>, std::less<>>;

}  // namespace backhaul::sim
