#pragma once
// One transaction that many operations share. Each operation is a coroutine that asks and waits as if it were alone:
//
//   const auto asked = tx.query("SELECT ... WHERE id = $1", id);
//   const auto rows = co_await asked;
//
// All operations run until each waits, their statements travel together, and each goes on with its answer; so a batch
// costs as many round trips as its longest operation has waits, however many operations there are. One thread runs all.
//
// An operation must not rely on what it read to still hold when it writes, unless it holds the row's lock: operations
// of one transaction do not lock each other out, and other nodes write too. Conditions therefore stand in the statement
// that writes, or behind tx.lock().

#include <coroutine>
#include <deque>
#include <exception>
#include <map>
#include <memory>

#include "async/task.hpp"
#include "store/postgres/connection.hpp"

namespace backhaul::store::postgres {

// Thrown by an operation that nothing may be written of.
struct Refused {
  Error error;
};

// A coroutine that runs a task to its end, and ends it early when destroyed.
class Running {
 public:
  struct promise_type {
    std::exception_ptr error;
    Running get_return_object() { return Running{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() noexcept { error = std::current_exception(); }
  };
  explicit Running(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Running(Running&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Running& operator=(Running&&) = delete;
  ~Running() {
    if (handle_) handle_.destroy();
  }
  // Throws what escaped it.
  void check() const {
    if (handle_.promise().error) std::rethrow_exception(handle_.promise().error);
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

// What a subject (events, migrations/0001_spine.up.sql) is known by.
struct SubjectName {
  std::int64_t connection = 0;
  std::string_view external_id;
  friend auto operator<=>(const SubjectName&, const SubjectName&) = default;
};

// The delivery a new subject is made for: its row has all of it from the start, where an insert and an update would
// write the row and its indexes twice.
struct FirstDelivery {
  std::string_view digest;
};

// Something for the journal, about a subject that this transaction has locked. Views must last until it is recorded.
struct Entry {
  std::int64_t subject = 0;
  EventKind kind = EventKind::delivery;
  std::string_view topic;
  std::string_view message_id;
  std::string_view digest;  // empty: none
  const Look* look = nullptr;
  std::int64_t looked_at = 0;  // the subject that `look` is of, locked as well
  bool only_if_linked = false;
  bool news = true;
  std::string_view body;
  Time at;
};

// What an attempt that has ended was of.
struct Ended {
  std::string kind;
  std::int64_t source_subject = 0;
  std::int64_t read_subject = 0;  // that of Finish::read_subject; 0: none
};

class Tx {
 public:
  // `begin` is the statement it begins with.
  Tx(Pipeline& pipeline, const char* begin) : pipeline_(pipeline) {
    pipeline_.send_plain(begin);
    slots_.push_back(std::make_shared<Slot>());
  }
  Tx(const Tx&) = delete;
  Tx& operator=(const Tx&) = delete;

  class Answer;
  template <class... Args>
  [[nodiscard]] Answer query(const char* sql, const Args&... args);
  // Whose answer nobody needs; that it went well is checked all the same.
  template <class... Args>
  void run(const char* sql, const Args&... args) {
    Params params;
    (params.add_any(args), ...);
    send(sql, params);
  }

  struct End;
  struct Lock;
  struct Record;
  // Ends a running attempt, for all operations at once; nothing when it is not the node's any more. `finish` must last
  // until then. See ends.cpp.
  [[nodiscard]] End end(const Finish& finish);
  // Writes down tries, in one statement; each has its job's next number.
  void insert_attempts(const std::vector<std::pair<JobId, const AttemptRecord*>>& attempts);
  // Makes the subjects that are missing, and locks all. Gives their rows' ids in the order of the names. An operation
  // locks once, and before any other row but jobs: all subjects of the batch are then locked in one order, and batches
  // of other nodes cannot wait for each other in a circle.
  // `firsts`: for each name, what it will be recorded with first if it is missing; or empty.
  [[nodiscard]] Lock lock(std::vector<SubjectName> names, std::vector<std::int64_t> ids = {},
                          std::vector<std::optional<FirstDelivery>> firsts = {});
  // Appends to the journal, for all operations at once. See recorder.cpp.
  [[nodiscard]] Record record(std::vector<Entry> entries);

  [[nodiscard]] std::unordered_map<std::string, std::int64_t>& known_numbers() { return pipeline_.known_numbers(); }

  // Told to whoever waits for them once this is committed.
  bool news = false;
  bool jobs = false;

  // --- for the worker
  // Goes on until nothing waits for an answer any more. Throws what an operation or the server threw.
  void finish();
  // The newest event recorded; 0: none.
  [[nodiscard]] std::int64_t newest() const { return newest_; }

 private:
  struct Slot {
    const char* sql = nullptr;
    bool preparation = false;
    bool done = false;
    Rows rows;
    std::coroutine_handle<> waiting;
  };
  struct Subject {
    bool linked = false;
    std::string digest;
    std::int64_t digest_event = 0;  // the delivery it is of
    std::string read_digest;
    std::int64_t read_event = 0;  // the entry it was kept with
    bool changed = false;
    std::int64_t first_news = 0;
    std::int64_t last_news = 0;
    std::int64_t first_delivery = 0;  // the number its row was made with, until that is recorded
  };
  struct Numbered;
  // By subject and message id.
  using Seen = std::map<std::pair<std::int64_t, std::string>, std::int64_t>;

  std::shared_ptr<Slot> send(const char* sql, const Params& params);
  void read_one();
  bool serve();
  async::Task<void> serve_ends(std::vector<End*> wanted);
  Answer end_attempts(const std::vector<End*>& wanted);
  async::Task<void> serve_locks(std::vector<Lock*> wanted);
  Answer make_missing(const std::vector<std::int64_t>& connections, const std::vector<std::string_view>& external_ids,
                      const std::vector<std::optional<FirstDelivery>>& firsts);
  async::Task<void> serve_records(std::vector<Record*> wanted);
  void insert(const std::vector<Numbered>& entries);
  Appended choose(const Entry& entry);
  void keep_look(const Entry& entry, std::int64_t seq);
  async::Task<Seen> seen_messages(const std::vector<Record*>& wanted);
  Appended judge(const Entry& entry, std::int64_t seq, Seen& seen, std::int64_t& duplicate_of);

  Pipeline& pipeline_;
  std::deque<std::shared_ptr<Slot>> slots_;
  std::vector<End*> ends_;
  std::vector<Lock*> locks_;
  std::vector<Record*> records_;
  std::map<std::int64_t, Subject> subjects_;  // locked ones
  std::vector<Running> serving_;
  std::int64_t newest_ = 0;
};

class Tx::Answer {
 public:
  explicit Answer(std::shared_ptr<Slot> slot) : slot_(std::move(slot)) {}
  auto operator co_await() const {
    struct Awaiter {
      Slot& slot;
      [[nodiscard]] bool await_ready() const noexcept { return slot.done; }
      void await_suspend(std::coroutine_handle<> waiting) const noexcept { slot.waiting = waiting; }
      Rows await_resume() const { return std::move(slot.rows); }
    };
    return Awaiter{*slot_};
  }
  // For the worker, once the transaction's part is finished.
  [[nodiscard]] const Rows& rows() const { return slot_->rows; }

 private:
  std::shared_ptr<Slot> slot_;
};

template <class... Args>
Tx::Answer Tx::query(const char* sql, const Args&... args) {
  Params params;
  (params.add_any(args), ...);
  return Answer(send(sql, params));
}

struct Tx::End {
  Tx& tx;
  const Finish& finish;
  std::optional<Ended> ended;
  std::coroutine_handle<> waiting;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    waiting = handle;
    tx.ends_.push_back(this);
  }
  std::optional<Ended> await_resume() { return std::move(ended); }
};

struct Tx::Lock {
  Tx& tx;
  std::vector<SubjectName> names;
  std::vector<std::int64_t> ids;
  std::vector<std::optional<FirstDelivery>> firsts;
  std::vector<std::int64_t> found;
  std::coroutine_handle<> waiting;

  [[nodiscard]] bool await_ready() const noexcept { return names.empty() && ids.empty(); }
  void await_suspend(std::coroutine_handle<> handle) {
    waiting = handle;
    tx.locks_.push_back(this);
  }
  std::vector<std::int64_t> await_resume() { return std::move(found); }
};

struct Tx::Record {
  Tx& tx;
  std::vector<Entry> entries;
  std::vector<Appended> appended;
  std::coroutine_handle<> waiting;

  [[nodiscard]] bool await_ready() const noexcept { return entries.empty(); }
  void await_suspend(std::coroutine_handle<> handle) {
    waiting = handle;
    tx.records_.push_back(this);
  }
  std::vector<Appended> await_resume() { return std::move(appended); }
};

inline Tx::End Tx::end(const Finish& finish) {
  return End{.tx = *this, .finish = finish, .ended = {}, .waiting = {}};
}
inline Tx::Lock Tx::lock(std::vector<SubjectName> names, std::vector<std::int64_t> ids,
                         std::vector<std::optional<FirstDelivery>> firsts) {
  return Lock{.tx = *this,
              .names = std::move(names),
              .ids = std::move(ids),
              .firsts = std::move(firsts),
              .found = {},
              .waiting = {}};
}
inline Tx::Record Tx::record(std::vector<Entry> entries) {
  return Record{.tx = *this, .entries = std::move(entries), .appended = {}, .waiting = {}};
}

}  // namespace backhaul::store::postgres
