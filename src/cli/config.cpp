#include "cli/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "cli/toml.hpp"

namespace backhaul::cli {
namespace {

// Puts one key's value into the configuration; gives what would have been accepted when it cannot.
using Setter = std::function<std::string(const toml::node&, Config&)>;

Setter text(std::string Config::*field) {
  return [=](const toml::node& node, Config& config) -> std::string {
    const auto value = node.value_exact<std::string>();
    if (!value) return "text in quotes";
    config.*field = *value;
    return {};
  };
}

Setter one_of(std::string Config::*field, std::vector<std::string> words) {
  return [=](const toml::node& node, Config& config) -> std::string {
    const auto value = node.value_exact<std::string>();
    if (!value || std::ranges::find(words, *value) == words.end())
      return fmt::format("one of {}", fmt::join(words, ", "));
    config.*field = *value;
    return {};
  };
}

Setter path(std::filesystem::path Config::*field) {
  return [=](const toml::node& node, Config& config) -> std::string {
    const auto value = node.value_exact<std::string>();
    if (!value || value->empty()) return "a path in quotes";
    config.*field = *value;
    return {};
  };
}

struct Range {
  double min = 0;
  double max = 0;
};

template <class Apply>
Setter number(Range range, Apply apply) {
  return [=](const toml::node& node, Config& config) -> std::string {
    const auto value = node.value<double>();
    const bool inside = value && *value >= range.min && *value <= range.max;  // not so for TOML's nan
    if (!node.is_number() || !inside) {
      return fmt::format("a number from {} to {}", range.min, range.max);
    }
    apply(config, *value);
    return {};
  };
}

template <class Apply>
Setter whole_number(Range range, Apply apply) {
  return [=, inner = number(range, apply)](const toml::node& node, Config& config) -> std::string {
    if (node.is_floating_point()) return fmt::format("a whole number from {} to {}", range.min, range.max);
    return inner(node, config);
  };
}

Setter seconds(Millis Config::*field, Range range) {
  return number(range,
                [=](Config& config, double value) { config.*field = Millis{static_cast<std::int64_t>(value * 1000)}; });
}

Setter limit_seconds(Millis net::ServerLimits::*field, Range range) {
  return number(range, [=](Config& config, double value) {
    config.limits.*field = Millis{static_cast<std::int64_t>(value * 1000)};
  });
}

Setter limit_bytes(std::size_t net::ServerLimits::*field, Range range) {
  return whole_number(range,
                      [=](Config& config, double value) { config.limits.*field = static_cast<std::size_t>(value); });
}

std::string set_public_url(const toml::node& node, Config& config) {
  const auto value = node.value_exact<std::string>();
  const bool has_scheme = value && (value->starts_with("https://") || value->starts_with("http://"));
  if (!value || (!value->empty() && (!has_scheme || value->ends_with('/')))) {
    return "empty, or an address such as \"https://returns.example.com\" without a trailing slash";
  }
  config.public_url = *value;
  return {};
}

std::string set_store_url(const toml::node& node, Config& config) {
  const auto value = node.value_exact<std::string>();
  const bool postgres = value && (value->starts_with("postgres://") || value->starts_with("postgresql://"));
  if (!value || (!value->empty() && !postgres))
    return "empty, or an address such as \"postgres://hub@db.example.com/hub\"";
  config.store_url = *value;
  return {};
}

constexpr double day_s = 86'400;

const std::map<std::string, Setter, std::less<>>& setters() {
  static const std::map<std::string, Setter, std::less<>> table{
      {"listen_host", text(&Config::listen_host)},
      {"listen_port",
       whole_number({0, 65'535}, [](Config& c, double v) { c.listen_port = static_cast<std::int64_t>(v); })},
      {"public_url", set_public_url},
      {"data_dir", path(&Config::data_dir)},
      {"master_key_file", path(&Config::master_key_file)},
      {"log_level", one_of(&Config::log_level, {"trace", "debug", "info", "warn", "error", "off"})},
      {"log_format", one_of(&Config::log_format, {"text", "json"})},
      {"store.url", set_store_url},
      {"limits.body_bytes_max", limit_bytes(&net::ServerLimits::body_bytes_max, {1024, 64 * 1024 * 1024})},
      {"limits.header_bytes_max", limit_bytes(&net::ServerLimits::header_bytes_max, {1024, 1024 * 1024})},
      {"limits.request_timeout_s", limit_seconds(&net::ServerLimits::request_timeout, {0.1, 600})},
      {"limits.idle_timeout_s", limit_seconds(&net::ServerLimits::idle_timeout, {1, day_s})},
      {"limits.connections_max",
       whole_number({1, 1'000'000}, [](Config& c, double v) { c.limits.connections_max = static_cast<int>(v); })},
      {"poll.interval_s", seconds(&Config::poll_interval, {0.1, day_s})},
      {"poll.overlap_s", seconds(&Config::poll_overlap, {0, 30 * day_s})},
      {"webhooks.interval_s", seconds(&Config::webhook_interval, {1, day_s})},
      {"dispatch.lease_s", seconds(&Config::lease, {1, 3'600})},
      {"dispatch.unknown_wait_s", seconds(&Config::unknown_wait, {0, 3'600})},
      {"dispatch.process_unknown_s", seconds(&Config::process_unknown, {0, day_s})},
      {"dispatch.blocked_wait_s", seconds(&Config::blocked_wait, {0.1, day_s})},
      {"shutdown.patience_s", seconds(&Config::shutdown_patience, {0, 600})},
  };
  return table;
}

Result<void, Problem> read_table(const toml::table& table, const std::string& prefix, const std::filesystem::path& file,
                                 Config& config) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    const auto place = fmt::format("{}:{}", file.string(), node.source().begin.line);
    if (const auto* inner = node.as_table(); inner != nullptr) {
      if (auto read = read_table(*inner, name + ".", file, config); !read) return read;
      continue;
    }
    const auto setter = setters().find(name);
    if (setter == setters().end()) {
      return fail(Problem{fmt::format("{}: there is no key {}; backhaul.example.toml lists all", place, name)});
    }
    if (const auto accepted = setter->second(node, config); !accepted.empty()) {
      return fail(Problem{fmt::format("{}: {} must be {}", place, name, accepted)});
    }
  }
  return {};
}

}  // namespace

Result<Config, Problem> parse_config(std::string_view toml_text, const std::filesystem::path& file) {
  Config config;
  const auto table = parse_toml(toml_text, file.string());
  if (!table) return fail(table.error());
  if (auto read = read_table(*table, "", file, config); !read) return fail(read.error());
  const auto folder = std::filesystem::absolute(file).parent_path();
  config.data_dir = (folder / config.data_dir).lexically_normal();
  config.master_key_file = (folder / config.master_key_file).lexically_normal();
  return config;
}

std::vector<std::string> config_keys() {
  std::vector<std::string> keys;
  for (const auto& [key, setter] : setters()) keys.push_back(key);
  return keys;
}

Result<Config, Problem> load_config(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) {
    return fail(
        Problem{fmt::format("cannot read {}; `backhaul init` makes one, --config names another", file.string())});
  }
  std::ostringstream text;
  text << in.rdbuf();
  auto config = parse_config(text.str(), file);
  // It may hold a password, which some would rather not write into a file.
  if (const char* url = std::getenv("BACKHAUL_STORE_URL"); config && url != nullptr && *url != '\0') {
    config->store_url = url;
  }
  return config;
}

}  // namespace backhaul::cli
