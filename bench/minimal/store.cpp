#include "bench/minimal/store.hpp"

#include <sqlite3.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

namespace backhaul::bench::minimal {

namespace {

using Database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

void check(bool fine, sqlite3* database, const char* what) {
  if (fine) return;
  std::fprintf(stderr, "bench_minimal: %s: %s\n", what, sqlite3_errmsg(database));
  std::exit(1);
}

void run(sqlite3* database, const char* sql) {
  check(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK, database, sql);
}

Database open_database(const std::string& file) {
  sqlite3* opened = nullptr;
  const bool fine =
      sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                      nullptr) == SQLITE_OK;
  Database database{opened, sqlite3_close};
  check(fine, opened, "opening the database");
  run(opened, "PRAGMA page_size=16384");
  run(opened, "PRAGMA journal_mode=WAL");
  run(opened, "PRAGMA synchronous=FULL");
  run(opened, "CREATE TABLE deliveries(seq INTEGER PRIMARY KEY, return_id INTEGER NOT NULL, body BLOB NOT NULL)");
  run(opened, "CREATE TABLE rmas(return_id INTEGER PRIMARY KEY, rma TEXT NOT NULL)");
  return database;
}

Statement prepare(sqlite3* database, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) == SQLITE_OK, database, sql);
  return {statement, sqlite3_finalize};
}

void insert(sqlite3* database, sqlite3_stmt* statement, std::int64_t return_id, const std::string& text, bool blob) {
  const auto size = static_cast<int>(text.size());
  sqlite3_bind_int64(statement, 1, return_id);
  if (blob) {
    sqlite3_bind_blob(statement, 2, text.data(), size, SQLITE_STATIC);
  } else {
    sqlite3_bind_text(statement, 2, text.data(), size, SQLITE_STATIC);
  }
  check(sqlite3_step(statement) == SQLITE_DONE, database, "inserting");
  sqlite3_reset(statement);
}

}  // namespace

Store::Store(const std::string& file)
    : woken_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), thread_([this, file] { run(file); }) {}

Store::~Store() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Store::add(std::vector<Delivery> deliveries, std::vector<Made> made) {
  {
    const std::lock_guard lock(mutex_);
    std::move(deliveries.begin(), deliveries.end(), std::back_inserter(deliveries_));
    std::move(made.begin(), made.end(), std::back_inserter(made_));
  }
  wake_.notify_one();
}

std::vector<Kept> Store::take() {
  std::uint64_t count = 0;
  (void)!read(woken_.get(), &count, sizeof count);
  const std::lock_guard lock(mutex_);
  return std::exchange(kept_, {});
}

void Store::run(const std::string& file) {
  auto database = open_database(file);
  auto insert_delivery = prepare(database.get(), "INSERT INTO deliveries(return_id, body) VALUES (?, ?)");
  // A return whose delivery came twice is made twice, and known once: nothing here prevents it.
  auto insert_rma = prepare(database.get(), "INSERT OR REPLACE INTO rmas(return_id, rma) VALUES (?, ?)");
  std::vector<Delivery> deliveries;
  std::vector<Made> made;
  for (;;) {
    deliveries.clear();
    made.clear();
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !deliveries_.empty() || !made_.empty(); });
      if (stopping_) return;
      deliveries.swap(deliveries_);
      made.swap(made_);
    }
    minimal::run(database.get(), "BEGIN IMMEDIATE");
    for (const auto& one : deliveries) insert(database.get(), insert_delivery.get(), one.return_id, one.body, true);
    for (const auto& one : made) insert(database.get(), insert_rma.get(), one.return_id, one.rma, false);
    minimal::run(database.get(), "COMMIT");
    {
      const std::lock_guard lock(mutex_);
      for (const auto& one : deliveries) kept_.push_back({.connection = one.connection, .return_id = one.return_id});
      for (const auto& one : made) kept_.push_back({.connection = 0, .return_id = one.return_id});
    }
    const std::uint64_t one = 1;
    (void)!write(woken_.get(), &one, sizeof one);
  }
}

}  // namespace backhaul::bench::minimal
