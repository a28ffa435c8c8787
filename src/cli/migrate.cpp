#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iostream>
#include <optional>

#include "cli/folder_lock.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "store/postgres/postgres_store.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace backhaul::cli {
namespace {

namespace json = boost::json;

Result<store::SchemaVersions, Problem> look(const Config& config) {
  return config.shares_store() ? store::postgres_schema(config.store_url) : store::sqlite_schema(config.database());
}

Result<store::SchemaVersions, Problem> bring_up_to_date(const Config& config) {
  if (config.shares_store()) return store::migrate_postgres(config.store_url);
  if (auto made = make_folder(config.data_dir); !made) return fail(made.error());
  // Nodes on PostgreSQL are replaced one by one; on SQLite there is one server, and it may be of the older version.
  const auto lock = FolderLock::take(config.data_dir);
  if (!lock) return fail(Problem{lock.error().message + "; stop it first"});
  return store::migrate_sqlite(config.database());
}

std::string sentence(const store::SchemaVersions& versions, bool check) {
  if (versions.found > versions.known) {
    return fmt::format("The schema has version {}; this backhaul knows up to {} and can work with it.", versions.found,
                       versions.known);
  }
  if (versions.up_to_date()) return fmt::format("The schema is up to date, at version {}.", versions.found);
  const auto from = versions.found == 0 ? std::string("an empty database") : fmt::format("version {}", versions.found);
  if (!check) return fmt::format("Brought the schema from {} to version {}.", from, versions.known);
  return fmt::format("The schema would be brought from {} to version {}; nothing was changed.", from, versions.known);
}

int migrate(const Globals& globals, bool check) {
  const auto config = load_config(globals.config_file);
  if (!config) return report(globals, config.error());
  auto versions = look(*config);
  if (versions && !versions->up_to_date() && !check) versions = bring_up_to_date(*config);
  if (!versions) return report(globals, versions.error());
  const bool pending = !versions->up_to_date() && check;
  if (globals.json) {
    std::cout << pretty(json::object{{"store", config->shares_store() ? "postgres" : "sqlite"},
                                     {"from", versions->found},
                                     {"to", std::max(versions->found, versions->known)},
                                     {"pending", pending}});
  } else {
    std::cout << sentence(*versions, check) << "\n";
  }
  return pending ? 1 : 0;
}

}  // namespace

void add_migrate(const Registration& to) {
  auto* verb = to.app.add_subcommand("migrate", "Bring the database's schema up to date, as serve does when it starts");
  auto check = std::make_shared<bool>(false);
  verb->add_flag("--check", *check, "Change nothing; exit with 1 when there is something to do");
  verb->callback([to, check] { to.status = migrate(to.globals, *check); });
}

}  // namespace backhaul::cli
