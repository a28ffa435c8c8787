#pragma once
// The loop a piece of the hub runs on: one thread, a queue of functions, timers, and the clock. The real one is
// net/asio_loop.hpp; tests and the simulation have their own with a clock they move.

#include <functional>
#include <memory>
#include <optional>

#include "async/task.hpp"
#include "types/time.hpp"

namespace backhaul::async {

class Loop {
 public:
  virtual ~Loop() = default;

  // Runs `work` on the loop's thread, later and in order. Callable from any thread.
  virtual void post(std::function<void()> work) = 0;
  // As `post`, but not before `delay` has passed.
  virtual void post_after(Millis delay, std::function<void()> work) = 0;
  // The time as the hub sees it. Callable from any thread.
  [[nodiscard]] virtual Time now() const = 0;

  // The loop whose thread is running this code; asserts that there is one.
  [[nodiscard]] static Loop& current();

 protected:
  // Set by implementations around the functions they run.
  class Running {
   public:
    explicit Running(Loop& loop);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    Loop* previous_;
  };
};

// The other end of `wait_for`: gives the waiting coroutine its value, once, from any thread. The coroutine goes on on
// the loop it was waiting on.
template <class T>
class Resolver {
 public:
  struct Shared {
    Loop& loop;
    std::coroutine_handle<> waiting;
    std::optional<T> value;
  };

  explicit Resolver(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  void operator()(T value) const {
    shared_->value.emplace(std::move(value));
    shared_->loop.post([shared = shared_] { shared->waiting.resume(); });
  }
  // For code that resumes many at once: sets the value, and returns what the loop must run.
  [[nodiscard]] std::coroutine_handle<> set(T value) const {
    shared_->value.emplace(std::move(value));
    return shared_->waiting;
  }
  [[nodiscard]] Loop& loop() const { return shared_->loop; }

 private:
  std::shared_ptr<Shared> shared_;
};

// Suspends until someone calls the Resolver that `start` was given. `start` runs once, at once.
template <class T>
Task<T> wait_for(std::function<void(Resolver<T>)> start) {
  struct Awaiter {
    std::shared_ptr<typename Resolver<T>::Shared> shared;
    std::function<void(Resolver<T>)>& start;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
      shared->waiting = waiting;
      // A copy: `start` may resume us on another thread before it returns.
      auto kept = shared;
      auto run = std::move(start);
      run(Resolver<T>{std::move(kept)});
    }
    T await_resume() { return std::move(*shared->value); }
  };
  Awaiter awaiter{
      std::make_shared<typename Resolver<T>::Shared>(typename Resolver<T>::Shared{Loop::current(), {}, std::nullopt}),
      start};
  co_return co_await awaiter;
}

// Suspends for `delay` on the current loop.
[[nodiscard]] Task<void> sleep(Millis delay);

}  // namespace backhaul::async
