#pragma once
// What every verb but init and serve needs: the configuration, the store, the key, a loop to run on, and how to print.

#include <functional>
#include <memory>
#include <string>

#include "cli/config.hpp"
#include "connections/live.hpp"
#include "connections/vault.hpp"
#include "net/asio_loop.hpp"
#include "net/http_client.hpp"
#include "store/store.hpp"

namespace backhaul::cli {

struct Globals {
  std::filesystem::path config_file = "backhaul.toml";
  bool json = false;
};

struct Session {
  Globals globals;
  Config config;
  connections::Vault vault;
  store::Store& store;
  net::HttpClient& http;
  async::Loop& loop;
};

// The outcome of a verb: the process's exit status. A Problem is printed on standard error, status 1.
using VerbResult = Result<int, Problem>;

// Opens everything, runs `verb` to its end, closes everything.
[[nodiscard]] int run_verb(const Globals& globals, const std::function<async::Task<VerbResult>(Session&)>& verb);

// Prints `problem` the way --json or people want it; gives 1.
int report(const Globals& globals, const Problem& problem);

template <class T>
[[nodiscard]] Result<T, Problem> or_problem(store::Stored<T> stored) {
  if (stored) return std::move(*stored);
  return fail(Problem{stored.error().message});
}
[[nodiscard]] inline Result<void, Problem> or_problem(store::Stored<void> stored) {
  if (stored) return {};
  return fail(Problem{stored.error().message});
}

// The connection a person means: by id or by name. The problem lists what exists.
[[nodiscard]] async::Task<Result<store::Connection, Problem>> find_connection(Session& session, std::string text);

}  // namespace backhaul::cli
