#pragma once
// The class behind open_sqlite. Its functions are spread over files by subject: journal.cpp, news.cpp, steps.cpp,
// jobs.cpp, setup.cpp, people.cpp.

#include <atomic>
#include <map>
#include <mutex>

#include "store/move.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/sqlite/writer.hpp"
#include "store/words.hpp"

namespace backhaul::store::sqlite {

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(SqliteOptions options);

  async::Task<Stored<std::vector<Appended>>> append(std::vector<NewEvent> events) override;
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
  template <class T, class Work>
  async::Task<Stored<T>> write(Work work) {
    auto writing = writer_.request<T>(std::move(work));
    co_return co_await writing;
  }
  // Reads are short and indexed, so they run on the caller's thread; the lock lets the loops share one connection.
  template <class Work>
  auto read(Work work) -> decltype(work(std::declval<Database&>())) {
    const std::lock_guard lock(reader_mutex_);
    return guard([&] { return work(reader_); });
  }
  void before_commit(Database& db);
  void after_commit();
  // Files waiting deliveries; gives whether more are left.
  async::Task<Stored<bool>> file_some();

  SqliteOptions options_;
  std::atomic<std::int64_t> newest_{0};
  // What the transaction under way will have brought; the writer's thread only.
  bool news_ = false;
  bool jobs_ = false;
  std::int64_t newest_written_ = 0;
  Writer writer_;  // migrates, so it comes before the reader
  std::mutex nodes_mutex_;
  std::map<std::string, Duty> duties_;
  std::map<std::string, Time> nodes_;
  std::mutex reader_mutex_;
  Database reader_;
};

// --- pieces the files share; all run inside a transaction or a read

// The number of a connection. Throws when there is none: ids are checked at the edges.
[[nodiscard]] std::int64_t connection_number(Database& db, const ConnectionId& id);
[[nodiscard]] std::int64_t optional_connection_number(Database& db, const ConnectionId& id);  // 0 for the empty id
// The row of a subject, made when missing.
[[nodiscard]] std::int64_t subject_of(Database& db, const ConnectionId& connection, const ExternalId& external_id);
// Keeps what was read of a subject with the entry `kept`.
void keep_look(Database& db, std::int64_t subject, const Look& look, EventId kept);
// What filing a delivery needs to know of it; the journal has the rest.
struct Received {
  EventId id;
  std::int64_t connection = 0;
  ExternalId external_id;
  std::string_view topic;
  std::string_view message_id;
  std::string_view digest;  // empty: none
  bool news = true;
  Time at;
};
// Works out whom a stored delivery is about and whether it is new. Gives whether it is a duplicate.
bool file_delivery(Database& db, const Received& delivery);
// Whether a delivery is stored and not filed yet.
[[nodiscard]] bool waits_for_filing(Database& db);
// Files the oldest of them; gives whether more are left.
bool file_waiting(Database& db);
// Lets the mark of what is filed pass entries of our own.
void advance_filed(Database& db);

// Appends an event without any of a delivery's checks; with `news`, its return will be stepped.
EventId insert_event(Database& db, std::int64_t subject, EventKind kind, std::string_view topic, std::string_view body,
                     Time at, bool news);

// Where the store stands in a move.
[[nodiscard]] MoveMark read_mark(Database& db);

[[nodiscard]] EventKind kind_of(std::string_view text);
[[nodiscard]] Job read_job(Query& query);  // columns of job_columns

}  // namespace backhaul::store::sqlite
