#pragma once
// The store the configuration names: SQLite in the data folder, or PostgreSQL.

#include <functional>
#include <memory>
#include <string>

#include "cli/config.hpp"
#include "store/store.hpp"

namespace backhaul::cli {

struct StoreUser {
  std::string node;  // this process; as PostgresOptions::node
  // As SqliteOptions and PostgresOptions; empty ones are not called.
  std::function<void()> on_news;
  std::function<void()> on_jobs;
};

// Makes the data folder if need be.
[[nodiscard]] Result<std::unique_ptr<store::Store>, Problem> open_store(const Config& config, StoreUser user);

}  // namespace backhaul::cli
