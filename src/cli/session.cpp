#include "cli/session.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/json.hpp>
#include <iostream>

#include "cli/open_store.hpp"
#include "net/curl_client.hpp"

namespace backhaul::cli {

int report(const Globals& globals, const Problem& problem) {
  if (globals.json) {
    std::cerr << boost::json::serialize(boost::json::object{{"error", problem.message}}) << "\n";
  } else {
    std::cerr << "backhaul: " << problem.message << "\n";
  }
  return 1;
}

int run_verb(const Globals& globals, const std::function<async::Task<VerbResult>(Session&)>& verb) {
  auto config = load_config(globals.config_file);
  if (!config) return report(globals, config.error());
  auto vault = connections::Vault::open(config->master_key_file);
  if (!vault) return report(globals, vault.error());
  auto store = open_store(*config, {.node = "cli-" + connections::random_token(9), .on_news = {}, .on_jobs = {}});
  if (!store) return report(globals, store.error());
  spdlog::set_level(spdlog::level::warn);

  const auto http = net::make_curl_client({.user_agent = "backhaul/" BACKHAUL_VERSION});
  const auto loop = net::make_asio_loop();
  Session session{.globals = globals,
                  .config = std::move(*config),
                  .vault = *vault,
                  .store = **store,
                  .http = *http,
                  .loop = *loop};
  int status = 1;
  loop->post([&] {
    async::spawn([](Session& s, const std::function<async::Task<VerbResult>(Session&)>& run, int& out,
                    net::AsioLoop& on) -> async::Task<void> {
      auto running = run(s);
      const auto result = co_await std::move(running);
      out = result ? *result : report(s.globals, result.error());
      on.stop();
    }(session, verb, status, *loop));
  });
  loop->run();
  return status;
}

async::Task<Result<store::Connection, Problem>> find_connection(Session& session, std::string text) {
  auto reading = session.store.connections();
  auto all = co_await std::move(reading);
  if (!all) co_return fail(Problem{all.error().message});
  std::string names;
  for (auto& connection : *all) {
    if (connection.id.value == text || connection.name == text) co_return std::move(connection);
    names += (names.empty() ? "" : ", ") + connection.name;
  }
  co_return fail(Problem{names.empty() ? "there is no connection yet; `backhaul connect` makes one"
                                       : fmt::format("no connection \"{}\"; there are: {}", text, names)});
}

}  // namespace backhaul::cli
