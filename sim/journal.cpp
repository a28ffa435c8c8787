#include "journal.hpp"

#include <sqlite3.h>

#include <stdexcept>

#include "rng.hpp"
#include "store/sqlite/packed.hpp"

namespace backhaul::sim {

void CloseSqlite::operator()(sqlite3* db) const {
  sqlite3_close(db);
}
void CloseSqlite::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Journal::Journal(const std::filesystem::path& file) {
  sqlite3* db = nullptr;
  const int opened = sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READONLY, nullptr);
  db_.reset(db);
  sqlite3_stmt* query = nullptr;
  const char* sql = "SELECT seq, unpacked(body, packed_from) FROM journal WHERE seq > ? AND connection <> 0";
  if (opened != SQLITE_OK || store::sqlite::add_unpacked(db) != SQLITE_OK ||
      sqlite3_prepare_v2(db, sql, -1, &query, nullptr) != SQLITE_OK)
    throw std::runtime_error("the journal cannot be read");
  query_.reset(query);
}

void make_database(const std::filesystem::path& file) {
  sqlite3* db = nullptr;
  const int opened = sqlite3_open(file.c_str(), &db);
  const std::unique_ptr<sqlite3, CloseSqlite> closing(db);
  const char* sql = "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL";
  if (opened != SQLITE_OK || sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    throw std::runtime_error("the database cannot be made");
}

void Journal::read_again() {
  seen_ = 0;
  counts_.clear();
}

void Journal::read_on() {
  sqlite3_bind_int64(query_.get(), 1, seen_);
  int row = sqlite3_step(query_.get());
  for (; row == SQLITE_ROW; row = sqlite3_step(query_.get())) {
    seen_ = sqlite3_column_int64(query_.get(), 0);
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(query_.get(), 1));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(query_.get(), 1));
    ++counts_[key_of(std::string_view(bytes, size))];
  }
  sqlite3_reset(query_.get());
  if (row != SQLITE_DONE) throw std::runtime_error("the journal cannot be read on");
}

std::uint64_t Journal::count(const std::string& body) {
  read_on();
  const auto found = counts_.find(key_of(body));
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace backhaul::sim
