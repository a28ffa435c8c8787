// bench_minimal: the least that does the job, for comparison; see bench/README.md.
//
//   bench_minimal --database FILE --secret S [--warehouse URL --orders FILE --create FILE --connections 32]
//
// Prints {"ready":true,"url":...} when it listens; takes deliveries at any path. Ends on SIGTERM.

#include <csignal>
#include <cstdio>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>

#include "bench/minimal/server.hpp"
#include "bench/read_file.hpp"

namespace {

using namespace backhaul::bench::minimal;
using backhaul::bench::read_file;

volatile std::sig_atomic_t stop = 0;
void ask_to_stop(int) {
  stop = 1;
}

// Of http://127.0.0.1:PORT/path
Warehouse::Options warehouse_at(const std::string& url, const std::map<std::string, std::string>& options) {
  const std::string start = "http://127.0.0.1:";
  if (!url.starts_with(start)) throw std::runtime_error("--warehouse must begin with " + start);
  const auto slash = url.find('/', start.size());
  return {.port = static_cast<std::uint16_t>(std::stoi(url.substr(start.size()))),
          .path = (slash == std::string::npos ? "" : url.substr(slash)) + "/graphql",
          .orders = read_file(options.at("--orders")),
          .create = read_file(options.at("--create")),
          .connections = std::stoi(options.at("--connections"))};
}

}  // namespace

int main(int count, char** words) {
  try {
    std::map<std::string, std::string> options{{"--connections", "32"}};
    for (int i = 1; i + 1 < count; i += 2) options[words[i]] = words[i + 1];
    Server::Options setup{.database = options.at("--database"), .secret = options.at("--secret"), .warehouse = {}};
    if (options.contains("--warehouse")) setup.warehouse = warehouse_at(options.at("--warehouse"), options);
    Server server{setup};
    std::signal(SIGTERM, ask_to_stop);
    std::signal(SIGINT, ask_to_stop);
    std::printf("{\"ready\":true,\"url\":\"http://127.0.0.1:%u\"}\n", static_cast<unsigned>(server.port()));
    std::fflush(stdout);
    server.run(stop);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_minimal: %s\n", error.what());
    return 1;
  }
}
