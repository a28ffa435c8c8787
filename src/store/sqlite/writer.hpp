#pragma once
// The one writer: a thread that takes what has been asked for since it last looked, writes it in one transaction, and
// answers all of it after one flush. Whoever asks while it flushes goes into the next transaction.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "async/loop.hpp"
#include "async/task.hpp"
#include "store/sqlite/database.hpp"

namespace backhaul::store::sqlite {

class Writer {
 public:
  // `on_commit` runs on the writer's thread after each commit, before anyone is answered.
  Writer(const std::string& path, std::function<void(Database&)> on_commit);
  ~Writer();  // writes what is queued, then stops
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Runs `work` inside the next transaction; gives its value once that is durable. `work` may run twice: when a transaction
  // fails for a reason that only one of its parts can have, they are repeated one by one.
  template <class T>
  [[nodiscard]] async::Task<Stored<T>> write(std::function<Stored<T>(Database&)> work) {
    auto start = std::function<void(async::Resolver<Stored<T>>)>{
        [this, work = std::move(work)](async::Resolver<Stored<T>> resolver) {
          enqueue(std::make_unique<TypedOp<T>>(work, std::move(resolver)));
        }};
    auto waiting = async::wait_for<Stored<T>>(std::move(start));
    co_return co_await std::move(waiting);
  }

 private:
  struct Op {
    virtual ~Op() = default;
    virtual void run(Database& db) = 0;  // throws SqliteError
    virtual void give_up(Error error) = 0;
    // Hands the result over; the handle must be resumed on the loop.
    virtual std::coroutine_handle<> settle() = 0;
    [[nodiscard]] virtual async::Loop* loop() const = 0;
  };

  template <class T>
  struct TypedOp final : Op {
    TypedOp(std::function<Stored<T>(Database&)> w, async::Resolver<Stored<T>> r) : work(std::move(w)), resolver(std::move(r)) {}
    void run(Database& db) override { result.emplace(work(db)); }
    void give_up(Error error) override { result.emplace(fail(std::move(error))); }
    std::coroutine_handle<> settle() override { return resolver.set(std::move(*result)); }
    [[nodiscard]] async::Loop* loop() const override { return &resolver.loop(); }

    std::function<Stored<T>(Database&)> work;
    async::Resolver<Stored<T>> resolver;
    std::optional<Stored<T>> result;
  };
  using Ops = std::vector<std::unique_ptr<Op>>;

  void enqueue(std::unique_ptr<Op> op);
  void run();
  void commit(Ops& ops);
  void commit_one_by_one(Ops& ops);
  static void answer(Ops& ops);
  void keep_wal_short();

  Database db_;
  std::function<void(Database&)> on_commit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Ops queue_;
  bool stopping_ = false;
  int commits_since_checkpoint_ = 0;
  std::thread thread_;
};

}  // namespace backhaul::store::sqlite
