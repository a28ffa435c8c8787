#include "cli/open_store.hpp"

#include <fmt/format.h>

#include "cli/folder_lock.hpp"
#include "store/postgres/postgres_store.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace backhaul::cli {

Result<std::unique_ptr<store::Store>, Problem> open_store(const Config& config, StoreUser user) {
  if (auto made = make_folder(config.data_dir); !made) return fail(made.error());
  if (config.shares_store()) {
    return store::open_postgres({.url = config.store_url,
                                 .node = std::move(user.node),
                                 .on_news = std::move(user.on_news),
                                 .on_jobs = std::move(user.on_jobs)});
  }
  return store::open_sqlite(
      {.file = config.database(), .on_news = std::move(user.on_news), .on_jobs = std::move(user.on_jobs)});
}

}  // namespace backhaul::cli
