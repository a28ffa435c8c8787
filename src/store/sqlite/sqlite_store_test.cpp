// What only the SQLite store does: group commit, a full disk, migrations, two processes on one file.

#include "store/sqlite/sqlite_store.hpp"

#include <atomic>
#include <thread>

#include "store/conformance_test.hpp"
#include "store/sqlite/database.hpp"

namespace backhaul::store::sqlite {
namespace {

struct SqliteStoreTest : testing::Test {
  [[nodiscard]] std::filesystem::path file() const { return folder.path / "backhaul.db"; }

  void open(std::int64_t pages_max = 0) {
    store.reset();
    SqliteOptions options;
    options.file = file();
    options.pages_max = pages_max;
    options.on_news = [this] { ++commits_with_news; };
    auto opened = open_sqlite(std::move(options));
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
  }
  void add_source() {
    const auto added = loop.wait(store->add_connection(connection(source_id, "source"), "{}"));
    ASSERT_TRUE(added) << added.error().message;
  }
  Stored<std::vector<Appended>> append(NewEvent event) {
    std::vector<NewEvent> events;
    events.push_back(std::move(event));
    return loop.wait(store->append(std::move(events)));
  }
  // Begins an append without waiting for it.
  void begin(NewEvent event) {
    std::vector<NewEvent> events;
    events.push_back(std::move(event));
    loop.start(collect(store->append(std::move(events))));
  }
  async::Task<void> collect(async::Task<Stored<std::vector<Appended>>> task) {
    answers.push_back(co_await std::move(task));
  }
  void wait_for_answers(std::size_t count) {
    while (answers.size() < count) loop.run_ready();
  }
  std::int64_t journal_rows() {
    Database db(file().string());
    auto query = db.query("SELECT count(*) FROM journal");
    return query.step() ? query.number(0) : -1;
  }

  TemporaryFolder folder;
  test::ManualLoop loop;
  std::atomic<int> commits_with_news{0};
  std::vector<Stored<std::vector<Appended>>> answers;
  std::unique_ptr<Store> store;
};

// While another process holds the write lock the first request waits with its transaction, and all others gather behind
// it.
TEST_F(SqliteStoreTest, RequestsThatGatherShareACommit) {
  open();
  add_source();
  constexpr std::size_t many = 400;
  {
    Database other(file().string());
    const Transaction lock(other);
    for (std::size_t i = 0; i < many; ++i) begin(delivery(std::to_string(i), "body " + std::to_string(i)));
  }
  wait_for_answers(many);
  EXPECT_GE(commits_with_news, 1);
  EXPECT_LE(commits_with_news, 2);
  for (const auto& answer : answers) EXPECT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(journal_rows(), static_cast<std::int64_t>(many));
}

TEST_F(SqliteStoreTest, Law7ApartOneBadRequestOfACommitFailsAlone) {
  open();
  add_source();
  {
    Database other(file().string());
    const Transaction lock(other);
    for (int i = 0; i < 20; ++i)
      begin(delivery(std::to_string(i), "body", i == 7 ? ConnectionId{"con_nobody"} : source_id));
  }
  wait_for_answers(20);
  int failed = 0;
  for (const auto& answer : answers) {
    if (answer) continue;
    ++failed;
    EXPECT_EQ(answer.error().kind, Error::Kind::not_found);
  }
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(journal_rows(), 19);
}

TEST_F(SqliteStoreTest, Law9BoundedMoreThanTheDiskCanTakeIsRefusedAtOnce) {
  open();
  add_source();
  constexpr std::size_t too_many = 10'000;
  {
    Database other(file().string());
    const Transaction lock(other);
    for (std::size_t i = 0; i < too_many; ++i) begin(delivery(std::to_string(i), "b"));
    loop.run_ready();
    ASSERT_FALSE(answers.empty()) << "refused without waiting for the disk";
    for (const auto& answer : answers) ASSERT_EQ(answer.error().kind, Error::Kind::unavailable);
  }
  wait_for_answers(too_many);
  EXPECT_EQ(journal_rows(), std::ranges::count_if(answers, [](const auto& answer) { return answer.has_value(); }));
}

TEST_F(SqliteStoreTest, Law1KeptAFullDiskIsUnavailableAndNothingIsHalfWritten) {
  open(120);
  add_source();
  const auto large = noise(100'000);
  std::int64_t kept = 0;
  Stored<std::vector<Appended>> answer;
  while ((answer = append(delivery(std::to_string(kept), large)))) {
    ++kept;
    ASSERT_LT(kept, 60) << "120 pages of 8 KiB hold fewer bodies";
  }
  EXPECT_GT(kept, 0);
  EXPECT_EQ(answer.error().kind, Error::Kind::unavailable);
  EXPECT_EQ(append(delivery("again", large)).error().kind, Error::Kind::unavailable);
  EXPECT_EQ(journal_rows(), kept);
  const auto news = loop.wait(store->take_news(1'000, start));
  ASSERT_TRUE(news) << "reading goes on";
  EXPECT_EQ(news->size(), static_cast<std::size_t>(kept)) << "no subject without its event";

  open();
  EXPECT_TRUE(append(delivery("after", large))) << "and so does writing, once there is room";
  EXPECT_EQ(journal_rows(), kept + 1);
}

TEST_F(SqliteStoreTest, OneFileServesTwoProcessesAtOnce) {
  open();
  add_source();
  constexpr int each = 60;
  const auto write = [this](const std::string& who) {
    SqliteOptions options;
    options.file = file();
    auto mine = open_sqlite(std::move(options));
    ASSERT_TRUE(mine) << mine.error().message;
    test::ManualLoop own_loop;
    for (int i = 0; i < each;) {
      std::vector<NewEvent> events{delivery(who + std::to_string(i), "b")};
      const auto done = own_loop.wait((*mine)->append(std::move(events)));
      // On a busy disk one may wait for the other for too long; then nothing was written, and it is asked for again.
      if (!done) {
        ASSERT_EQ(done.error().kind, Error::Kind::unavailable) << done.error().message;
        continue;
      }
      ++i;
    }
  };
  std::thread one(write, "a");
  std::thread two(write, "b");
  one.join();
  two.join();
  EXPECT_EQ(journal_rows(), 2 * each);
  EXPECT_EQ(loop.wait(store->take_news(1'000, start))->size(), static_cast<std::size_t>(2 * each))
      << "the third sees all";
}

TEST(SqliteMigrations, UpAndDownAreAPair) {
  const TemporaryFolder folder;
  Database db((folder.path / "m.db").string());
  const auto things = [&] {
    auto query = db.query("SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'");
    return query.step() ? query.number(0) : -1;
  };
  migrate(db);
  const auto made = things();
  EXPECT_GT(made, 0);
  migrate(db);
  EXPECT_EQ(things(), made) << "up to date is left alone";
  for (auto left = known_schema(); left > 0; --left) migrate_down(db);
  EXPECT_EQ(things(), 0);
  migrate_down(db);
  migrate(db);
  EXPECT_EQ(things(), made);
}

TEST_F(SqliteStoreTest, LongBodiesArePackedAndBecomeTextAgainWhenTheMigrationIsTakenBack) {
  open();
  add_source();
  const std::string body = R"({"text":")" + std::string(2'000, 'x') + "\"}";
  ASSERT_TRUE(append(delivery("1", body)));
  ASSERT_TRUE(append(delivery("2", "short")));
  store.reset();
  Database db(file().string());
  const auto kept = [&db] {
    std::vector<std::string> bodies;
    auto query = db.query("SELECT body FROM journal ORDER BY seq");
    while (query.step()) bodies.emplace_back(query.text(0));
    return bodies;
  };
  const auto packed = kept();
  ASSERT_EQ(packed.size(), 2U);
  EXPECT_LT(packed[0].size(), 100U);
  EXPECT_EQ(packed[1], "short");
  while (schema_versions(db).found > 2) migrate_down(db);
  EXPECT_EQ(kept(), (std::vector<std::string>{body, "short"}));
}

TEST_F(SqliteStoreTest, APackedBodyThatWasDamagedIsAnErrorAndNotATextOfAnotherLength) {
  open();
  add_source();
  ASSERT_TRUE(append(delivery("1", std::string(2'000, 'x'))));
  for (const char* damage : {"packed_from = 1000", "packed_from = -1", "packed_from = 3000000000", "body = x'ffff'"}) {
    const TemporaryFolder copy;
    std::filesystem::copy(file(), copy.path / "damaged.db");
    std::filesystem::copy(file().string() + "-wal", copy.path / "damaged.db-wal");
    Database db((copy.path / "damaged.db").string());
    db.script(std::string("UPDATE journal SET ") + damage);
    auto query = db.query("SELECT unpacked(body, packed_from) FROM journal");
    EXPECT_THROW(query.step(), SqliteError) << damage;
  }
}

TEST_F(SqliteStoreTest, TheSchemaIsLookedAtWithoutMakingAFileAndThenMigrated) {
  const auto none = sqlite_schema(file());
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_EQ(none->found, 0);
  EXPECT_FALSE(none->up_to_date());
  EXPECT_FALSE(std::filesystem::exists(file()));
  const auto migrated = migrate_sqlite(file());
  ASSERT_TRUE(migrated) << migrated.error().message;
  EXPECT_EQ(migrated->found, 0);
  EXPECT_EQ(sqlite_schema(file())->found, known_schema());
  EXPECT_TRUE(sqlite_schema(file())->up_to_date());
  {
    Database db(file().string());
    migrate_down(db);
  }
  EXPECT_EQ(sqlite_schema(file())->found, known_schema() - 1);
  EXPECT_EQ(migrate_sqlite(file())->found, known_schema() - 1);
}

TEST_F(SqliteStoreTest, ADatabaseOfANewerVersionIsRefusedUntouched) {
  open();
  add_source();
  store.reset();
  {
    Database db(file().string());
    db.script("PRAGMA user_version = 99");
  }
  SqliteOptions options;
  options.file = file();
  const auto opened = open_sqlite(std::move(options));
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("schema version 99"), std::string::npos) << opened.error().message;
  EXPECT_NE(opened.error().message.find(file().string()), std::string::npos);
  Database db(file().string());
  auto query = db.query("PRAGMA user_version");
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.number(0), 99);
}

TEST_F(SqliteStoreTest, AFileThatCannotBeOpenedIsAProblemThatNamesIt) {
  SqliteOptions options;
  options.file = folder.path / "no such folder" / "backhaul.db";
  const auto opened = open_sqlite(options);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("no such folder"), std::string::npos);
}

TEST_F(SqliteStoreTest, WhatIsNoDatabaseIsAProblem) {
  std::FILE* junk = std::fopen(file().c_str(), "w");
  ASSERT_NE(junk, nullptr);
  for (int i = 0; i < 4'096; ++i) std::fputs("not a database ", junk);
  std::fclose(junk);
  SqliteOptions options;
  options.file = file();
  EXPECT_FALSE(open_sqlite(options));
}

TEST(SqliteTransactions, AreRolledBackUnlessCommitted) {
  const TemporaryFolder folder;
  Database db((folder.path / "t.db").string());
  db.script("CREATE TABLE t (n INTEGER)");
  {
    const Transaction dropped(db);
    db.run("INSERT INTO t VALUES (1)");
  }
  {
    Transaction kept(db);
    db.run("INSERT INTO t VALUES (2)");
    kept.commit();
  }
  auto query = db.query("SELECT sum(n) FROM t");
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.number(0), 2);
}

}  // namespace
}  // namespace backhaul::store::sqlite
