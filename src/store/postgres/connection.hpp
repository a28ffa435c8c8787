#pragma once
// One connection to the server, in pipeline mode: statements are sent without waiting for the answers of those before
// them. For one thread at a time. Every failure is thrown as PgError.

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "store/postgres/values.hpp"

struct pg_conn;

namespace backhaul::store::postgres {

// Longer than any statement may run on the server (statement_timeout below): more means that the server, or the way to
// it, is gone.
inline constexpr Millis answer_max{10'000};

struct Ending {
  void operator()(pg_conn* connection) const;
};
using RawConnection = std::unique_ptr<pg_conn, Ending>;

// Connects, and checks that what the hub relies on holds: a durable primary in UTF-8, spoken to without a pooler that
// shares sessions. `url` is libpq's, several hosts included; of those the primary is taken.
[[nodiscard]] RawConnection connect(const std::string& url, const std::string& name);
// Runs one or more statements without parameters and waits; not in pipeline mode.
Rows run_plain(pg_conn* connection, const std::string& sql);
// Throws what the server said.
[[noreturn]] void fail_with(const pg_result* result);
// Where the URL leads, without a password, for people: "postgres://hub@db1,db2/hub".
[[nodiscard]] std::string name_of(pg_conn* connection, const std::string& url);

class Pipeline {
 public:
  Pipeline(const std::string& url, const std::string& name);

  // Queues a statement. `sql` must be a literal: it is prepared at its first use and known by its address.
  // Gives whether the preparation was queued before it: then its answer comes first.
  bool send(const char* sql, const Params& params);
  // The answer to that preparation was read.
  void confirm(const char* sql) { prepared_[sql].certain = true; }
  void send_plain(const char* sql);
  // The answer to the next statement queued and not answered yet.
  Rows next();
  // After an error: gives up what is queued, and the transaction with it.
  void abandon();
  // Ends a transaction. Returns when it is durable.
  void commit();
  [[nodiscard]] int server_process() const { return server_process_; }
  // Numbers of connections' rows, by id, so that each is asked for once; forgotten with a transaction that failed, and
  // with the session: the next one may be another server's, which was behind.
  [[nodiscard]] std::unordered_map<std::string, std::int64_t>& known_numbers() { return known_numbers_; }

 private:
  struct Prepared {
    std::string name;
    bool certain = false;
  };
  void queue_sync();
  void flush();
  void wait_until(bool readable_only);
  pg_result* take();
  void take_sync();
  [[noreturn]] void fail_lost(const std::string& doing);

  RawConnection connection_;
  int server_process_ = 0;
  bool unsent_ = false;
  std::unordered_map<const char*, Prepared> prepared_;
  std::unordered_map<std::string, std::int64_t> known_numbers_;
  int names_ = 0;
};

}  // namespace backhaul::store::postgres
