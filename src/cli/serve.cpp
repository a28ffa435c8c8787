#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>
#include <iostream>

#include "cli/folder_lock.hpp"
#include "cli/hub.hpp"
#include "cli/verbs.hpp"

namespace backhaul::cli {
extern const std::string_view example_config;

namespace {

void set_up_log(const Config& config) {
  auto logger = spdlog::stderr_color_mt("backhaul");
  spdlog::set_default_logger(logger);
  spdlog::set_level(spdlog::level::from_str(config.log_level));
  if (config.log_format == "json") {
    // %v is escaped where it is made: messages hold no quotes or newlines of strangers' (connectors mask and cut them).
    spdlog::set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":"%v"})",
                        spdlog::pattern_time_type::utc);
  } else {
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  }
  spdlog::flush_on(spdlog::level::info);
}

int serve(const Globals& globals, std::optional<std::uint16_t> port) {
  auto config = load_config(globals.config_file);
  if (!config) return report(globals, config.error());
  if (port) config->listen_port = *port;
  set_up_log(*config);
  const auto ready = [&](const std::string& url) {
    if (globals.json) {
      std::cout << boost::json::serialize(boost::json::object{{"ready", true}, {"url", url}, {"pid", getpid()}})
                << std::endl;
    } else {
      std::cout << "backhaul is ready on " << url << std::endl;
    }
    if (config->public_url.empty()) {
      spdlog::warn("public_url is empty: no webhooks are registered, changes are found by polls every {} s",
                   config->poll_interval.count() / 1000);
    }
  };
  const auto outcome = run_hub(*config, ready);
  return outcome ? 0 : report(globals, outcome.error());
}

Result<void, Problem> init(const std::filesystem::path& folder) {
  if (auto made = make_folder(folder); !made) return fail(made.error());
  const auto config = folder / "backhaul.toml";
  if (std::filesystem::exists(config)) {
    return fail(Problem{fmt::format("{} exists already; nothing was changed", config.string())});
  }
  if (auto key = connections::Vault::create_key(folder / "master.key"); !key) return key;
  std::ofstream out(config);
  out << example_config;
  out.flush();
  if (!out) return fail(Problem{fmt::format("cannot write {}", config.string())});
  return {};
}

}  // namespace

void add_serve(const Registration& to) {
  auto* verb = to.app.add_subcommand("serve", "Receive deliveries and carry returns, until stopped");
  auto port = std::make_shared<std::optional<std::uint16_t>>();
  verb->add_option("--port", *port, "Listen here instead of the configured port; 0 lets the system choose");
  verb->callback([to, port] { to.status = serve(to.globals, *port); });
}

void add_init(const Registration& to) {
  auto* verb = to.app.add_subcommand("init", "Make a folder with a configuration and a new master key");
  auto folder = std::make_shared<std::filesystem::path>(".");
  verb->add_option("--dir", *folder, "The folder")->capture_default_str();
  verb->callback([to, folder] {
    if (auto made = init(*folder); !made) {
      to.status = report(to.globals, made.error());
      return;
    }
    const auto config = (*folder / "backhaul.toml").lexically_normal().string();
    const auto key = (*folder / "master.key").lexically_normal().string();
    if (to.globals.json) {
      std::cout << boost::json::serialize(boost::json::object{{"config", config}, {"master_key", key}}) << "\n";
    } else {
      std::cout << "Wrote " << config << " and " << key << ".\n"
                << "Keep a copy of the key somewhere safe: without it, stored credentials cannot be read.\n"
                << "Next: set public_url in " << config << ", then `backhaul -c " << config << " connect loop`.\n";
    }
  });
}

}  // namespace backhaul::cli
