// SQLite on a file against the suite every store must pass.

#include "store/conformance_test.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace backhaul::store {
namespace {

std::unique_ptr<Store> open_in(const std::filesystem::path& folder, bool writer_thread) {
  SqliteOptions options;
  options.file = folder / "backhaul.db";
  options.writer_thread = writer_thread;
  auto opened = open_sqlite(std::move(options));
  if (!opened) throw std::runtime_error(opened.error().message);
  return std::move(*opened);
}

INSTANTIATE_TEST_SUITE_P(SqliteFile, StoreConformance,
                         testing::Values(Backend{.name = "sqlite",
                                                 .open = [](const auto& folder) { return open_in(folder, true); }},
                                         Backend{.name = "sqlite_alone",
                                                 .open = [](const auto& folder) { return open_in(folder, false); }}));

}  // namespace
}  // namespace backhaul::store
