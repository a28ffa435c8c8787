#include "shrink.hpp"

#include <algorithm>

namespace backhaul::sim {
namespace {

class Shrinker {
 public:
  Shrinker(Asked asked, const Outcome& broken, int runs_max)
      : asked_(std::move(asked)), law_(broken.violation->law), runs_left_(runs_max), last_(broken) {
    asked_.keep = Trace::Keep::nothing;
  }

  Muted run() {
    std::set<int> all;
    for (int number = 0; number < returns_max; ++number) all.insert(number);
    asked_.muted.returns = std::move(all);
    reduce(&Muted::returns);
    asked_.muted.only = std::set<Occurrence>(last_.struck.begin(), last_.struck.end());
    if (!attempt(asked_.muted)) asked_.muted.only.reset();
    for (std::size_t i = 0; i < fault_count; ++i) {
      if (!asked_.muted.only) break;
      auto without = asked_.muted;
      std::erase_if(*without.only, [&](const Occurrence& one) { return one.fault == static_cast<Fault>(i); });
      if (without.only->size() < asked_.muted.only->size()) attempt(std::move(without));
    }
    reduce(&Muted::only);
    reduce(&Muted::returns);  // what needed them may be gone now
    return asked_.muted;
  }

 private:
  bool attempt(Muted muted) {
    if (runs_left_-- <= 0) return false;
    auto less = asked_;
    less.muted = std::move(muted);
    auto outcome = run_apart(less);
    if (!outcome.violation || outcome.violation->law != law_) return false;
    asked_ = std::move(less);
    last_ = std::move(outcome);
    return true;
  }

  // Leaves out as many as it can, in ever smaller portions.
  template <class T>
  void reduce(std::optional<std::set<T>> Muted::*part) {
    if (!(asked_.muted.*part)) return;
    std::vector<T> candidates((asked_.muted.*part)->begin(), (asked_.muted.*part)->end());
    for (std::size_t portion = candidates.size(); portion > 0; portion /= 2) {
      for (std::size_t from = 0; from < candidates.size();) {
        const auto first = candidates.begin() + static_cast<std::ptrdiff_t>(from);
        const auto last = candidates.begin() + static_cast<std::ptrdiff_t>(std::min(candidates.size(), from + portion));
        auto muted = asked_.muted;
        std::for_each(first, last, [&](const T& one) { (muted.*part)->erase(one); });
        if (attempt(std::move(muted))) {
          candidates.erase(first, last);
        } else {
          from += portion;
        }
      }
    }
  }

  Asked asked_;
  int law_;
  int runs_left_;
  Outcome last_;
};

}  // namespace

Muted shrink(const Asked& asked, const Outcome& broken, int runs_max) {
  return Shrinker(asked, broken, runs_max).run();
}

}  // namespace backhaul::sim
