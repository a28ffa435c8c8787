// The numbered migrations, each in one transaction. The SQL lives in migrations/ and is compiled in.

#include <fmt/format.h>

#include <array>

#include "store/sqlite/database.hpp"
#include "store/sqlite/migrations_sql.hpp"

namespace backhaul::store::sqlite {
namespace {

struct Migration {
  std::string_view up;
  std::string_view down;
};

// Position + 1 is the schema's version, kept in `PRAGMA user_version`.
const std::array migrations{Migration{migration_0001_spine_up, migration_0001_spine_down},
                            Migration{migration_0002_moves_up, migration_0002_moves_down},
                            Migration{migration_0003_packed_bodies_up, migration_0003_packed_bodies_down},
                            Migration{migration_0004_looks_up, migration_0004_looks_down}};

}  // namespace

std::int64_t known_schema() {
  return static_cast<std::int64_t>(migrations.size());
}

SchemaVersions schema_versions(Database& db) {
  auto query = db.query("PRAGMA user_version");
  const SchemaVersions versions{.found = query.step() ? query.number(0) : 0, .known = known_schema()};
  if (versions.found > versions.known) {
    throw SqliteError{0,
                      fmt::format("the database has schema version {}, this backhaul knows up to {}; run a newer one",
                                  versions.found, versions.known)};
  }
  return versions;
}

SchemaVersions migrate(Database& db) {
  if (const auto versions = schema_versions(db); versions.up_to_date()) return versions;
  Transaction transaction(db);
  const auto versions = schema_versions(db);  // again, now that nobody else can migrate
  for (auto next = static_cast<std::size_t>(versions.found); next < migrations.size(); ++next) {
    db.script(std::string(migrations[next].up));
    db.script(fmt::format("PRAGMA user_version = {}", next + 1));
  }
  transaction.commit();
  return versions;
}

void migrate_down(Database& db) {
  Transaction transaction(db);
  const auto version = schema_versions(db).found;
  if (version == 0) return;
  db.script(std::string(migrations.at(static_cast<std::size_t>(version - 1)).down));
  db.script(fmt::format("PRAGMA user_version = {}", version - 1));
  transaction.commit();
}

}  // namespace backhaul::store::sqlite
