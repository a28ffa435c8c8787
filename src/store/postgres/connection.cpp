#include "store/postgres/connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>

namespace backhaul::store::postgres {
namespace {

// What every session of the hub sets.
//   lock_timeout                  a node that was stopped in the middle of a transaction holds its locks until the
//                                 server ends its session (below); whoever waits for them waits a little longer than
//                                 that
//   idle_in_transaction_...       a transaction of the hub takes milliseconds; this long means its node is stopped
//   statement_timeout             every question has an index and every batch a bound
//   enable_seqscan                every question asked while working has an index, but a plan made while the tables are
//                                 empty prefers to read all of them, and keeps doing so until they are next analysed
constexpr const char* session_settings =
    "SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '2s'; SET statement_timeout = '8s'; "
    "SET enable_seqscan = off; SET jit = off; SET client_min_messages = 'warning'";

// libpq explains itself over several lines; the first one says what.
std::string error_text(const char* message) {
  std::string text = message == nullptr ? "" : message;
  text.resize(std::min(text.size(), text.find('\n')));
  return text.empty() ? "the connection to the database server was lost" : text;
}

std::string only_text(pg_conn* connection, const char* sql) {
  const auto rows = run_plain(connection, sql);
  return rows.empty() ? std::string() : std::string(rows[0].text(0));
}

// Not a failure that goes away by itself: trying again would not help.
[[noreturn]] void refuse(std::string why) {
  throw PgError{"0A000", std::move(why)};
}

void check_server(pg_conn* connection) {
  // A pooler answers with a process of its own making.
  if (only_text(connection, "SELECT pg_backend_pid()") != std::to_string(PQbackendPID(connection))) {
    refuse(
        "there is a connection pooler (PgBouncer or the like) between the hub and the server; a node keeps a handful "
        "of "
        "sessions with prepared statements and LISTEN, so give it the server's own address");
  }
  if (const auto encoding = only_text(connection, "SHOW server_encoding"); encoding != "UTF8") {
    refuse(fmt::format("the database's encoding is {}; make it with ENCODING 'UTF8'", encoding));
  }
  if (only_text(connection, "SHOW fsync") != "on") {
    refuse("the server runs with fsync = off: what it says is stored may not be; set fsync = on");
  }
  // on, or the stronger remote_apply; the weaker ones answer before the commit is on disk.
  const auto commits = only_text(connection, "SHOW synchronous_commit");
  if (commits != "on" && commits != "remote_apply") run_plain(connection, "SET synchronous_commit = on");
}

}  // namespace

// Only the message: the details hold rows, and those hold what no log may.
void fail_with(const pg_result* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
      state != nullptr && message != nullptr) {
    throw PgError{state, message};
  }
  throw PgError{state == nullptr ? "" : state, error_text(PQresultErrorMessage(result))};
}

std::string name_of(pg_conn* connection, const std::string& url) {
  // The hosts as given: which of them answers may change.
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> given(PQconninfoParse(url.c_str(), nullptr),
                                                                             PQconninfoFree);
  const auto option = [&](std::string_view keyword, const char* otherwise) {
    for (const auto* one = given.get(); one != nullptr && one->keyword != nullptr; ++one) {
      if (one->keyword == keyword && one->val != nullptr) return std::string(one->val);
    }
    return std::string(otherwise);
  };
  const auto port = option("port", "");
  return fmt::format("postgres://{}@{}{}{}/{}", PQuser(connection), option("host", PQhost(connection)),
                     port.empty() ? "" : ":", port, PQdb(connection));
}

void Ending::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

RawConnection connect(const std::string& url, const std::string& name) {
  // What the URL says comes last and wins.
  const std::array keywords{
      "application_name", "connect_timeout", "target_session_attrs",           "tcp_user_timeout", "keepalives_idle",
      "client_encoding",  "dbname",          static_cast<const char*>(nullptr)};
  const std::array values{name.c_str(), "3",    "read-write", "10000",
                          "10",         "UTF8", url.c_str(),  static_cast<const char*>(nullptr)};
  RawConnection connection(PQconnectdbParams(keywords.data(), values.data(), 1));
  // What the server has to say besides comes as an error as well, or is of no use to an operator.
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw PgError{"", error_text(connection == nullptr ? nullptr : PQerrorMessage(connection.get()))};
  }
  check_server(connection.get());
  run_plain(connection.get(), session_settings);
  return connection;
}

Rows run_plain(pg_conn* connection, const std::string& sql) {
  Rows rows(PQexec(connection, sql.c_str()));
  const auto status = PQresultStatus(rows.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail_with(rows.get());
  return rows;
}

Pipeline::Pipeline(const std::string& url, const std::string& name) : connection_(connect(url, name)) {
  server_process_ = PQbackendPID(connection_.get());
  // Without waiting for the socket: the server may wait for us to read before it reads on.
  if (PQsetnonblocking(connection_.get(), 1) != 0 || PQenterPipelineMode(connection_.get()) != 1)
    fail_lost("preparing");
}

void Pipeline::fail_lost(const std::string& doing) {
  throw PgError{"", fmt::format("{} at the database server: {}", doing, error_text(PQerrorMessage(connection_.get())))};
}

bool Pipeline::send(const char* sql, const Params& params) {
  auto& prepared = prepared_[sql];
  const bool first = prepared.name.empty();
  if (first) {
    prepared.name = fmt::format("s{}", ++names_);
    if (PQsendPrepare(connection_.get(), prepared.name.c_str(), sql, params.size(), params.types().data()) != 1) {
      fail_lost("asking");
    }
  }
  const auto raw = params.raw();
  if (PQsendQueryPrepared(connection_.get(), prepared.name.c_str(), params.size(), raw.values.data(),
                          raw.lengths.data(), raw.formats.data(), 1) != 1) {
    fail_lost("asking");
  }
  unsent_ = true;
  return first;
}

void Pipeline::send_plain(const char* sql) {
  if (PQsendQueryParams(connection_.get(), sql, 0, nullptr, nullptr, nullptr, nullptr, 1) != 1) fail_lost("asking");
  unsent_ = true;
}

void Pipeline::wait_until(bool readable_only) {
  pollfd waiting{.fd = PQsocket(connection_.get()),
                 .events = static_cast<short>(readable_only ? POLLIN : POLLIN | POLLOUT),
                 .revents = 0};
  const int ready = poll(&waiting, 1, static_cast<int>(answer_max.count()));
  if (ready == 0) throw PgError{"", "the database server does not answer"};
  if (ready > 0 && (waiting.revents & (POLLIN | POLLHUP | POLLERR)) != 0 && PQconsumeInput(connection_.get()) != 1) {
    fail_lost("waiting");
  }
}

void Pipeline::flush() {
  if (!std::exchange(unsent_, false)) return;
  if (PQsendFlushRequest(connection_.get()) != 1) fail_lost("asking");
  for (;;) {
    const int left = PQflush(connection_.get());
    if (left < 0) fail_lost("asking");
    if (left == 0) return;
    wait_until(false);
  }
}

// Whatever comes next, an end marker (null) too.
pg_result* Pipeline::take() {
  while (PQisBusy(connection_.get()) == 1) wait_until(true);
  return PQgetResult(connection_.get());
}

Rows Pipeline::next() {
  flush();
  Rows rows(take());
  if (rows.get() == nullptr) fail_lost("waiting");
  const auto status = PQresultStatus(rows.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail_with(rows.get());
  if (take() != nullptr) throw PgError{"", "the database server answered out of turn"};
  return rows;
}

// Both asks the server for all answers and ends what it skips after an error.
void Pipeline::queue_sync() {
  unsent_ = false;
  if (PQpipelineSync(connection_.get()) != 1) fail_lost("asking");
  for (int left = 1; left != 0;) {
    left = PQflush(connection_.get());
    if (left < 0) fail_lost("asking");
    if (left > 0) wait_until(false);
  }
}

void Pipeline::take_sync() {
  for (int empty = 0;;) {
    const Rows rows(take());
    if (rows.get() == nullptr) {
      if (++empty > 2 || PQstatus(connection_.get()) != CONNECTION_OK) fail_lost("waiting");
      continue;
    }
    empty = 0;
    if (PQresultStatus(rows.get()) == PGRES_PIPELINE_SYNC) return;
  }
}

void Pipeline::abandon() {
  known_numbers_.clear();
  queue_sync();
  take_sync();
  // Of those prepared meanwhile it is not known whether they were.
  std::erase_if(prepared_, [](const auto& entry) { return !entry.second.certain; });
  send_plain("ROLLBACK");
  queue_sync();
  take_sync();
}

void Pipeline::commit() {
  send_plain("COMMIT");
  queue_sync();
  const auto rows = next();
  take_sync();
  // A transaction that had failed answers so to COMMIT.
  if (std::string_view(PQcmdStatus(rows.get())) != "COMMIT") {
    throw PgError{"25P02", "the transaction was rolled back by the server"};
  }
}

}  // namespace backhaul::store::postgres
