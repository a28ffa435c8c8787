#include "store/sqlite/sqlite_store.hpp"

#include <fmt/format.h>

#include "store/sqlite/store_impl.hpp"

namespace backhaul::store {
namespace sqlite {

SqliteStore::SqliteStore(SqliteOptions options)
    : options_(std::move(options)),
      writer_(
          options_.file.string(), {.pages_max = options_.pages_max, .own_thread = options_.writer_thread},
          {.before_commit = [this](Database& db) { before_commit(db); }, .after_commit = [this] { after_commit(); }}),
      reader_(options_.file.string()) {
  if (const auto why = closed_by(read_mark(reader_))) throw SqliteError{0, *why};
}

// Asked inside the transaction: outside it would be one of its own, which costs more than the question.
void SqliteStore::before_commit(Database& db) {
  auto query = db.query("SELECT coalesce(max(seq), 0) FROM journal");
  if (query.step()) newest_written_ = query.number(0);
}

void SqliteStore::after_commit() {
  newest_.store(newest_written_, std::memory_order_release);
  if (std::exchange(news_, false) && options_.on_news) options_.on_news();
  if (std::exchange(jobs_, false) && options_.on_jobs) options_.on_jobs();
}

// A problem with `file` that says which.
template <class Open>
auto opening(const std::filesystem::path& file, Open&& open) -> Result<decltype(open()), Problem> {
  try {
    return open();
  } catch (const SqliteError& error) {
    return fail(Problem{fmt::format("cannot open the database {}: {}", file.string(), error.message)});
  }
}

}  // namespace sqlite

Result<std::unique_ptr<Store>, Problem> open_sqlite(SqliteOptions options) {
  const auto file = options.file;
  return sqlite::opening(
      file, [&]() -> std::unique_ptr<Store> { return std::make_unique<sqlite::SqliteStore>(std::move(options)); });
}

Result<SchemaVersions, Problem> sqlite_schema(const std::filesystem::path& file) {
  std::error_code none;
  const auto bytes = std::filesystem::file_size(file, none);
  return sqlite::opening(file, [&] {
    if (none || bytes == 0) return SchemaVersions{.found = 0, .known = sqlite::known_schema()};
    sqlite::Database db(file.string());
    return sqlite::schema_versions(db);
  });
}

Result<SchemaVersions, Problem> migrate_sqlite(const std::filesystem::path& file) {
  return sqlite::opening(file, [&] {
    sqlite::Database db(file.string());
    return sqlite::migrate(db);
  });
}

}  // namespace backhaul::store
