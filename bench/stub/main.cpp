// bench_stub: Loop under /loop and ShipHero under /shiphero, on one port of 127.0.0.1; see bench/README.md.
//
//   bench_stub --details FILE [--port 0] [--lifetime-seconds 1800] [--listed N] [--dump FILE]
//
// Loop lists N open returns, in whatever window. Prints {"ready":true,"url":...} when it listens. GET /_times gives
// what it saw, /_calls only the counts, POST /_reset forgets it. POST /_go_on has the warehouse receive and Loop close
// what comes from then on, and say so by deliveries (Course::go_on); GET /_notices counts these. Ends on SIGTERM,
// writing what it saw to FILE.

#include <boost/json.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include "bench/read_file.hpp"
#include "bench/stub/course.hpp"
#include "bench/stub/ledger.hpp"
#include "bench/stub/loop_vendor.hpp"
#include "bench/stub/server.hpp"
#include "bench/stub/shiphero_vendor.hpp"

namespace {

using namespace backhaul::bench::stub;
using backhaul::bench::read_file;

volatile std::sig_atomic_t stop = 0;
void ask_to_stop(int) {
  stop = 1;
}

class Stub {
 public:
  Stub(std::string details, std::int64_t listed)
      : loop_(std::move(details), listed, course_, ledger_), shiphero_(course_, ledger_) {}

  Reply answer(const Request& request) {
    constexpr std::string_view loop_api = "/loop/api/";
    constexpr std::string_view shiphero = "/shiphero";
    auto path = request.target.path;
    if (path.starts_with(loop_api)) {
      auto version_end = path.find('/', loop_api.size());
      return loop_.answer(version_end == std::string_view::npos ? "" : path.substr(version_end), request);
    }
    if (path.starts_with(shiphero)) return shiphero_.answer(path.substr(shiphero.size()), request);
    if (path == "/_times") return {.body = ledger_.json()};
    if (path == "/_calls") return {.body = ledger_.calls_json()};
    if (path == "/_reset") {
      ledger_.clear();
      return {.body = "true"};
    }
    if (path == "/_go_on") return go_on(request.body);
    if (path == "/_notices") {
      const auto [accepted, sent_again, failed] = course_.notices();
      return {.body = boost::json::serialize(
                  boost::json::object{{"accepted", accepted}, {"sent_again", sent_again}, {"failed", failed}})};
    }
    return {.status = 404, .body = "{}"};
  }
  [[nodiscard]] std::string seen() const { return ledger_.json(); }

 private:
  Reply go_on(std::string_view body) {
    try {
      course_.go_on(boost::json::parse({body.data(), body.size()}));
      return {.body = "true"};
    } catch (const std::exception& error) {
      return {.status = 400, .body = boost::json::serialize(boost::json::object{{"message", error.what()}})};
    }
  }

  Course course_;
  Ledger ledger_;
  LoopVendor loop_;
  ShipHeroVendor shiphero_;
};

}  // namespace

int main(int count, char** words) {
  try {
    std::map<std::string, std::string> options{{"--port", "0"}, {"--lifetime-seconds", "1800"}, {"--listed", "0"}};
    for (int i = 1; i + 1 < count; i += 2) options[words[i]] = words[i + 1];
    Stub stub{read_file(options["--details"]), std::stoll(options["--listed"])};
    Server server{static_cast<std::uint16_t>(std::stoi(options["--port"])),
                  [&](const Request& request) { return stub.answer(request); }};
    std::signal(SIGTERM, ask_to_stop);
    std::signal(SIGINT, ask_to_stop);
    std::printf("{\"ready\":true,\"url\":\"http://127.0.0.1:%u\"}\n", static_cast<unsigned>(server.port()));
    std::fflush(stdout);
    server.run(stop, std::stoi(options["--lifetime-seconds"]));
    if (options.contains("--dump")) std::ofstream{options["--dump"]} << stub.seen();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_stub: %s\n", error.what());
    return 1;
  }
}
