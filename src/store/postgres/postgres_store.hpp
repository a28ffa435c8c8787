#pragma once
// The store for several nodes: one PostgreSQL database that all of them use.

#include <functional>
#include <memory>

#include "store/schema.hpp"
#include "store/store.hpp"

namespace backhaul::store {

struct PostgresOptions {
  std::string url;   // libpq's: postgres://user@host:port/database?..., several hosts too
  std::string node;  // this process, different from every other one's that uses the database
  // Called, on a thread of the store's, after each commit that brought news, of this node or another. Must be quick;
  // usually posts to the engine's loop. Without these two nobody listens to other nodes.
  std::function<void()> on_news;
  // Called when jobs may have become due by a commit.
  std::function<void()> on_jobs;
};

// Connects and brings the schema up to date. The problem says what to do.
[[nodiscard]] Result<std::unique_ptr<Store>, Problem> open_postgres(PostgresOptions options);

// The version of the database's schema; changes nothing. A problem when it is newer, and this binary cannot work with
// it.
[[nodiscard]] Result<SchemaVersions, Problem> postgres_schema(const std::string& url);
// Brings the schema up to date; gives what was found before.
[[nodiscard]] Result<SchemaVersions, Problem> migrate_postgres(const std::string& url);

}  // namespace backhaul::store
