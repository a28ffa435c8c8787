// bench_raw_insert: the store's ceiling. Inserts the delivery body into a table of one column, 64 rows to a commit, in
// WAL with synchronous=FULL, and nothing else: no index, no dedupe, no HTTP. What intake reaches cannot be more than
// this.
//
//   bench_raw_insert --directory DIR --body FILE [--seconds 8]     prints one JSON object
//
// The database is made in DIR, which should be empty and on the disk the hub would use; it is left there. Checkpoints
// are SQLite's own, every 1,000 pages, as any program would have that does not think about them.

#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/percentiles.hpp"
#include "bench/read_file.hpp"

namespace {

using namespace backhaul::bench;
using Clock = std::chrono::steady_clock;

constexpr int rows_per_commit = 64;  // what 64 connections can have under way at once
constexpr std::string_view id_in_body = "\"id\":9000000000";

using Database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

void run(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    throw std::runtime_error(std::string{sql} + ": " + sqlite3_errmsg(database));
}

Database open_database(const std::string& file) {
  sqlite3* opened = nullptr;
  int result = sqlite3_open(file.c_str(), &opened);
  Database database{opened, sqlite3_close};
  if (result != SQLITE_OK) throw std::runtime_error("opening " + file + ": " + sqlite3_errmsg(opened));
  run(opened, "PRAGMA journal_mode=WAL");
  run(opened, "PRAGMA synchronous=FULL");
  run(opened, "CREATE TABLE deliveries(body BLOB NOT NULL)");
  return database;
}

Statement prepare(sqlite3* database, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) != SQLITE_OK)
    throw std::runtime_error(std::string{sql} + ": " + sqlite3_errmsg(database));
  return {statement, sqlite3_finalize};
}

struct Outcome {
  std::vector<std::int64_t> batches_ns;
  double seconds = 0;
};

Outcome insert_for(double seconds, sqlite3* database, std::string body) {
  auto insert = prepare(database, "INSERT INTO deliveries(body) VALUES (?)");
  auto id_at = body.find(id_in_body);
  if (id_at == std::string::npos) throw std::runtime_error("the body has no \"id\":9000000000 to replace");
  id_at += std::strlen("\"id\":");
  std::int64_t id = 9'000'000'000;
  Outcome outcome;
  auto start = Clock::now();
  auto end = start + std::chrono::duration<double>(seconds);
  while (Clock::now() < end) {
    auto batch_start = Clock::now();
    run(database, "BEGIN IMMEDIATE");
    for (int i = 0; i < rows_per_commit; ++i) {
      body.replace(id_at, 10, std::to_string(++id));
      sqlite3_bind_blob(insert.get(), 1, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
      if (sqlite3_step(insert.get()) != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(database));
      sqlite3_reset(insert.get());
    }
    run(database, "COMMIT");
    outcome.batches_ns.push_back(std::chrono::nanoseconds(Clock::now() - batch_start).count());
  }
  outcome.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return outcome;
}

}  // namespace

int main(int count, char** words) {
  try {
    std::string directory;
    std::string body;
    double seconds = 8;
    for (int i = 1; i + 1 < count; i += 2) {
      std::string name = words[i];
      if (name == "--directory") directory = words[i + 1];
      if (name == "--body") body = read_file(words[i + 1]);
      if (name == "--seconds") seconds = std::stod(words[i + 1]);
    }
    if (directory.empty() || body.empty()) throw std::runtime_error("--directory and --body are needed");
    auto database = open_database(directory + "/raw.db");
    auto outcome = insert_for(seconds, database.get(), std::move(body));
    auto rows = outcome.batches_ns.size() * rows_per_commit;
    auto batch = percentiles_us(std::move(outcome.batches_ns));
    std::printf("{\"accepted\":%zu,\"per_second\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}\n", rows,
                static_cast<double>(rows) / outcome.seconds, batch.p50, batch.p99, batch.max);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_raw_insert: %s\n", error.what());
    return 1;
  }
}
