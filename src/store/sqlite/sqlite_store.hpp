#pragma once
// The embedded store: one SQLite file, one writer with group commit, one reader beside it.

#include <filesystem>
#include <functional>
#include <memory>

#include "store/schema.hpp"
#include "store/store.hpp"

namespace backhaul::store {

struct SqliteOptions {
  std::filesystem::path file;
  // Called on the writer's thread after each commit that brought news. Must be quick; usually posts to the engine's
  // loop.
  std::function<void()> on_news;
  // Called when jobs may have become due by a commit.
  std::function<void()> on_jobs;
  // Pages the file may have; 0: no limit. A full disk looks the same, so tests use it.
  std::int64_t pages_max = 0;
  // false: each write is made and flushed where it is asked for, for a process that does one thing at a time. All
  // callbacks are then called there.
  bool writer_thread = true;
};

// Opens or creates the file and brings its schema up to date. The problem says what to do.
[[nodiscard]] Result<std::unique_ptr<Store>, Problem> open_sqlite(SqliteOptions options);

// The version of the file's schema; changes nothing, and makes no file. A problem when it is newer than this binary.
[[nodiscard]] Result<SchemaVersions, Problem> sqlite_schema(const std::filesystem::path& file);
// Makes the file if need be and brings its schema up to date; gives what was found before.
[[nodiscard]] Result<SchemaVersions, Problem> migrate_sqlite(const std::filesystem::path& file);

}  // namespace backhaul::store
