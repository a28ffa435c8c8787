#pragma once
// The class behind open_postgres. Its functions are spread over files by subject: journal.cpp, news.cpp, steps.cpp,
// jobs.cpp, setup.cpp, people.cpp.

#include <array>
#include <atomic>
#include <mutex>
#include <unordered_map>

#include "store/move.hpp"
#include "store/postgres/listener.hpp"
#include "store/postgres/postgres_store.hpp"
#include "store/postgres/worker.hpp"
#include "store/words.hpp"

namespace backhaul::store::postgres {

class PostgresStore final : public Store {
 public:
  explicit PostgresStore(PostgresOptions options);

  async::Task<Stored<std::vector<Appended>>> append(std::vector<NewEvent> events) override;
  // The last number of the journal's sequence as one of our own transactions saw it. Every transaction looks, reads
  // too, so a claimed or newly planned job, and a poll (which reads its cursor first), has one from just before it
  // begins. Numbers are taken in the order deliveries are received, by whichever node: one that this gives, and all
  // below it, were received before now. It may lag behind what other nodes received since; then a read merely counts as
  // older than it is, and the return is read once more.
  EventId newest_event() const override { return EventId{newest_.load(std::memory_order_acquire)}; }

  async::Task<Stored<std::vector<News>>> take_news(int limit, Time now) override;
  async::Task<Stored<std::vector<StepDone>>> commit_steps(std::vector<Step> steps) override;
  async::Task<Stored<void>> park(std::vector<SubjectMark> marks) override;
  async::Task<Stored<std::int64_t>> retry_set_aside(Time now) override;

  async::Task<Stored<Due>> due_connections(Time now) override;
  async::Task<Stored<std::vector<Job>>> claim_jobs(ConnectionId connection, int limit, Lease lease, Time now) override;
  async::Task<Stored<void>> finish(Finish end) override;
  async::Task<Stored<void>> renew_lease(Lease lease) override;
  async::Task<Stored<std::int64_t>> rescue_jobs(Rescue rescue) override;
  async::Task<Stored<bool>> hold_duty(Duty duty) override;
  async::Task<Stored<int>> announce(Lease lease, Time now) override;

  async::Task<Stored<void>> add_connection(Connection connection, std::string policy) override;
  async::Task<Stored<void>> update_connection(ConnectionId id, std::string settings, std::string sealed) override;
  async::Task<Stored<void>> remove_connection(ConnectionId id, Time now) override;
  async::Task<Stored<std::vector<Connection>>> connections() override;
  async::Task<Stored<std::int64_t>> setup_version() override;
  async::Task<Stored<PolicyVersion>> policy(ConnectionId connection) override;
  async::Task<Stored<std::int64_t>> add_policy(ConnectionId connection, std::string body, Time now) override;
  async::Task<Stored<std::vector<MapEntry>>> maps(ConnectionId connection) override;
  async::Task<Stored<void>> set_map(ConnectionId connection, MapEntry entry, Time now) override;
  async::Task<Stored<std::string>> cursor(ConnectionId connection, std::string name) override;
  async::Task<Stored<void>> set_cursor(ConnectionId connection, std::string name, std::string value) override;

  async::Task<Stored<void>> raise_attention(ConnectionId connection, returns::AttentionItem item, Time now) override;
  async::Task<Stored<void>> clear_attention(ConnectionId connection, std::string kind) override;

  async::Task<Stored<std::vector<ReturnRow>>> list_returns(ReturnFilter filter) override;
  async::Task<Stored<ReturnRow>> find_return(std::string text) override;
  async::Task<Stored<std::vector<JournalEvent>>> events_of_return(ReturnId id, bool bodies) override;
  async::Task<Stored<std::vector<JobRow>>> jobs_of_return(ReturnId id) override;
  async::Task<Stored<std::vector<JobRow>>> list_jobs(JobFilter filter) override;
  async::Task<Stored<JobRow>> find_job(JobId id) override;
  async::Task<Stored<void>> ask_retry(JobId id, Time now) override;
  async::Task<Stored<std::vector<AttentionRow>>> attention(int limit) override;
  async::Task<Stored<Depths>> depths() override;

 private:
  template <class T>
  using Work = std::function<async::Task<Stored<T>>(Tx&)>;

  template <class T>
  async::Task<Stored<T>> write(Work<T> work) {
    return work_->ask<T>(std::move(work));
  }
  // Claims and ends of jobs, beside the steps that plan others.
  template <class T>
  async::Task<Stored<T>> write_job(Work<T> work) {
    return jobs_->ask<T>(std::move(work));
  }
  template <class T>
  async::Task<Stored<T>> read(Work<T> work) {
    return reads_->ask<T>(std::move(work));
  }
  void after_commit(const Committed& committed, int worker);
  void heard(const std::string& what, int server_process);

  // The numbers of connections, in their order. Refused when one is not there.
  async::Task<std::vector<std::int64_t>> connection_numbers(Tx& tx, std::vector<ConnectionId> ids);
  async::Task<std::int64_t> connection_number(Tx& tx, ConnectionId id);
  // Has the merchant's returns that are not over decided again, and servers reload.
  void setup_changed(Tx& tx);
  void decide_again(Tx& tx, std::int64_t connection, Time now);

  // What this node works on for now.
  struct Held {
    std::vector<std::int64_t> with_news;  // subjects
    std::vector<std::int64_t> due;        // returns
  };
  async::Task<Stored<Held>> hold_news(int limit, Time now);
  static async::Task<Stored<std::vector<News>>> read_news(Tx& tx, const Held& held);
  async::Task<Stored<std::vector<StepDone>>> commit_portion(Tx& tx, std::vector<Step> steps);

  PostgresOptions options_;
  std::atomic<std::int64_t> newest_{0};
  std::array<std::atomic<int>, 4> server_processes_{};
  Pressure pressure_;
  std::unique_ptr<Worker> deliveries_;
  std::unique_ptr<Worker> work_;
  std::unique_ptr<Worker> jobs_;
  std::unique_ptr<Worker> reads_;
  std::unique_ptr<Listener> listener_;
};

// --- pieces the files share

// Where the store stands in a move.
[[nodiscard]] MoveMark read_mark(pg_conn* connection);
[[nodiscard]] Job read_job(const Row& row);  // columns of job_columns in jobs.cpp
[[nodiscard]] EventKind kind_of(std::string_view text);

}  // namespace backhaul::store::postgres
