#pragma once
// One timer for whoever wants to look again at a moment. The earliest wins: whoever is rung looks at all there is, and
// asks again for what is still to come.

#include <functional>

#include "async/loop.hpp"

namespace backhaul::async {

class Alarm {
 public:
  // `ring` runs on the loop; both must outlive the last moment set.
  Alarm(Loop& loop, std::function<void()> ring) : loop_(loop), ring_(std::move(ring)) {}
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  // Rings at `at`, or earlier when that was asked for before.
  void set(Time at);

 private:
  Loop& loop_;
  std::function<void()> ring_;
  Time armed_;  // what a timer is running for; not set when none is
};

}  // namespace backhaul::async
