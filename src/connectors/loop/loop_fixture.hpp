#pragma once
// What the tests of this folder share.

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include <boost/json/object.hpp>

#include "connectors/loop/connector.hpp"
#include "support/manual_loop.hpp"
#include "support/scripted_http.hpp"

namespace backhaul::connectors::loop {

inline std::string testdata(const std::string& name) {
  const auto path = std::filesystem::path(BACKHAUL_SOURCE_DIR) / "src/connectors/loop/testdata" / name;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::stringstream text;
  text << file.rdbuf();
  auto result = text.str();
  while (result.ends_with('\n')) result.pop_back();
  return result;
}

inline ConnectionConfig test_config() {
  ConnectionConfig config;
  config.id = ConnectionId{"con_test"};
  config.settings = {
      {"base_url", "https://loop.example.test/"}, {"api_version", "2026-10"}, {"requests_per_minute", 300}};
  config.credentials = {{"api_key", "key-for-tests"}, {"webhook_secret", "test-secret"}};
  return config;
}

// A source whose vendor is scripted.
struct LoopFixture : testing::Test {
  test::ManualLoop loop;
  test::ScriptedHttp http;
  test::FreeLimiter limiter;
  std::unique_ptr<Source> source =
      loop_connector().make_source(test_config(), Services{http, limiter, loop, [] { return std::uint64_t{4}; }});

  void TearDown() override { EXPECT_EQ(http.unused(), 0U) << "prepared answers nobody asked for"; }

  [[nodiscard]] const net::HttpRequest& request(std::size_t index) const { return http.requests.at(index); }
  // "POST /warehouse/return/90001/flag", without host and version.
  [[nodiscard]] std::string line(std::size_t index) const {
    const std::string prefix = "https://loop.example.test/api/2026-10";
    EXPECT_TRUE(request(index).url.starts_with(prefix)) << request(index).url;
    return request(index).method + " " + request(index).url.substr(prefix.size());
  }
};

}  // namespace backhaul::connectors::loop
