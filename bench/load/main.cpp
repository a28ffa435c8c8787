// bench_load: see bench/README.md. Prints one JSON object.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/http/sockets.hpp"
#include "bench/load/generator.hpp"
#include "bench/percentiles.hpp"
#include "bench/read_file.hpp"

namespace {

using namespace backhaul::bench;

constexpr const char* usage =
    "bench_load --port P --path /hooks/... --secret S --body FILE [--connections 64] [--seconds 8] [--warmup-seconds "
    "1]\n"
    "           [--rate N: open loop, N per second] [--count N] [--first-id 9000000001] [--times FILE]\n"
    "--path may be a file of paths, one a line, behind an @: they are taken in turn\n";

using Options = std::map<std::string, std::string>;

Options read_options(int count, char** words) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) options[words[i]] = words[i + 1];
  if (count % 2 == 0) throw std::runtime_error(usage);
  for (auto needed : {"--port", "--path", "--secret", "--body"}) {
    if (!options.contains(needed)) throw std::runtime_error(std::string{needed} + " is missing\n" + usage);
  }
  return options;
}

std::string value_of(const Options& options, const std::string& name, std::string otherwise) {
  auto found = options.find(name);
  return found == options.end() ? otherwise : found->second;
}

Plan plan_from(const Options& options) {
  return {.port = static_cast<std::uint16_t>(std::stoi(options.at("--port"))),
          .connections = std::stoi(value_of(options, "--connections", "64")),
          .rate = std::stod(value_of(options, "--rate", "0")),
          .seconds = std::stod(value_of(options, "--seconds", "8")),
          .warmup_seconds = std::stod(value_of(options, "--warmup-seconds", "1")),
          .count = std::stoll(value_of(options, "--count", "0")),
          .first_id = std::stoll(value_of(options, "--first-id", "9000000001"))};
}

// As many as are likely to be sent, up to 44 MB of signatures; what comes after is signed as it is sent.
std::size_t requests_expected(const Plan& plan) {
  constexpr double closed_loop_per_second_max = 120'000;
  constexpr double signed_ahead_max = 1'000'000;
  const double per_second = plan.rate > 0 ? plan.rate : closed_loop_per_second_max;
  const double by_time = per_second * (plan.warmup_seconds + plan.seconds);
  const double expected = plan.count > 0 ? static_cast<double>(plan.count) : by_time;
  return static_cast<std::size_t>(std::min(expected, signed_ahead_max));
}

// `path` itself, or the lines of the file it names with an @.
std::vector<std::string> paths_of(const std::string& path) {
  if (!path.starts_with('@')) return {path};
  std::vector<std::string> paths;
  std::ifstream file{path.substr(1)};
  for (std::string line; std::getline(file, line);) paths.push_back(line);
  if (paths.empty()) throw std::runtime_error("no paths in " + path.substr(1));
  return paths;
}

// id, due, sent and answered, one request per line.
void write_times(const std::string& name, const Tally& tally) {
  std::ofstream file{name};
  for (const auto& sent : tally.requests) {
    file << sent.id << ' ' << sent.due_ns << ' ' << sent.sent_ns << ' ' << sent.answered_ns << '\n';
  }
}

void print(const Tally& tally) {
  std::vector<std::int64_t> latencies;
  std::vector<std::int64_t> lateness;
  for (const auto& sent : tally.requests) {
    if (sent.answered_ns != 0) latencies.push_back(sent.answered_ns - sent.due_ns);
    if (sent.sent_ns != 0) lateness.push_back(sent.sent_ns - sent.due_ns);
  }
  auto latency = percentiles_us(std::move(latencies));
  auto late = percentiles_us(std::move(lateness));
  std::string others;
  for (auto [status, count] : tally.other_statuses) {
    others += (others.empty() ? "\"" : ",\"") + std::to_string(status) + "\":" + std::to_string(count);
  }
  std::printf(
      "{\"accepted\":%lld,\"per_second\":%.1f,\"other_statuses\":{%s},\"unanswered\":%lld,\"connections_lost\":%lld,",
      static_cast<long long>(tally.accepted), static_cast<double>(tally.accepted) / tally.elapsed_seconds,
      others.c_str(), static_cast<long long>(tally.unanswered), static_cast<long long>(tally.connections_lost));
  std::printf("\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,\"send_late_p99_us\":%.1f,", latency.p50,
              latency.p90, latency.p99, latency.max, late.p99);
  std::printf("\"elapsed_s\":%.3f,\"own_cpu_s\":%.3f}\n", tally.elapsed_seconds, http::cpu_seconds());
}

}  // namespace

int main(int count, char** words) {
  try {
    auto options = read_options(count, words);
    auto plan = plan_from(options);
    auto body = read_file(options.at("--body"));
    http::Signatures signatures(options.at("--secret"), std::move(body));
    signatures.prepare(plan.first_id, requests_expected(plan));
    std::vector<http::SignedRequest> requests;
    for (const auto& path : paths_of(options.at("--path"))) requests.emplace_back(path, "X-Loop-Signature", signatures);
    auto tally = generate_load(plan, requests);
    if (options.contains("--times")) write_times(options.at("--times"), tally);
    print(tally);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_load: %s\n", error.what());
    return 1;
  }
}
