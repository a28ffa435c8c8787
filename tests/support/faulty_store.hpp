#pragma once
// A store that fails, or dies, when the test says so, over a real one. Every call is finished before it returns, so
// that a test's only clock is the manual one and a run is the same each time.

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <variant>

#include "async/loop.hpp"
#include "store/store.hpp"

namespace backhaul::test {

// Waits, on this thread, for what other threads answer. Has no timers.
class BlockingLoop final : public async::Loop {
 public:
  void post(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
    wake_.notify_one();
  }
  void post_after(Millis /*delay*/, std::function<void()> work) override { post(std::move(work)); }
  [[nodiscard]] Time now() const override { return {}; }

  template <class T>
  T wait(async::Task<T> task) {
    std::optional<T> result;
    {
      const Running running(*this);
      async::spawn([](async::Task<T> inner, std::optional<T>& out) -> async::Task<void> {
        out.emplace(co_await std::move(inner));
      }(std::move(task), result));
    }
    while (!result) run_one();
    return std::move(*result);
  }

 private:
  void run_one() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !queue_.empty(); });
    auto work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    const Running running(*this);
    work();
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
};

class FaultyStore : public store::Store {
 public:
  enum class Fate {
    pass,
    fail,        // unavailable; nothing is written
    refuse,      // invalid; nothing is written
    conflict,    // nothing is written; ask for "commit_steps_conflict" to lose each step instead
    die_before,  // the process ends here; nothing is written
    die_after    // it is written, and the process ends before it hears so
  };

  explicit FaultyStore(std::unique_ptr<store::Store> inner) : inner_(std::move(inner)) {}

  // Asked before every call, with the call's name.
  std::function<Fate(std::string_view call)> fate;
  std::map<std::string, int, std::less<>> calls;
  // Runs on the caller's thread after each call that reached the store: what its writer's thread has told by then is
  // told always.
  std::function<void()> after_call;

  void fail_always(std::string_view call, Fate how = Fate::fail) {
    fate = [name = std::string(call), how](std::string_view asked) { return asked == name ? how : Fate::pass; };
  }
  [[nodiscard]] bool dead() const { return dead_; }
  void die() { dead_ = true; }
  // Closes the database, as the end of a process does.
  void close() { inner_.reset(); }
  [[nodiscard]] store::Store& inner() { return *inner_; }

  // --- the store
  template <class T>
  using Answer = async::Task<store::Stored<T>>;

  Answer<std::vector<store::Appended>> append(std::vector<store::NewEvent> events) override {
    return through<std::vector<store::Appended>>("append",
                                                 [this, events = std::move(events)] { return inner_->append(events); });
  }
  [[nodiscard]] EventId newest_event() const override { return inner_->newest_event(); }
  Answer<std::vector<store::News>> take_news(int limit, Time now) override {
    return through<std::vector<store::News>>("take_news", [=, this] { return inner_->take_news(limit, now); });
  }
  Answer<std::vector<store::StepDone>> commit_steps(std::vector<store::Step> steps) override {
    return commit_steps_or_lose(std::move(steps));
  }
  Answer<void> park(std::vector<store::SubjectMark> marks) override {
    return through<void>("park", [this, marks = std::move(marks)] { return inner_->park(marks); });
  }
  Answer<Due> due_connections(Time now) override {
    return through<Due>("due_connections", [=, this] { return inner_->due_connections(now); });
  }
  Answer<std::vector<store::Job>> claim_jobs(ConnectionId id, int limit, store::Lease lease, Time now) override {
    return through<std::vector<store::Job>>("claim_jobs",
                                            [=, this] { return inner_->claim_jobs(id, limit, lease, now); });
  }
  Answer<void> finish(store::Finish end) override {
    return through<void>("finish", [this, end = std::move(end)] { return inner_->finish(end); });
  }
  Answer<void> renew_lease(store::Lease lease) override {
    return through<void>("renew_lease", [=, this] { return inner_->renew_lease(lease); });
  }
  Answer<std::int64_t> retry_set_aside(Time now) override {
    return through<std::int64_t>("retry_set_aside", [=, this] { return inner_->retry_set_aside(now); });
  }
  Answer<std::int64_t> rescue_jobs(Rescue rescue) override {
    return through<std::int64_t>("rescue_jobs", [=, this] { return inner_->rescue_jobs(rescue); });
  }
  Answer<bool> hold_duty(Duty duty) override {
    return through<bool>("hold_duty", [=, this] { return inner_->hold_duty(duty); });
  }
  Answer<int> announce(store::Lease lease, Time now) override {
    return through<int>("announce", [=, this] { return inner_->announce(lease, now); });
  }
  Answer<void> add_connection(store::Connection connection, std::string policy) override {
    return through<void>("add_connection", [=, this] { return inner_->add_connection(connection, policy); });
  }
  Answer<void> update_connection(ConnectionId id, std::string settings, std::string sealed) override {
    return through<void>("update_connection", [=, this] { return inner_->update_connection(id, settings, sealed); });
  }
  Answer<void> remove_connection(ConnectionId id, Time now) override {
    return through<void>("remove_connection", [=, this] { return inner_->remove_connection(id, now); });
  }
  Answer<std::vector<store::Connection>> connections() override {
    return through<std::vector<store::Connection>>("connections", [this] { return inner_->connections(); });
  }
  Answer<std::int64_t> setup_version() override {
    return through<std::int64_t>("setup_version", [this] { return inner_->setup_version(); });
  }
  Answer<store::PolicyVersion> policy(ConnectionId id) override {
    return through<store::PolicyVersion>("policy", [=, this] { return inner_->policy(id); });
  }
  Answer<std::int64_t> add_policy(ConnectionId id, std::string body, Time now) override {
    return through<std::int64_t>("add_policy", [=, this] { return inner_->add_policy(id, body, now); });
  }
  Answer<std::vector<store::MapEntry>> maps(ConnectionId id) override {
    return through<std::vector<store::MapEntry>>("maps", [=, this] { return inner_->maps(id); });
  }
  Answer<void> set_map(ConnectionId id, store::MapEntry entry, Time now) override {
    return through<void>("set_map", [=, this] { return inner_->set_map(id, entry, now); });
  }
  Answer<std::string> cursor(ConnectionId id, std::string name) override {
    return through<std::string>("cursor", [=, this] { return inner_->cursor(id, name); });
  }
  Answer<void> set_cursor(ConnectionId id, std::string name, std::string value) override {
    return through<void>("set_cursor", [=, this] { return inner_->set_cursor(id, name, value); });
  }
  Answer<void> raise_attention(ConnectionId id, returns::AttentionItem item, Time now) override {
    return through<void>("raise_attention", [=, this] { return inner_->raise_attention(id, item, now); });
  }
  Answer<void> clear_attention(ConnectionId id, std::string kind) override {
    return through<void>("clear_attention", [=, this] { return inner_->clear_attention(id, kind); });
  }
  Answer<std::vector<store::ReturnRow>> list_returns(store::ReturnFilter filter) override {
    return through<std::vector<store::ReturnRow>>("list_returns", [=, this] { return inner_->list_returns(filter); });
  }
  Answer<store::ReturnRow> find_return(std::string text) override {
    return through<store::ReturnRow>("find_return", [=, this] { return inner_->find_return(text); });
  }
  Answer<std::vector<store::JournalEvent>> events_of_return(ReturnId id, bool bodies) override {
    return through<std::vector<store::JournalEvent>>("events_of_return",
                                                     [=, this] { return inner_->events_of_return(id, bodies); });
  }
  Answer<std::vector<store::JobRow>> jobs_of_return(ReturnId id) override {
    return through<std::vector<store::JobRow>>("jobs_of_return", [=, this] { return inner_->jobs_of_return(id); });
  }
  Answer<std::vector<store::JobRow>> list_jobs(store::JobFilter filter) override {
    return through<std::vector<store::JobRow>>("list_jobs", [=, this] { return inner_->list_jobs(filter); });
  }
  Answer<store::JobRow> find_job(JobId id) override {
    return through<store::JobRow>("find_job", [=, this] { return inner_->find_job(id); });
  }
  Answer<void> ask_retry(JobId id, Time now) override {
    return through<void>("ask_retry", [=, this] { return inner_->ask_retry(id, now); });
  }
  Answer<std::vector<store::AttentionRow>> attention(int limit) override {
    return through<std::vector<store::AttentionRow>>("attention", [=, this] { return inner_->attention(limit); });
  }
  Answer<store::Depths> depths() override {
    return through<store::Depths>("depths", [this] { return inner_->depths(); });
  }

 private:
  Fate fate_of(std::string_view call) {
    ++calls[std::string(call)];
    return dead_ ? Fate::die_before : fate ? fate(call) : Fate::pass;
  }

  // Never goes on: what awaits it is dead.
  async::Task<void> end_here() {
    dead_ = true;
    auto start = std::function<void(async::Resolver<std::monostate>)>{
        [this](async::Resolver<std::monostate> never) { dead_waiters_.push_back(std::move(never)); }};
    auto waiting = async::wait_for<std::monostate>(std::move(start));
    co_await std::move(waiting);
  }

  template <class T>
  Answer<T> through(std::string_view call, std::function<Answer<T>()> ask) {
    const auto what = fate_of(call);
    if (what == Fate::fail)
      co_return backhaul::fail(store::Error{store::Error::Kind::unavailable, "the test's disk is full"});
    if (what == Fate::refuse)
      co_return backhaul::fail(store::Error{store::Error::Kind::invalid, "the test's constraint"});
    if (what == Fate::conflict)
      co_return backhaul::fail(store::Error{store::Error::Kind::conflict, "the test was faster"});
    if (what == Fate::die_before) {
      auto ending = end_here();
      co_await std::move(ending);
    }
    auto answer = blocking_.wait(ask());
    if (after_call) after_call();
    if (what == Fate::die_after) {
      auto ending = end_here();
      co_await std::move(ending);
    }
    co_return answer;
  }

  Answer<std::vector<store::StepDone>> commit_steps_or_lose(std::vector<store::Step> steps) {
    if (fate && !dead_ && fate("commit_steps_conflict") == Fate::conflict) {
      std::vector<store::StepDone> lost(steps.size());
      for (auto& one : lost) one.conflict = true;
      co_return lost;
    }
    auto committing = through<std::vector<store::StepDone>>(
        "commit_steps", [this, steps = std::move(steps)] { return inner_->commit_steps(steps); });
    co_return co_await std::move(committing);
  }

  std::unique_ptr<store::Store> inner_;
  BlockingLoop blocking_;
  std::vector<async::Resolver<std::monostate>> dead_waiters_;
  bool dead_ = false;
};

}  // namespace backhaul::test
