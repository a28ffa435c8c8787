#pragma once
// The numbered migrations, each in one transaction. The SQL lives in migrations/ and is compiled in.
//
// Two versions of the binary may run against one schema while nodes are replaced one by one: a migration first only
// adds (expand), and what the old version needs is taken away by a later one, once no old node runs (contract). Each
// migration says the oldest schema a binary must know to work with the result; only a binary older than that refuses.

#include <string>
#include <string_view>

#include "store/schema.hpp"

namespace backhaul::store::postgres {

extern const std::string_view migration_0001_spine_up;
extern const std::string_view migration_0001_spine_down;
extern const std::string_view migration_0002_moves_up;
extern const std::string_view migration_0002_moves_down;
extern const std::string_view migration_0003_looks_up;
extern const std::string_view migration_0003_looks_down;
extern const std::string_view migration_0004_hot_rows_up;
extern const std::string_view migration_0004_hot_rows_down;
extern const std::string_view migration_0005_light_rows_up;
extern const std::string_view migration_0005_light_rows_down;

// Throws PgError when the schema is newer and says that this version cannot work with it.
[[nodiscard]] SchemaVersions schema_versions(const std::string& url);
// Brings the schema up to this version; throws as `schema_versions`. Nodes that start together wait for each other.
// Gives what was found.
SchemaVersions migrate(const std::string& url);
// Takes the last migration back, for the test of the pair.
void migrate_down(const std::string& url);

}  // namespace backhaul::store::postgres
