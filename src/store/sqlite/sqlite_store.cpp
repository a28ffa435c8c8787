#include "store/sqlite/sqlite_store.hpp"

#include <fmt/format.h>

#include "store/sqlite/store_impl.hpp"

namespace backhaul::store {
namespace sqlite {

SqliteStore::SqliteStore(SqliteOptions options)
    : options_(std::move(options)),
      writer_(options_.file.string(), options_.pages_max, [this](Database& db) { after_commit(db); }),
      reader_(options_.file.string()) {}

void SqliteStore::after_commit(Database& db) {
  auto query = db.query("SELECT coalesce(max(seq), 0) FROM journal");
  if (query.step()) newest_.store(query.number(0), std::memory_order_release);
  if (std::exchange(news_, false) && options_.on_news) options_.on_news();
  if (std::exchange(jobs_, false) && options_.on_jobs) options_.on_jobs();
}

}  // namespace sqlite

Result<std::unique_ptr<Store>, Problem> open_sqlite(SqliteOptions options) {
  const auto file = options.file;
  try {
    return std::unique_ptr<Store>(std::make_unique<sqlite::SqliteStore>(std::move(options)));
  } catch (const sqlite::SqliteError& error) {
    return fail(Problem{fmt::format("cannot open the database {}: {}", file.string(), error.message)});
  }
}

}  // namespace backhaul::store
