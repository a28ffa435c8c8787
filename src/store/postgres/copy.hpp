#pragma once
// Rows in bulk: COPY, in its binary format (PostgreSQL's documentation, "COPY", "Binary Format"). For connections that
// are not in pipeline mode; every failure is thrown as PgError, and the connection is of no use after it.

#include <string>

#include "store/move.hpp"
#include "store/postgres/connection.hpp"

namespace backhaul::store::postgres {

// Gathers rows, then sends them as one statement.
class CopyIn {
 public:
  void add(const Table& table, const Values& row);
  // Gives the server what was gathered, of one table.
  void send(pg_conn* connection, const Table& table);

 private:
  std::string bytes_;
};

// Reads a query's rows as they come.
class CopyOut final : public RowReader {
 public:
  // `query` gives the columns of `table`.
  CopyOut(pg_conn* connection, const Table& table, const std::string& query);
  CopyOut(const CopyOut&) = delete;
  CopyOut& operator=(const CopyOut&) = delete;
  ~CopyOut() override;
  Result<bool, Problem> next(Values& row) override;

 private:
  bool read(Values& row);
  bool receive();
  void parse(std::string_view bytes, Values& row) const;

  pg_conn* connection_;
  const Table& table_;
  char* chunk_ = nullptr;  // what the server sent last: a row, after the header in the first one
  std::string_view bytes_;
  bool begun_ = false;
};

[[nodiscard]] std::string column_list(const Table& table);

}  // namespace backhaul::store::postgres
