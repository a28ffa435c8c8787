#pragma once
// The minimal server's database: one thread that writes whatever has gathered since its last commit in one durable
// transaction, and says so. Two tables, no index but the row number.

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bench/http/sockets.hpp"

namespace backhaul::bench::minimal {

struct Delivery {
  std::uint64_t connection = 0;  // who waits for the answer
  std::int64_t return_id = 0;
  std::string body;
};

struct Made {
  std::int64_t return_id = 0;
  std::string rma;
};

// What is durable now; `connection` is 0 for an RMA.
struct Kept {
  std::uint64_t connection = 0;
  std::int64_t return_id = 0;
};

class Store {
 public:
  // Throws std::runtime_error. A failed commit ends the process: there is nobody to answer 503 for.
  explicit Store(const std::string& file);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  void add(std::vector<Delivery> deliveries, std::vector<Made> made);
  // Readable when `take` has something.
  [[nodiscard]] const http::Descriptor& woken() const { return woken_; }
  [[nodiscard]] std::vector<Kept> take();

 private:
  void run(const std::string& file);

  http::Descriptor woken_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Delivery> deliveries_;  // these four are guarded by mutex_
  std::vector<Made> made_;
  std::vector<Kept> kept_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace backhaul::bench::minimal
