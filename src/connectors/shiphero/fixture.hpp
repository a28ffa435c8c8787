#pragma once
// What the tests of this folder share: payloads from testdata/, and a destination over scripted HTTP.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include <boost/json.hpp>

#include "connectors/shiphero/connector.hpp"
#include "support/manual_loop.hpp"
#include "support/scripted_http.hpp"

namespace backhaul::connectors::shiphero {

inline std::filesystem::path testdata_folder() {
  return std::filesystem::path(BACKHAUL_SOURCE_DIR) / "src/connectors/shiphero/testdata";
}

inline std::string testdata(const std::string& name) {
  const std::ifstream file(testdata_folder() / name);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

class ShipHero : public testing::Test {
 protected:
  void SetUp() override {
    config.id = ConnectionId{"con_1"};
    config.credentials["refresh_token"] = "refresh-made-up";
    config.credentials["webhook_secret"] = "s3cret-made-up";
  }

  // The destination, made on first use from `config`.
  Destination& destination() {
    if (!made_) {
      Services services{http, limiter, loop, [] { return 1U; }};
      made_ = shiphero_connector().make_destination(config, std::move(services));
    }
    return *made_;
  }

  // Answers to the token refresh and to the question for the quota, which come before the first operation.
  void answer_start() {
    http.answer(200, testdata("auth_refresh.json"));
    http.answer(200, testdata("user_quota.json"));
  }
  void answer_file(const std::string& name) { http.answer(200, testdata(name)); }

  // The body of request `index` as JSON; negative counts from the end.
  boost::json::object sent(int index) {
    const auto at = index < 0 ? static_cast<int>(http.requests.size()) + index : index;
    return boost::json::parse(http.requests.at(static_cast<std::size_t>(at)).body).as_object();
  }
  boost::json::object variables(int index) {
    auto body = sent(index);
    return body.contains("variables") ? body["variables"].as_object() : boost::json::object();
  }
  std::string query(int index) { return std::string(sent(index)["query"].as_string()); }

  ConnectionConfig config;
  test::ManualLoop loop;
  test::ScriptedHttp http;
  test::FreeLimiter limiter;

 private:
  std::unique_ptr<Destination> made_;
};

}  // namespace backhaul::connectors::shiphero
