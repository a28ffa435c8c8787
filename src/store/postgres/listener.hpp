#pragma once
// Hears of other nodes' commits (NOTIFY), so that nobody waits for the regular look. What is said while the connection
// is down is not heard; that look finds it.

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace backhaul::store::postgres {

class Listener {
 public:
  // `heard` runs on the listener's thread with what was said and the server process of who said it.
  Listener(std::string url, std::function<void(const std::string& what, int server_process)> heard);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  void run();
  void listen();

  std::string url_;
  std::function<void(const std::string&, int)> heard_;
  int stop_ = -1;  // an eventfd
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace backhaul::store::postgres
