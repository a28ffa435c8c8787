#include "cli/config.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "cli/toml.hpp"

namespace backhaul::cli {
namespace {

const std::filesystem::path example_file = std::filesystem::path(BACKHAUL_SOURCE_DIR) / "backhaul.example.toml";

std::string example_text() {
  std::ifstream in(example_file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string problem_of(std::string_view toml) {
  const auto config = parse_config(toml, "/etc/backhaul/backhaul.toml");
  return config ? "" : config.error().message;
}

void collect_keys(const toml::table& table, const std::string& prefix, std::vector<std::string>& keys) {
  for (const auto& [key, node] : table) {
    const auto name = prefix + std::string(key.str());
    if (const auto* inner = node.as_table()) {
      collect_keys(*inner, name + ".", keys);
    } else {
      keys.push_back(name);
    }
  }
}

TEST(ExampleConfig, ListsEveryKeyThereIsAndNoOther) {
  std::vector<std::string> listed;
  collect_keys(toml::parse(example_text()), "", listed);
  std::ranges::sort(listed);
  auto known = config_keys();
  std::ranges::sort(known);
  EXPECT_EQ(listed, known);
}

TEST(ExampleConfig, ExplainsEveryKeyAndTable) {
  std::istringstream lines(example_text());
  std::string line;
  std::string before;
  int keys = 0;
  while (std::getline(lines, line)) {
    if (!line.empty() && line[0] != '#' && line[0] != '[') {
      ++keys;
      EXPECT_TRUE(before.starts_with("# ")) << "no comment above: " << line;
    }
    before = line;
  }
  EXPECT_EQ(keys, static_cast<int>(config_keys().size()));
}

TEST(ExampleConfig, ShowsTheDefaults) {
  const auto config = load_config(example_file);
  ASSERT_TRUE(config) << config.error().message;
  const Config defaults;
  const std::filesystem::path folder = BACKHAUL_SOURCE_DIR;
  EXPECT_EQ(config->listen_host, defaults.listen_host);
  EXPECT_EQ(config->listen_port, defaults.listen_port);
  EXPECT_EQ(config->public_url, defaults.public_url);
  EXPECT_EQ(config->data_dir, folder / defaults.data_dir);
  EXPECT_EQ(config->master_key_file, folder / defaults.master_key_file);
  EXPECT_EQ(config->log_level, defaults.log_level);
  EXPECT_EQ(config->log_format, defaults.log_format);
  EXPECT_EQ(config->store_url, defaults.store_url);
  EXPECT_EQ(config->limits.body_bytes_max, defaults.limits.body_bytes_max);
  EXPECT_EQ(config->limits.header_bytes_max, defaults.limits.header_bytes_max);
  EXPECT_EQ(config->limits.request_timeout, defaults.limits.request_timeout);
  EXPECT_EQ(config->limits.idle_timeout, defaults.limits.idle_timeout);
  EXPECT_EQ(config->limits.connections_max, defaults.limits.connections_max);
  EXPECT_EQ(config->poll_interval, defaults.poll_interval);
  EXPECT_EQ(config->poll_overlap, defaults.poll_overlap);
  EXPECT_EQ(config->webhook_interval, defaults.webhook_interval);
  EXPECT_EQ(config->lease, defaults.lease);
  EXPECT_EQ(config->unknown_wait, defaults.unknown_wait);
  EXPECT_EQ(config->process_unknown, defaults.process_unknown);
  EXPECT_EQ(config->blocked_wait, defaults.blocked_wait);
  EXPECT_EQ(config->shutdown_patience, defaults.shutdown_patience);
}

TEST(Config, AnEmptyFileIsTheDefaultsWithPathsBesideIt) {
  const auto config = parse_config("", "/etc/backhaul/backhaul.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->data_dir, "/etc/backhaul/data");
  EXPECT_EQ(config->database(), "/etc/backhaul/data/backhaul.db");
  EXPECT_EQ(config->master_key_file, "/etc/backhaul/master.key");
}

TEST(Config, AStoresUrlIsPostgresqlsOrEmpty) {
  const auto shared = parse_config("[store]\nurl = 'postgres://hub@db/hub'", "b.toml");
  ASSERT_TRUE(shared) << shared.error().message;
  EXPECT_EQ(shared->store_url, "postgres://hub@db/hub");
  EXPECT_TRUE(shared->shares_store());
  EXPECT_FALSE(parse_config("", "b.toml")->shares_store());
  EXPECT_NE(problem_of("[store]\nurl = 'mysql://hub@db/hub'").find("postgres://"), std::string::npos);
}

TEST(Config, EveryKindOfKeyIsRead) {
  const auto config = parse_config(R"(
    listen_host = "0.0.0.0"
    listen_port = 0
    public_url = "https://returns.example.com"
    data_dir = "../var"
    master_key_file = "/run/secrets/key"
    log_level = "debug"
    log_format = "json"
    [limits]
    body_bytes_max = 4096
    request_timeout_s = 2.5
    [dispatch]
    lease_s = 30
  )",
                                   "/etc/backhaul/backhaul.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->listen_host, "0.0.0.0");
  EXPECT_EQ(config->listen_port, 0);
  EXPECT_EQ(config->public_url, "https://returns.example.com");
  EXPECT_EQ(config->data_dir, "/etc/var");
  EXPECT_EQ(config->master_key_file, "/run/secrets/key");
  EXPECT_EQ(config->log_format, "json");
  EXPECT_EQ(config->limits.body_bytes_max, 4096U);
  EXPECT_EQ(config->limits.request_timeout, Millis{2'500});
  EXPECT_EQ(config->lease, Millis{30'000});
}

struct ProblemCase {
  const char* toml;
  const char* says;
};

TEST(Config, AProblemNamesFileLineKeyAndWhatIsAccepted) {
  const ProblemCase cases[]{
      {"listen_prt = 1", ":1: there is no key listen_prt"},
      {"\n[\nlisten_port = 1", ":2: Error while parsing key"},
      {"\n[\x01]\n", ":2: Error while parsing key"},
      {"listen_port = 1 é", ":1: Error while parsing"},
      {"\n\xE2\xB1\xAE = 1", ":2: Error while parsing"},
      {"\n[limits]\nbody_max = 1", ":3: there is no key limits.body_max"},
      {"[nonsense]\nkey = 1", "there is no key nonsense.key"},
      {"listen_port = 65536", "listen_port must be a number from 0 to 65535"},
      {"listen_port = \"8080\"", "listen_port must be a number"},
      {"listen_port = 80.5", "listen_port must be a whole number"},
      {"[limits]\nconnections_max = 1.5", "limits.connections_max must be a whole number"},
      {"[limits]\nbody_bytes_max = 5000.5", "limits.body_bytes_max must be a whole number"},
      {"listen_host = 1", "listen_host must be text in quotes"},
      {"data_dir = \"\"", "data_dir must be a path in quotes"},
      {"log_level = \"loud\"", "log_level must be one of trace, debug, info, warn, error, off"},
      {"log_format = true", "log_format must be one of text, json"},
      {"public_url = \"returns.example.com\"", "public_url must be empty, or an address"},
      {"public_url = \"https://returns.example.com/\"", "without a trailing slash"},
      {"[poll]\ninterval_s = 0", "poll.interval_s must be a number from 0.1 to 86400"},
      {"[dispatch]\nlease_s = true", "dispatch.lease_s must be a number"},
      {"[shutdown]\npatience_s = -1", "shutdown.patience_s must be a number"},
      {"listen_port = nan", "listen_port must be a whole number"},
      {"[poll]\ninterval_s = nan", "poll.interval_s must be a number"},
      {"a = \n", "/etc/backhaul/backhaul.toml:1: "},
      {"limits = 5", "there is no key limits"},
      {"listen_port = 1\nlisten_port = 2", "/etc/backhaul/backhaul.toml:2: "},
  };
  for (const auto& one : cases) {
    const auto problem = problem_of(one.toml);
    EXPECT_TRUE(problem.starts_with("/etc/backhaul/backhaul.toml:")) << one.toml << ": " << problem;
    EXPECT_NE(problem.find(one.says), std::string::npos) << one.toml << ": " << problem;
  }
}

TEST(Config, AMissingFileSaysHowToGetOne) {
  const auto config = load_config("/no/such/backhaul.toml");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("/no/such/backhaul.toml"), std::string::npos);
  EXPECT_NE(config.error().message.find("backhaul init"), std::string::npos);
}

}  // namespace
}  // namespace backhaul::cli
