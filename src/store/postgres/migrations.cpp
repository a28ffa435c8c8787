#include "store/postgres/migrations.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <thread>

#include "store/postgres/connection.hpp"

namespace backhaul::store::postgres {
namespace {

struct Migration {
  std::string_view up;
  std::string_view down;
  int understood_from;  // the oldest schema version a binary must know
};

// Position + 1 is the schema's version.
const std::array migrations{
    Migration{.up = migration_0001_spine_up, .down = migration_0001_spine_down, .understood_from = 1},
    Migration{.up = migration_0002_moves_up, .down = migration_0002_moves_down, .understood_from = 1},
    Migration{.up = migration_0003_looks_up, .down = migration_0003_looks_down, .understood_from = 1},
    Migration{.up = migration_0004_hot_rows_up, .down = migration_0004_hot_rows_down, .understood_from = 1},
    Migration{.up = migration_0005_light_rows_up, .down = migration_0005_light_rows_down, .understood_from = 1}};
constexpr int known = static_cast<int>(migrations.size());

// How long to try when others hold the tables, and how long they have them to themselves in between.
constexpr std::chrono::seconds patience{60};
constexpr std::chrono::milliseconds retry_after{500};
constexpr std::string_view lock_not_available = "55P03";

// Any number no other program uses on this database.
constexpr std::int64_t lock_number = 0x6261636b6861756c;

std::int64_t only_number(pg_conn* connection, const std::string& sql) {
  const auto rows = run_plain(connection, sql);
  return rows.empty() ? 0 : std::stoll(std::string(rows[0].text(0)));
}

// Waits for others who migrate, and makes the table the rest is written down in.
void begin(pg_conn* connection) {
  run_plain(connection,
            "SET lock_timeout = '60s'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0");
  run_plain(connection, fmt::format("BEGIN; SELECT pg_advisory_xact_lock({})", lock_number));
  run_plain(connection,
            "CREATE TABLE IF NOT EXISTS migrations (version integer PRIMARY KEY, understood_from integer NOT NULL, "
            "applied_at timestamptz NOT NULL DEFAULT now())");
}

// Once there is the table of migrations.
SchemaVersions read_versions(pg_conn* connection) {
  const auto version = only_number(connection, "SELECT coalesce(max(version), 0) FROM migrations");
  const auto needed = only_number(connection, "SELECT coalesce(max(understood_from), 0) FROM migrations");
  if (needed > known) {
    throw PgError{"0A000",
                  fmt::format("the database has schema version {}, which needs a backhaul that knows version {}; "
                              "this one knows up to {}: run a newer one",
                              version, needed, known)};
  }
  return {.found = version, .known = known};
}

SchemaVersions migrate_once(pg_conn* connection) {
  begin(connection);
  const auto versions = read_versions(connection);
  // Whoever comes after a statement that waits for a table waits as well, nodes with their deliveries too: shorter than
  // their patience, and then they have their turn.
  run_plain(connection, "SET LOCAL lock_timeout = '1s'");
  for (auto next = static_cast<int>(versions.found); next < known; ++next) {
    const auto& migration = migrations[static_cast<std::size_t>(next)];
    run_plain(connection, std::string(migration.up));
    run_plain(connection, fmt::format("INSERT INTO migrations (version, understood_from) VALUES ({}, {})", next + 1,
                                      migration.understood_from));
  }
  run_plain(connection, "COMMIT");
  return versions;
}

}  // namespace

SchemaVersions schema_versions(const std::string& url) {
  const auto connection = connect(url, "backhaul migrations");
  const bool begun = only_number(connection.get(), "SELECT count(to_regclass('migrations'))") > 0;
  return begun ? read_versions(connection.get()) : SchemaVersions{.found = 0, .known = known};
}

SchemaVersions migrate(const std::string& url) {
  const auto connection = connect(url, "backhaul migrations");
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    try {
      return migrate_once(connection.get());
    } catch (const PgError& error) {
      const bool in_the_way = error.try_again() || error.state == lock_not_available;
      if (!in_the_way || std::chrono::steady_clock::now() > until) throw;
    }
    run_plain(connection.get(), "ROLLBACK");
    std::this_thread::sleep_for(retry_after);
  }
}

void migrate_down(const std::string& url) {
  const auto connection = connect(url, "backhaul migrations");
  begin(connection.get());
  const auto version = only_number(connection.get(), "SELECT coalesce(max(version), 0) FROM migrations");
  if (version > 0) {
    run_plain(connection.get(), std::string(migrations.at(static_cast<std::size_t>(version - 1)).down));
    run_plain(connection.get(), fmt::format("DELETE FROM migrations WHERE version = {}", version));
  }
  run_plain(connection.get(), "COMMIT");
}

}  // namespace backhaul::store::postgres
