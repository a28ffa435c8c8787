#pragma once
// A thread with a connection of its own. It takes what has been asked for since it last looked, runs it in one
// transaction, and answers all of it after one commit; whoever asks meanwhile goes into the next. The store has four:
// for deliveries, for what is decided about them, for jobs, and for reads, so that none waits for the other.
//
// When the connection fails, what was under way fails as unavailable, and whether it was written is not known. That is
// harmless for every caller:
//   a delivery       its vendor was not answered 2xx and sends it again: then it is a duplicate
//   a poll           is repeated, and what it brought is known by its digest
//   a step           its return is stepped again, and finds the version changed
//   a claim          nobody runs the job; its lease ends, it is rescued and looked into
//   an end of a job  is written again; when it was written already that is refused as a conflict, and it is over
// While there is no connection everything is refused at once; a new one is tried for at most once in reconnect_after.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "async/all.hpp"
#include "async/loop.hpp"
#include "store/burst.hpp"
#include "store/postgres/transaction.hpp"

namespace backhaul::store::postgres {

// What a commit brought.
struct Committed {
  bool news = false;
  bool jobs = false;
  std::int64_t newest = 0;   // the sequence of events, as of some time before the commit
  bool reconnected = false;  // the first one on a new connection
  int server_process = 0;
};

// Says that deliveries come as a burst: whose turn is not pressing then leaves them the larger part of the server.
class Pressure {
 public:
  void note() { until_.store((Clock::now() + lasts).time_since_epoch().count(), std::memory_order_relaxed); }
  [[nodiscard]] bool noted() const {
    return Clock::now().time_since_epoch().count() < until_.load(std::memory_order_relaxed);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds lasts{50};  // longer than a full transaction takes
  std::atomic<Clock::rep> until_{0};
};

class Worker {
 public:
  enum class Kind : std::uint8_t { writes, reads };
  // Towards others of the store: `presses` says so in a burst, `yields` takes its time while that is said.
  enum class Manner : std::uint8_t { plain, presses, yields };
  // Throws PgError when there is no connection at first. `on_commit` runs on the worker's thread after each commit,
  // before anyone is answered.
  Worker(std::string url, const std::string& name, Kind kind, Manner manner, Pressure& pressure,
         std::function<void(const Committed&)> on_commit);
  ~Worker();  // finishes what is queued, then stops
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs `work` inside the next transaction; gives its value once that is durable. `work` may run more than once: when
  // a transaction fails for a reason that only one of its parts can have, they are repeated one by one.
  template <class T>
  [[nodiscard]] async::Task<Stored<T>> ask(std::function<async::Task<Stored<T>>(Tx&)> work) {
    auto start = std::function<void(async::Resolver<Stored<T>>)>{
        [this, work = std::move(work)](async::Resolver<Stored<T>> resolver) {
          enqueue(std::make_unique<TypedOp<T>>(work, std::move(resolver)));
        }};
    auto waiting = async::wait_for<Stored<T>>(std::move(start));
    co_return co_await std::move(waiting);
  }
  // As `ask` for each part, all asked for at once. Results in their order.
  template <class T>
  [[nodiscard]] async::Task<std::vector<Stored<T>>> ask_all(
      std::vector<std::function<async::Task<Stored<T>>(Tx&)>> parts);

 private:
  struct Op {
    virtual ~Op() = default;
    virtual void start(Tx& tx) = 0;
    virtual void check() const = 0;  // throws what escaped it
    virtual void stop() = 0;         // forgets what was started
    virtual void give_up(Error error) = 0;
    // Hands the result over; the handle must be resumed on the loop.
    virtual std::coroutine_handle<> settle() = 0;
    [[nodiscard]] virtual async::Loop* loop() const = 0;
  };
  template <class T>
  struct TypedOp final : Op {
    using Work = std::function<async::Task<Stored<T>>(Tx&)>;
    TypedOp(Work w, async::Resolver<Stored<T>> r) : work(std::move(w)), resolver(std::move(r)) {}
    void start(Tx& tx) override {
      result.reset();
      running.emplace([](async::Task<Stored<T>> task, std::optional<Stored<T>>& out) -> Running {
        out.emplace(co_await std::move(task));
      }(work(tx), result));
    }
    void check() const override { running->check(); }
    void stop() override { running.reset(); }
    void give_up(Error error) override { result.emplace(fail(std::move(error))); }
    std::coroutine_handle<> settle() override { return resolver.set(std::move(*result)); }
    [[nodiscard]] async::Loop* loop() const override { return &resolver.loop(); }

    Work work;
    async::Resolver<Stored<T>> resolver;
    std::optional<Stored<T>> result;
    std::optional<Running> running;
  };
  using Ops = std::vector<std::unique_ptr<Op>>;

  void enqueue(std::unique_ptr<Op> op);
  void run();
  bool take(Ops& ops);
  void give_way(std::chrono::steady_clock::duration took);
  void serve(Ops& ops);
  void serve_one_by_one(Ops& ops);
  void transact(Ops& ops);
  void notify(Tx& tx);
  void connect_if_needed();
  static void give_up(Ops& ops, const Error& error);
  static void answer(Ops& ops);

  std::string url_;
  std::string name_;  // of its sessions
  Kind kind_;
  Manner manner_;
  Pressure& pressure_;
  std::function<void(const Committed&)> on_commit_;
  std::unique_ptr<Pipeline> pipeline_;  // the worker's thread only
  bool reconnected_ = true;
  std::string unreachable_;
  std::chrono::steady_clock::time_point next_try_;
  std::chrono::steady_clock::time_point news_told_;
  std::chrono::steady_clock::time_point jobs_told_;
  BurstGauge burst_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable ended_;
  Ops waiting_;            // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

template <class T>
async::Task<std::vector<Stored<T>>> Worker::ask_all(std::vector<std::function<async::Task<Stored<T>>(Tx&)>> parts) {
  std::vector<async::Task<Stored<T>>> asking;
  asking.reserve(parts.size());
  for (auto& part : parts) asking.push_back(ask<T>(std::move(part)));
  auto all = async::all(std::move(asking));
  co_return co_await std::move(all);
}

}  // namespace backhaul::store::postgres
