#pragma once
// backhaul.toml. backhaul.example.toml documents every key; a test keeps the two in step.

#include <filesystem>
#include <string>
#include <vector>

#include "net/http_server.hpp"
#include "types/result.hpp"
#include "types/time.hpp"

namespace backhaul::cli {

struct Config {
  std::string listen_host = "127.0.0.1";
  std::int64_t listen_port = 8080;
  std::string public_url;
  std::filesystem::path data_dir = "data";
  std::filesystem::path master_key_file = "master.key";
  std::string log_level = "info";
  std::string log_format = "text";
  std::string store_url;  // empty: SQLite in data_dir
  net::ServerLimits limits;
  Millis poll_interval{300'000};
  Millis poll_overlap{600'000};
  Millis webhook_interval{900'000};
  Millis lease{60'000};
  Millis unknown_wait{30'000};
  Millis process_unknown{900'000};
  Millis blocked_wait{300'000};
  Millis shutdown_patience{20'000};

  // Whether other nodes may use the same store.
  [[nodiscard]] bool shares_store() const { return !store_url.empty(); }
  [[nodiscard]] std::filesystem::path database() const { return data_dir / "backhaul.db"; }
};

// Reads and checks the file; paths come out absolute. The problem names file, line, key, and what is accepted.
[[nodiscard]] Result<Config, Problem> load_config(const std::filesystem::path& file);
[[nodiscard]] Result<Config, Problem> parse_config(std::string_view toml, const std::filesystem::path& file);
// Every key there is, as "table.key".
[[nodiscard]] std::vector<std::string> config_keys();

}  // namespace backhaul::cli
