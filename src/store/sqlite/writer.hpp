#pragma once
// The one writer: a thread that takes what has been asked for since it last looked, writes it in one transaction, and
// answers all of it after one flush. Whoever asks while it flushes goes into the next transaction. Deliveries go first:
// while some wait, the rest gets a moment of each transaction, and in a burst of them a small share of the time.
// Without a thread of its own each request is a transaction, made where it is asked for.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "async/all.hpp"
#include "async/loop.hpp"
#include "async/task.hpp"
#include "store/sqlite/checkpointer.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/turns.hpp"

namespace backhaul::store::sqlite {

class Writer {
 public:
  enum class Urgency : std::uint8_t {
    delivery,   // a vendor waits for it
    background  // the hub's own work
  };

  // Run on the writer's thread: as the last of each transaction, and after its commit, before anyone is answered; both
  // once at the start.
  struct Hooks {
    std::function<void(Database&)> before_commit;
    std::function<void()> after_commit;
  };
  struct Options {  // see SqliteOptions
    std::int64_t pages_max = 0;
    bool own_thread = true;
  };
  Writer(const std::string& path, Options options, Hooks hooks);
  ~Writer();  // writes what is queued, then stops
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Awaitable: runs `work`, a Stored<T>(Database&), inside the next transaction; gives its value once that is durable.
  // `work` may run twice: when a transaction fails for a reason that only one of its parts can have, they are repeated
  // one by one. Await a named local; it lives in the waiting coroutine's frame, so that a request allocates nothing.
  template <class T, class Work>
  [[nodiscard]] auto request(Work work, Urgency urgency = Urgency::background) {
    return Request<T, Work>(*this, std::move(work), urgency);
  }

  // As `request` for each part, all asked for at once; they may be spread over several transactions. Results in their
  // order.
  template <class T>
  [[nodiscard]] async::Task<std::vector<Stored<T>>> write_all(std::vector<std::function<Stored<T>(Database&)>> parts) {
    std::vector<async::Task<Stored<T>>> writing;
    writing.reserve(parts.size());
    for (auto& part : parts) {
      writing.push_back([](Writer& self, std::function<Stored<T>(Database&)> work) -> async::Task<Stored<T>> {
        auto asking = self.request<T>(std::move(work));
        co_return co_await asking;
      }(*this, std::move(part)));
    }
    auto all = async::all(std::move(writing));
    co_return co_await std::move(all);
  }

  // How many requests share the transaction under way; for `work`, on the writer's thread.
  [[nodiscard]] std::size_t batch() const { return batch_; }

 private:
  using Clock = Turns::Clock;
  struct Op {
    virtual ~Op() = default;
    virtual void run(Database& db) = 0;  // throws SqliteError
    virtual void give_up(Error error) = 0;

    async::Loop* loop = nullptr;  // where `waiting` goes on; it owns the Op
    std::coroutine_handle<> waiting;
  };

  template <class T, class Work>
  class Request final : Op {
   public:
    Request(Writer& writer, Work work, Urgency urgency) : writer_(writer), work_(std::move(work)), urgency_(urgency) {}
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
      this->loop = &async::Loop::current();
      this->waiting = handle;
      writer_.enqueue(*this, urgency_);
    }
    Stored<T> await_resume() { return std::move(*result_); }

   private:
    void run(Database& db) override { result_.emplace(work_(db)); }
    void give_up(Error error) override { result_.emplace(fail(std::move(error))); }

    Writer& writer_;
    Work work_;
    Urgency urgency_;
    std::optional<Stored<T>> result_;
  };
  using Ops = std::vector<Op*>;

  void enqueue(Op& op, Urgency urgency);
  void run();
  void serve(Ops& batch);
  bool take(Ops& deliveries);
  void add_background(Ops& ops);
  void commit(Ops& ops, bool with_background);
  void commit_one_by_one(Ops& ops);
  static void answer(const Ops& ops);
  void keep_wal_short();

  Database db_;
  Hooks hooks_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Ops deliveries_;              // guarded by mutex_
  std::deque<Op*> background_;  // guarded by mutex_
  bool stopping_ = false;       // guarded by mutex_
  std::size_t batch_ = 0;
  Turns turns_{Clock::now()};
  int wal_frames_ = 0;  // of a page each
  std::int64_t page_bytes_ = 0;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::thread thread_;
};

}  // namespace backhaul::store::sqlite
