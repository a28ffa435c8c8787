#include "async/thread.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace backhaul::async {

std::thread named_thread(std::string name, std::function<void()> run) {
  name.resize(std::min<std::size_t>(name.size(), 15));
  return std::thread([name = std::move(name), run = std::move(run)] {
    pthread_setname_np(pthread_self(), name.c_str());  // fails only for longer names
    run();
  });
}

}  // namespace backhaul::async
