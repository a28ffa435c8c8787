// PostgreSQL, a server of the test's own, against the suite every store must pass.

#include "store/conformance_test.hpp"
#include "store/postgres/postgres_store.hpp"
#include "support/postgres_server.hpp"

namespace backhaul::store {
namespace {

// One database per folder; the one before has served its test.
std::unique_ptr<Store> open_in(const std::filesystem::path& folder) {
  static std::string last;
  auto& server = test::PostgresServer::shared();
  const auto name = folder.filename().string();
  if (last != name && !last.empty()) server.drop_database(last);
  last = name;
  auto opened = open_postgres({.url = server.make_database(name), .node = "n1", .on_news = {}, .on_jobs = {}});
  if (!opened) throw std::runtime_error(opened.error().message);
  return std::move(*opened);
}

INSTANTIATE_TEST_SUITE_P(Postgres, StoreConformance, testing::Values(Backend{.name = "postgres", .open = open_in}));

}  // namespace
}  // namespace backhaul::store
