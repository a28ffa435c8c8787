// What working on one return costs must not grow with how many others there are. Counted in steps of SQLite's virtual
// machine, which are the same on every machine.

#include <sqlite3.h>

#include <fmt/format.h>
#include <atomic>

#include "store/conformance_test.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace backhaul::store {
namespace {

using returns::EffectKind;

std::atomic<std::int64_t> steps{0};

int add_steps(unsigned /*event*/, void* /*context*/, void* statement, void* /*nanoseconds*/) {
  steps += sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, 1);
  return 0;
}

// Every connection opened from here on.
int count_in(sqlite3* db, char** /*error*/, const sqlite3_api_routines* /*api*/) {
  return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, add_steps, nullptr);
}

struct SqliteCost : StoreConformance {
  void SetUp() override {
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(count_in));
    StoreConformance::SetUp();
  }
  void TearDown() override { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(count_in)); }

  // Returns like most of a shop's: one is over, one waits for its parcel, one has a job that is not due, one was set
  // aside.
  void fill(int count) {
    for (int i = 0; i < count; ++i) {
      const auto name = fmt::format("{}-{}", filled, i);
      make_return("over-" + name);
      const auto id = make_return("open-" + name, {effect("create_rma/con_hero/1", EffectKind::create_rma)});
      auto linked = next_step(id);
      linked.rmas = {{.connection = hero_id, .generation = 1, .id = ExternalId{"rma-" + name}, .reference = "r"}};
      commit(std::move(linked));
      for (const auto& job : claim()) ok(store->finish(finish_of(job)));
      auto later = effect("create_rma/con_other/1", EffectKind::create_rma, other_id);
      later.not_before = start + Millis{1'000'000};
      make_return("later-" + name, {later});
    }
    ++filled;
  }

  // A return from its delivery to its RMA and what the warehouse tells of it, shown to a person.
  std::int64_t cost_of_one(const std::string& name) {
    const auto before = steps.load();
    append(delivery(name, "body of " + name));
    auto made = step_of(only_news());
    made.jobs.push_back({.effect = effect("create_rma/con_hero/1", EffectKind::create_rma), .lease = std::nullopt});
    commit(std::move(made));
    EXPECT_EQ(get(store->due_connections(start)).now.size(), 1U);
    auto jobs = claim();
    EXPECT_EQ(jobs.size(), 1U);
    auto end = finish_of(jobs.at(0));
    end.outcome = "{}";
    ok(store->finish(std::move(end)));
    auto linked = step_of(only_news());
    linked.rmas = {{.connection = hero_id, .generation = 1, .id = ExternalId{"rma of " + name}, .reference = "r"}};
    commit(std::move(linked));
    append(delivery("rma of " + name, "received " + name, hero_id));
    commit(step_of(only_news()));
    EXPECT_TRUE(news().empty());
    const auto shown = get(store->find_return(name)).id;
    EXPECT_GE(get(store->events_of_return(shown, true)).size(), 3U);
    EXPECT_EQ(get(store->jobs_of_return(shown)).size(), 1U);
    EXPECT_TRUE(get(store->list_returns({.needs_attention = true})).empty());
    EXPECT_TRUE(get(store->list_returns({.order_name = "#7"})).empty());
    return steps.load() - before;
  }

  int filled = 0;
};

TEST_P(SqliteCost, DoesNotGrowWithTheNumberOfReturns) {
  fill(10);
  cost_of_one("warms up");
  const auto few = cost_of_one("among 30");
  fill(290);
  const auto many = cost_of_one("among 900");
  EXPECT_GT(few, 100);
  EXPECT_LT(many, few + few / 10) << "a statement walks rows that it does not ask for";
}

INSTANTIATE_TEST_SUITE_P(SqliteFile, SqliteCost,
                         testing::Values(Backend{.name = "sqlite", .open = [](const std::filesystem::path& folder) {
                                                   SqliteOptions options;
                                                   options.file = folder / "backhaul.db";
                                                   auto opened = open_sqlite(std::move(options));
                                                   if (!opened) throw std::runtime_error(opened.error().message);
                                                   return std::move(*opened);
                                                 }}));

}  // namespace
}  // namespace backhaul::store
