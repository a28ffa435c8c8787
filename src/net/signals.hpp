#pragma once
// Signals as events of a loop.

#include <functional>
#include <memory>

#include "net/asio_loop.hpp"

namespace backhaul::net {

// Waits while it lives.
class SignalWatch {
 public:
  virtual ~SignalWatch() = default;
};

// Runs `ask` on the loop, once, when the process is asked to end (SIGTERM, SIGINT).
[[nodiscard]] std::unique_ptr<SignalWatch> on_end_asked(AsioLoop& loop, std::function<void()> ask);

}  // namespace backhaul::net
