#pragma once
// The real loop: one thread in an Asio io_context. Asio itself stays out of this header.

#include <functional>
#include <memory>

#include "async/loop.hpp"

namespace boost::asio {
class io_context;
}

namespace backhaul::net {

class AsioLoop : public async::Loop {
 public:
  // Runs until stop(); the calling thread becomes the loop's.
  virtual void run() = 0;
  // Callable from any thread; run() returns after the function it is in.
  virtual void stop() = 0;
  // For parts of net/ that need sockets. Code that Asio itself calls back must enter through `enter`, so that
  // Loop::current() is right.
  [[nodiscard]] virtual boost::asio::io_context& context() = 0;
  virtual void enter(const std::function<void()>& work) = 0;
};

[[nodiscard]] std::unique_ptr<AsioLoop> make_asio_loop();

}  // namespace backhaul::net
