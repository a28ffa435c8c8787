#pragma once
// A circuit breaker: after failures in a row a connection is left alone for a while, then tried with one call.

#include "connectors/connector.hpp"
#include "types/time.hpp"

namespace backhaul::dispatch {

class Breaker {
 public:
  // Whether a call may begin. While half open only one may.
  [[nodiscard]] bool allows(Time now, int running) const;
  [[nodiscard]] bool is_open(Time now) const { return !is_due(open_until_, now, pause_); }
  [[nodiscard]] Time open_until() const { return open_until_; }
  // How often it opened since the last success: from the third time on a person is told.
  [[nodiscard]] int openings() const { return openings_; }

  // True when the connection had been failing.
  bool succeeded();
  // True when this failure opened it. Refusals and throttling are answers of a healthy vendor and do not count.
  bool failed(const connectors::Failure& failure, Time now);

 private:
  int in_a_row_ = 0;
  int openings_ = 0;
  Time open_until_;
  Millis pause_{0};  // the present one
};

}  // namespace backhaul::dispatch
