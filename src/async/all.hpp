#pragma once
// Several computations at once.

#include <optional>
#include <vector>

#include "async/task.hpp"

namespace backhaul::async {

// Starts all of them now, on this thread, and gives their results in their order when the last has ended. They must end
// on the loop they began on.
template <class T>
Task<std::vector<T>> all(std::vector<Task<T>> tasks) {
  struct Gathering {
    std::vector<Task<T>> tasks;
    std::vector<std::optional<T>> results;
    std::size_t missing;  // one more than tasks, until all are started
    std::coroutine_handle<> waiting;

    static Task<void> run(Task<T> task, Gathering& into, std::size_t at) {
      into.results[at].emplace(co_await std::move(task));
      if (--into.missing == 0) into.waiting.resume();
    }
    [[nodiscard]] bool await_ready() const noexcept { return tasks.empty(); }
    bool await_suspend(std::coroutine_handle<> handle) {
      waiting = handle;
      for (std::size_t i = 0; i < tasks.size(); ++i) spawn(run(std::move(tasks[i]), *this, i));
      return --missing > 0;
    }
    void await_resume() const noexcept {}
  };
  const auto count = tasks.size();
  Gathering gathering{
      .tasks = std::move(tasks), .results = std::vector<std::optional<T>>(count), .missing = count + 1, .waiting = {}};
  co_await gathering;
  std::vector<T> results;
  results.reserve(count);
  for (auto& result : gathering.results) results.push_back(std::move(*result));
  co_return results;
}

}  // namespace backhaul::async
