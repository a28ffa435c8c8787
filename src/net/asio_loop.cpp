#include "net/asio_loop.hpp"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace backhaul::net {
namespace {

namespace asio = boost::asio;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                         asio::io_context::executor_type>;

class AsioLoopImpl final : public AsioLoop {
 public:
  // One thread runs it, others only post.
  AsioLoopImpl() : context_(BOOST_ASIO_CONCURRENCY_HINT_1), work_(context_.get_executor()) {}

  ~AsioLoopImpl() override {
    // What was never run is dropped; dropping it may post again.
    while (!take_posted().empty()) {
    }
    // Who has been given what another thread posted may end us before that thread is out of post().
    while (waking_ != 0) std::this_thread::yield();
  }
  AsioLoopImpl(const AsioLoopImpl&) = delete;
  AsioLoopImpl& operator=(const AsioLoopImpl&) = delete;

  // Our own queue in front of Asio's: of all that is posted while the loop is busy only the first wakes it up and
  // allocates; the rest costs a push under the mutex.
  void post(std::function<void()> work) override {
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = posted_.empty();
      posted_.push_back(std::move(work));
      if (first) ++waking_;
    }
    if (first) wake();
  }

  void post_after(Millis delay, std::function<void()> work) override {
    if (delay <= Millis{0}) return post(std::move(work));
    auto timer = std::make_unique<Timer>(context_, delay);
    Timer& armed = *timer;
    armed.async_wait(
        [this, timer = std::move(timer), work = std::move(work)](const boost::system::error_code& error) mutable {
          if (error) return;
          timer.reset();
          const Running running(*this);
          work();
        });
  }

  [[nodiscard]] Time now() const override {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return Time{std::chrono::duration_cast<Millis>(since_1970).count()};
  }

  // A stop() before run() is not lost: each ends one run(), the one under way or the next.
  void run() override {
    context_.restart();
    if (!stopping_) context_.run();
    stopping_ = false;
  }
  void stop() override {
    stopping_ = true;
    context_.stop();
  }

  [[nodiscard]] asio::io_context& context() override { return context_; }

  void enter(const std::function<void()>& work) override {
    const Running running(*this);
    work();
  }

 private:
  [[nodiscard]] std::vector<std::function<void()>> take_posted() {
    const std::lock_guard lock(mutex_);
    return std::exchange(posted_, {});
  }

  void run_posted() {
    {
      const std::lock_guard lock(mutex_);
      batch_.swap(posted_);
    }
    const Running running(*this);
    std::size_t done = 0;
    while (done < batch_.size() && !stopping_) {
      // Moved out, so that what it holds dies with it and not with the batch.
      const auto work = std::move(batch_[done++]);
      work();
    }
    if (done < batch_.size()) keep_for_next_run(done);
    batch_.clear();
  }

  void keep_for_next_run(std::size_t from) {
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = posted_.empty();
      posted_.insert(posted_.begin(), std::make_move_iterator(batch_.begin() + static_cast<std::ptrdiff_t>(from)),
                     std::make_move_iterator(batch_.end()));
      if (first) ++waking_;
    }
    if (first) wake();
  }

  void wake() {
    asio::post(context_, [this] { run_posted(); });
    --waking_;
  }

  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  std::vector<std::function<void()>> batch_;   // the loop's thread only; keeps its storage
  std::atomic<int> waking_ = 0;                // threads between having posted and being out of post()
  std::atomic<bool> stopping_ = false;
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
};

}  // namespace

std::unique_ptr<AsioLoop> make_asio_loop() {
  return std::make_unique<AsioLoopImpl>();
}

}  // namespace backhaul::net
