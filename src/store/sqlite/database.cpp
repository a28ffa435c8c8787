#include "store/sqlite/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

#include "store/sqlite/packed.hpp"

namespace backhaul::store::sqlite {
namespace {

// The pages a connection may keep in memory, in KiB. Working sets are small: news, due jobs, the ends of append-only
// tables.
constexpr int cache_kib = 8 * 1024;
// Of a new database. Bodies are half of 3 KB when packed: a page holds five. What a quiet hub writes for a return is
// whole pages, about forty; smaller ones cost a burst more than they save there (BENCH.md).
constexpr int new_page_bytes = 8 * 1024;
// What a WAL that grew is cut back to when it begins anew.
constexpr int wal_kept_bytes = 64 * 1024 * 1024;
// How long another process (the CLI) may hold the write lock before we call the store unavailable.
constexpr int busy_ms = 5'000;

void check(int code, sqlite3* db) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  throw SqliteError{code & 0xff, sqlite3_errmsg(db)};
}

}  // namespace

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Query::step() {
  const int code = sqlite3_step(statement_);
  check(code, sqlite3_db_handle(statement_));
  return code == SQLITE_ROW;
}

std::int64_t Query::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Query::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string_view() : std::string_view(bytes, size);
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

void Query::bind(int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, index, value), sqlite3_db_handle(statement_));
}
void Query::bind(int index, std::string_view text, bool copy) {
  // A null pointer would bind NULL; an empty view must bind "".
  const char* data = text.data() == nullptr ? "" : text.data();
  check(sqlite3_bind_text64(statement_, index, data, text.size(), copy ? SQLITE_TRANSIENT : SQLITE_STATIC, SQLITE_UTF8),
        sqlite3_db_handle(statement_));
}
void Query::bind(int index, Blob blob, bool copy) {
  const char* data = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
  check(sqlite3_bind_blob64(statement_, index, data, blob.bytes.size(), copy ? SQLITE_TRANSIENT : SQLITE_STATIC),
        sqlite3_db_handle(statement_));
}
void Query::bind_null(int index) {
  check(sqlite3_bind_null(statement_, index), sqlite3_db_handle(statement_));
}

void Database::Close::operator()(sqlite3* db) const {
  sqlite3_close_v2(db);
}
void Database::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Database::Database(const std::string& path) {
  // Counting every allocation takes a lock shared by all connections. Refused once SQLite is in use, which is no harm.
  static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)configured;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  db_.reset(raw);
  if (code != SQLITE_OK) {
    throw SqliteError{code & 0xff, fmt::format("cannot open {}: {}", path, sqlite3_errstr(code))};
  }
  check(add_unpacked(raw), raw);
  sqlite3_busy_timeout(raw, busy_ms);
  // wal_autocheckpoint = 0: the writer decides when to copy the WAL (writer.cpp), off the commit path.
  script(fmt::format(
      "PRAGMA page_size = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
      "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -{}; PRAGMA temp_store = MEMORY; "
      "PRAGMA journal_size_limit = {};",
      new_page_bytes, cache_kib, wal_kept_bytes));
}

sqlite3_stmt* Database::prepared(const char* sql) {
  auto& statement = statements_[sql];
  if (statement == nullptr) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(db_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (code != SQLITE_OK) {
      statements_.erase(sql);
      check(code, db_.get());
    }
    statement.reset(raw);
  }
  return statement.get();
}

void Database::script(const std::string& sql) {
  check(sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr), db_.get());
}

std::int64_t Database::page_bytes() {
  auto query = this->query("PRAGMA page_size");
  query.step();
  return query.number(0);
}

std::int64_t Database::last_row() const {
  return sqlite3_last_insert_rowid(db_.get());
}
std::int64_t Database::changes() const {
  return sqlite3_changes64(db_.get());
}
bool Database::in_transaction() const {
  return sqlite3_get_autocommit(db_.get()) == 0;
}

Database::Checkpoint Database::checkpoint(Wait wait) {
  Checkpoint result;
  const int mode = wait == Wait::no ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_RESTART;
  const int code = sqlite3_wal_checkpoint_v2(db_.get(), nullptr, mode, &result.frames, &result.copied);
  if ((code & 0xff) != SQLITE_BUSY) check(code, db_.get());
  return result;
}

Transaction::Transaction(Database& db) : db_(db) {
  db_.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  db_.known_numbers().clear();
  if (!db_.in_transaction()) return;
  try {
    db_.run("ROLLBACK");
  } catch (const SqliteError&) {
    // The connection failed altogether; SQLite rolls back when it is next opened.
  }
}

void Transaction::commit() {
  db_.run("COMMIT");
  open_ = false;
}

Error to_error(const SqliteError& error) {
  switch (error.code) {
    case SQLITE_CONSTRAINT:
      return {Error::Kind::invalid, error.message};
    case SQLITE_NOTFOUND:
      return {Error::Kind::not_found, error.message};
    case SQLITE_FULL:
      return {Error::Kind::unavailable, "the database's disk is full"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Error::Kind::unavailable, "the database is locked by another process"};
    default:
      return {Error::Kind::unavailable, error.message};
  }
}

}  // namespace backhaul::store::sqlite
