#pragma once
// SQLite as values that clean up after themselves. Errors are thrown inside this folder as SqliteError and become
// store::Error at its edge (guard in this header); codes are read, never texts.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "store/schema.hpp"
#include "store/types.hpp"
#include "types/id.hpp"
#include "types/time.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace backhaul::store::sqlite {

struct SqliteError {
  int code = 0;  // primary result code
  std::string message;
};

// The bytes of a BLOB column or parameter; text parameters are std::string_view.
struct Blob {
  std::string_view bytes;
};

// A prepared statement in use: bound, stepped, and reset when it goes.
class Query {
 public:
  explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
  Query(Query&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  Query& operator=(Query&&) = delete;
  ~Query();

  // True while there is a row.
  bool step();
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::string_view text(int column) const;  // also for blobs; valid until the next step
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] Time time(int column) const { return Time{number(column)}; }
  template <class Id>
  [[nodiscard]] Id id(int column) const {
    return Id{number(column)};
  }

  // Parameters are copied when `copy`; otherwise they must outlive the query.
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view text, bool copy);
  void bind(int index, Blob blob, bool copy);
  void bind_null(int index);

 private:
  sqlite3_stmt* statement_;
};

class Database {
 public:
  // Opens `path` (":memory:" too) for one thread at a time. `durable`: WAL and a flush with each commit.
  explicit Database(const std::string& path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // `sql` must be a literal: the prepared statement is cached under its address.
  template <class... Args>
  [[nodiscard]] Query query(const char* sql, const Args&... args) {
    Query query(prepared(sql));
    int index = 0;
    (bind_one(query, ++index, args, true), ...);
    return query;
  }
  // Runs to the end; gives the number of rows changed.
  template <class... Args>
  std::int64_t run(const char* sql, const Args&... args) {
    Query query(prepared(sql));
    int index = 0;
    (bind_one(query, ++index, args, false), ...);
    while (query.step()) {
    }
    return changes();
  }
  // Several statements, not cached.
  void script(const std::string& sql);

  [[nodiscard]] std::int64_t last_row() const;
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] bool in_transaction() const;
  // Copies WAL content into the database file: what can be without waiting for anyone, or all of it, waiting for
  // readers, so that the next write begins the WAL anew. Gives the frames in the WAL, and how many of them are copied.
  struct Checkpoint {
    int frames = 0;
    int copied = 0;
  };
  enum class Wait : std::uint8_t { no, for_readers };
  Checkpoint checkpoint(Wait wait);
  // Of this file: it keeps what it was made with.
  [[nodiscard]] std::int64_t page_bytes();
  [[nodiscard]] sqlite3* handle() const { return db_.get(); }
  // Row numbers that never change once committed, by id, so that each is asked for once; forgotten with a rollback.
  [[nodiscard]] std::unordered_map<std::string, std::int64_t>& known_numbers() { return known_numbers_; }

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  template <class T>
  struct IsOptional : std::false_type {};
  template <class T>
  struct IsOptional<std::optional<T>> : std::true_type {};

  sqlite3_stmt* prepared(const char* sql);

  template <class T>
  static void bind_one(Query& query, int index, const T& value, bool copy) {
    if constexpr (std::is_same_v<T, Time>) {
      query.bind(index, value.ms);
    } else if constexpr (std::is_integral_v<T>) {
      query.bind(index, static_cast<std::int64_t>(value));
    } else if constexpr (std::is_same_v<T, Blob>) {
      query.bind(index, value, copy);
    } else if constexpr (std::is_same_v<T, std::nullptr_t>) {
      query.bind_null(index);
    } else if constexpr (IsOptional<T>::value) {
      if (value) {
        bind_one(query, index, *value, copy);
      } else {
        query.bind_null(index);
      }
    } else if constexpr (std::is_convertible_v<T, std::string_view>) {
      query.bind(index, std::string_view(value), copy);
    } else if constexpr (std::is_convertible_v<decltype(value.value), std::int64_t>) {
      query.bind(index, value.value);
    } else {
      query.bind(index, std::string_view(value.value), copy);
    }
  }

  std::unique_ptr<sqlite3, Close> db_;
  std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
  std::unordered_map<std::string, std::int64_t> known_numbers_;
};

// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& db);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Database& db_;
  bool open_ = true;
};

[[nodiscard]] Error to_error(const SqliteError& error);

// Runs `work`, which gives a Stored<T>; what it throws becomes a value.
template <class Work>
auto guard(Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const SqliteError& error) {
    return fail(to_error(error));
  }
}

// The newest version of the schema there is.
[[nodiscard]] std::int64_t known_schema();
// Refuses a schema written by a newer version.
[[nodiscard]] SchemaVersions schema_versions(Database& db);
// Brings the schema up to this version; refuses one written by a newer version. Gives what was found.
SchemaVersions migrate(Database& db);
// Takes the last migration back, for the test of the pair.
void migrate_down(Database& db);

}  // namespace backhaul::store::sqlite
