#pragma once
// What the tests of a move share: a store filled through its own interface, and everything it says about itself.

#include "store/conformance_test.hpp"
#include "store/move.hpp"
#include "store/postgres/movable.hpp"
#include "store/postgres/postgres_store.hpp"
#include "store/sqlite/movable.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "support/postgres_server.hpp"

namespace backhaul::store {

// A store in use by one thread.
class InUse {
 public:
  explicit InUse(Result<std::unique_ptr<Store>, Problem> opened) {
    if (!opened) throw std::runtime_error(opened.error().message);
    store = std::move(*opened);
  }
  template <class T>
  T get(async::Task<Stored<T>> task) {
    auto result = loop.wait(std::move(task));
    if (!result) throw std::runtime_error(result.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }
  Appended append(NewEvent event) {
    std::vector<NewEvent> events;
    events.push_back(std::move(event));
    return get(store->append(std::move(events))).at(0);
  }
  // Folds in all news about `subject`, with what `change` adds to the step.
  ReturnId step(const std::string& subject, const std::function<void(Step&)>& change = {}) {
    for (const auto& news : get(store->take_news(100, start))) {
      if (news.source_id.value != subject) continue;
      std::vector<Step> steps{step_of(news)};
      if (change) change(steps.front());
      const auto done = get(store->commit_steps(std::move(steps)));
      if (!done.at(0).conflict) return done.at(0).id;
    }
    throw std::runtime_error("no news about " + subject);
  }
  ReturnId make_return(const std::string& subject, const std::function<void(Step&)>& change = {}) {
    append(delivery(subject, "body of " + subject));
    return step(subject, change);
  }
  std::vector<Job> claim(int limit) {
    return get(store->claim_jobs(hero_id, limit, {.node = "n1", .until = start + Millis{60'000}}, start));
  }

  test::ManualLoop loop;
  std::unique_ptr<Store> store;
};

// A hub's life in short: every table has rows, jobs are in every state, and texts are odd.
void fill(InUse& in);
// Everything the store tells, as text.
std::string told_by(InUse& in);

class PostgresMove : public testing::Test {
 protected:
  void SetUp() override { url = server().make_database(name); }
  void TearDown() override { server().drop_database(name); }
  static test::PostgresServer& server() { return test::PostgresServer::shared(); }
  std::string sql(const std::string& text) { return server().sql(name, text); }
  [[nodiscard]] std::filesystem::path file() const { return folder.path / "backhaul.db"; }

  [[nodiscard]] auto open_file(const std::string& in = "backhaul.db") const {
    SqliteOptions options;
    options.file = folder.path / in;
    return open_sqlite(std::move(options));
  }
  [[nodiscard]] auto open_database(const std::string& node = "n2") const {
    return open_postgres({.url = url, .node = node, .on_news = {}, .on_jobs = {}});
  }
  static MoveOptions quick() { return {.now = start, .batch_rows = 2}; }

  Result<Moved, Problem> move(const MoveOptions& options = quick()) {
    auto from = open_sqlite_to_move(file());
    auto to = open_postgres_to_move(url);
    if (!from || !to) return fail(from ? to.error() : from.error());
    return move_store(**from, **to, options);
  }
  Result<void, Problem> undo() {
    auto from = open_sqlite_to_move(file());
    auto to = open_postgres_to_move(url);
    if (!from || !to) return fail(from ? to.error() : from.error());
    return undo_move(**from, **to, quick());
  }
  Result<Moved, Problem> move_back(const std::string& into, Time now = start) {
    auto from = open_postgres_to_move(url);
    auto to = open_sqlite_to_move(folder.path / into);
    if (!from || !to) return fail(from ? to.error() : from.error());
    auto options = quick();
    options.now = now;
    return move_store(**from, **to, options);
  }

  const std::string name = "move_test";
  std::string url;
  TemporaryFolder folder;
};

}  // namespace backhaul::store
