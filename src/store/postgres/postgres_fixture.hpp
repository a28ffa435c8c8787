#pragma once
// What the tests of the PostgreSQL store share: nodes on one database of a server that the tests start.

#include <atomic>
#include <thread>

#include "store/conformance_test.hpp"
#include "store/postgres/postgres_store.hpp"
#include "support/postgres_server.hpp"

namespace backhaul::store::postgres {

using test::PostgresServer;

// A node: a store of its own, used by one thread.
class Node {
 public:
  Node(const std::string& url, const std::string& name) {
    auto opened = open_postgres({.url = url, .node = name, .on_news = {}, .on_jobs = {}});
    if (!opened) throw std::runtime_error(opened.error().message);
    store = std::move(*opened);
  }
  Stored<Appended> append(NewEvent event) {
    std::vector<NewEvent> events;
    events.push_back(std::move(event));
    auto appended = loop.wait(store->append(std::move(events)));
    if (!appended) return fail(appended.error());
    return appended->at(0);
  }
  // Until it is stored, as a vendor sends again what was not answered 2xx.
  Appended deliver(const NewEvent& event) {
    for (;;) {
      if (auto appended = append(event)) return *appended;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  std::vector<News> news() {
    auto taken = loop.wait(store->take_news(100, start));
    return taken ? std::move(*taken) : std::vector<News>();
  }
  // Folds in what there is; notes the events of each step that won.
  int work(std::vector<std::int64_t>& folded, std::atomic<int>& conflicts) {
    int steps = 0;
    for (const auto& one : news()) {
      std::vector<Step> all{step_of(one)};
      const auto done = loop.wait(store->commit_steps(std::move(all)));
      if (!done) continue;
      if (done->at(0).conflict) {
        ++conflicts;
        continue;
      }
      ++steps;
      for (const auto& event : one.events) folded.push_back(event.id.value);
    }
    return steps;
  }

  test::ManualLoop loop;
  std::unique_ptr<Store> store;
};

class PostgresStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    url = server().make_database(name);
    Node node(url, "setup");
    for (const auto& [id, role] : {std::pair{source_id, "source"}, std::pair{hero_id, "destination"}}) {
      const auto added = node.loop.wait(node.store->add_connection(connection(id, role), "{}"));
      ASSERT_TRUE(added) << added.error().message;
    }
  }
  void TearDown() override { server().drop_database(name); }
  virtual PostgresServer& server() { return PostgresServer::shared(); }
  std::string sql(const std::string& text) { return server().sql(name, text); }

  const std::string name = "store_test";
  std::string url;
};

}  // namespace backhaul::store::postgres
