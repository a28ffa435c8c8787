#include "async/loop.hpp"

#include <cassert>
#include <variant>

namespace backhaul::async {
namespace {
thread_local Loop* running_loop = nullptr;
}

Loop& Loop::current() {
  assert(running_loop != nullptr && "called outside a loop");
  return *running_loop;
}

Loop::Running::Running(Loop& loop) : previous_(running_loop) {
  running_loop = &loop;
}
Loop::Running::~Running() {
  running_loop = previous_;
}

Task<void> sleep(Millis delay) {
  auto start = std::function<void(Resolver<std::monostate>)>{[delay](Resolver<std::monostate> wake) {
    auto& loop = wake.loop();
    loop.post_after(delay, [wake] { wake.set({}).resume(); });
  }};
  auto waiting = wait_for<std::monostate>(std::move(start));
  co_await std::move(waiting);
}

}  // namespace backhaul::async
