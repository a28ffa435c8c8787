#pragma once
// What the tests of the workflow share: a hub that works by itself, and short ways to submit and receive.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <boost/json.hpp>

#include "returns/codec.hpp"
#include "support/test_hub.hpp"

namespace backhaul::workflow {

using namespace std::chrono_literals;
namespace json = boost::json;
using connectors::Failure;
using test::destination_id;
using test::failure_of;
using test::FaultyStore;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class WorkflowTest : public testing::Test {
 protected:
  void begin(json::object policy = {}) {
    hub.emplace(world, test::TestHub::Options{.retry = {}, .perform = {}, .lease = 60s, .policy = std::move(policy)});
    hub->run();
  }
  void submit(const std::string& id) {
    world.returns[id].view = test::open_return();
    hub->tell_of_return(id);
    hub->run();
  }
  void receive(const std::string& id, const std::string& status = "complete") {
    world.receive_all(id, status);
    hub->tell_of_rma(id);
    hub->advance(5s);
  }
  // Writes into the file beside the hub, as damage would.
  void damage(const std::string& sql) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(hub->file().c_str(), &db), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  [[nodiscard]] std::vector<json::object> decisions(const std::string& id) {
    std::vector<json::object> entries;
    for (const auto& event : hub->events(id)) {
      if (event.kind == store::EventKind::decision) entries.push_back(json::parse(event.body).as_object());
    }
    return entries;
  }

  test::World world;
  std::optional<test::TestHub> hub;
};

}  // namespace backhaul::workflow
