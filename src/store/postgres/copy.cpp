#include "store/postgres/copy.hpp"

#include <endian.h>
#include <fmt/format.h>
#include <libpq-fe.h>

#include <cstring>

namespace backhaul::store::postgres {
namespace {

constexpr std::string_view signature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t header_size = signature.size() + 8;  // flags and the length of an extension, both none

void put16(std::string& to, std::int16_t value) {
  const auto wire = htobe16(static_cast<std::uint16_t>(value));
  to.append(reinterpret_cast<const char*>(&wire), sizeof wire);
}
void put32(std::string& to, std::int32_t value) {
  const auto wire = htobe32(static_cast<std::uint32_t>(value));
  to.append(reinterpret_cast<const char*>(&wire), sizeof wire);
}
void put64(std::string& to, std::int64_t value) {
  const auto wire = htobe64(static_cast<std::uint64_t>(value));
  to.append(reinterpret_cast<const char*>(&wire), sizeof wire);
}

// Signed, of so many bytes.
std::int64_t take(std::string_view& from, std::size_t size) {
  if (from.size() < size) throw PgError{"", "the database server sent half a row"};
  std::uint64_t value = 0;
  for (const char byte : from.substr(0, size)) value = value << 8 | static_cast<unsigned char>(byte);
  from.remove_prefix(size);
  const auto shift = 64 - 8 * size;
  return static_cast<std::int64_t>(value << shift) >> shift;
}

// To the end of the statement, which must have gone well.
void finish(pg_conn* connection) {
  while (auto* raw = PQgetResult(connection)) {
    const Rows rows(raw);
    if (PQresultStatus(raw) != PGRES_COMMAND_OK) fail_with(raw);
  }
}

void begin(pg_conn* connection, const std::string& sql, ExecStatusType wanted) {
  const Rows rows(PQexec(connection, sql.c_str()));
  if (PQresultStatus(rows.get()) != wanted) fail_with(rows.get());
}

}  // namespace

std::string column_list(const Table& table) {
  std::string list;
  for (const auto& column : table.columns) list += (list.empty() ? "" : ", ") + std::string(column.name);
  return list;
}

void CopyIn::add(const Table& table, const Values& row) {
  put16(bytes_, static_cast<std::int16_t>(row.size()));
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto kind = table.columns[i].kind;
    if (row[i].null) {
      put32(bytes_, -1);
    } else if (kind == Column::Kind::integer) {
      put32(bytes_, 8);
      put64(bytes_, row[i].number);
    } else if (kind == Column::Kind::small) {
      put32(bytes_, 4);
      put32(bytes_, static_cast<std::int32_t>(row[i].number));
    } else {
      put32(bytes_, static_cast<std::int32_t>(row[i].bytes.size()));
      bytes_ += row[i].bytes;
    }
  }
}

void CopyIn::send(pg_conn* connection, const Table& table) {
  begin(connection, fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", table.name, column_list(table)),
        PGRES_COPY_IN);
  std::string header(signature);
  header.append(8, '\0');
  put16(bytes_, -1);
  for (const auto* part : {&header, &bytes_}) {
    if (PQputCopyData(connection, part->data(), static_cast<int>(part->size())) != 1) {
      throw PgError{"", "the connection to the database server was lost"};
    }
  }
  if (PQputCopyEnd(connection, nullptr) != 1) throw PgError{"", "the connection to the database server was lost"};
  finish(connection);
  bytes_.clear();
}

CopyOut::CopyOut(pg_conn* connection, const Table& table, const std::string& query)
    : connection_(connection), table_(table) {
  begin(connection_, fmt::format("COPY ({}) TO STDOUT (FORMAT binary)", query), PGRES_COPY_OUT);
}

CopyOut::~CopyOut() {
  PQfreemem(chunk_);
}

// False at the end.
bool CopyOut::receive() {
  PQfreemem(std::exchange(chunk_, nullptr));
  const int size = PQgetCopyData(connection_, &chunk_, 0);
  if (size == -2) throw PgError{"", "the connection to the database server was lost"};
  if (size == -1) {
    finish(connection_);
    return false;
  }
  bytes_ = {chunk_, static_cast<std::size_t>(size)};
  if (begun_) return true;
  begun_ = true;
  if (!bytes_.starts_with(signature) || bytes_.size() < header_size) {
    throw PgError{"", "the database server sent something else than binary rows"};
  }
  bytes_.remove_prefix(header_size);
  return true;
}

bool CopyOut::read(Values& row) {
  while (receive()) {
    if (bytes_.empty()) continue;
    const auto columns = take(bytes_, 2);
    if (columns == -1) continue;  // the last; the end of the statement comes after it
    if (columns != static_cast<std::int64_t>(table_.columns.size())) {
      throw PgError{"", "the database server sent another number of columns"};
    }
    parse(bytes_, row);
    return true;
  }
  return false;
}

void CopyOut::parse(std::string_view bytes, Values& row) const {
  row.assign(table_.columns.size(), {});
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto size = take(bytes, 4);
    row[i].null = size == -1;
    if (row[i].null) continue;
    const auto kind = table_.columns[i].kind;
    if (kind == Column::Kind::integer || kind == Column::Kind::small) {
      row[i].number = take(bytes, static_cast<std::size_t>(size));
    } else {
      row[i].bytes = bytes.substr(0, static_cast<std::size_t>(size));
      bytes.remove_prefix(row[i].bytes.size());
    }
  }
}

Result<bool, Problem> CopyOut::next(Values& row) {
  try {
    return read(row);
  } catch (const PgError& error) {
    return fail(Problem{fmt::format("reading {}: {}", table_.name, error.message)});
  }
}

}  // namespace backhaul::store::postgres
