#pragma once
// Threads that say what they are, in top, perf and /proc.

#include <functional>
#include <string>
#include <thread>

namespace backhaul::async {

// Starts a thread. Of `name` Linux keeps the first 15 characters.
[[nodiscard]] std::thread named_thread(std::string name, std::function<void()> run);

}  // namespace backhaul::async
