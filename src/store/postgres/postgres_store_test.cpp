// What only the PostgreSQL store does: several nodes at once, connections that are cut, migrations.

#include <set>

#include "store/postgres/connection.hpp"
#include "store/postgres/migrations.hpp"
#include "store/postgres/postgres_fixture.hpp"

namespace backhaul::store::postgres {
namespace {

TEST_F(PostgresStoreTest, Law2OnceOfTheSameDeliveryAtSeveralNodesOneIsNews) {
  constexpr int subjects = 60;
  std::atomic<int> first{0};
  const auto deliver_all = [&](const std::string& who) {
    Node node(url, who);
    for (int i = 0; i < subjects; ++i) {
      auto with_id = delivery("m" + std::to_string(i), "body");
      with_id.message_id = "id";
      for (const auto& event : {delivery(std::to_string(i), "body"), with_id}) {
        const auto appended = node.append(event);
        ASSERT_TRUE(appended) << appended.error().message;
        if (!appended->duplicate) ++first;
      }
    }
  };
  std::thread one(deliver_all, "n1");
  std::thread two(deliver_all, "n2");
  std::thread three(deliver_all, "n3");
  one.join();
  two.join();
  three.join();
  EXPECT_EQ(first, 2 * subjects);
  EXPECT_EQ(sql("SELECT count(*) FROM events WHERE duplicate_of IS NOT NULL"), std::to_string(4 * subjects));
  EXPECT_EQ(sql("SELECT count(*) FROM events d JOIN events f ON f.seq = d.duplicate_of WHERE f.subject <> d.subject "
                "OR f.seq > d.seq"),
            "0");
}

// A statement that waits to alter a table closes it to all who come after.
TEST_F(PostgresStoreTest, AMigrationThatMustWaitLetsOthersThrough) {
  migrate(url);
  while (schema_versions(url).found > 2) migrate_down(url);
  const auto reader = connect(url, "backhaul test");
  run_plain(reader.get(), "SET idle_in_transaction_session_timeout = 0");
  run_plain(reader.get(), "BEGIN");
  run_plain(reader.get(), "SELECT count(*) FROM subjects");
  std::atomic<bool> migrated{false};
  std::jthread migrating([&] {
    migrate(url);
    migrated = true;
  });
  for (int i = 0; i < 8; ++i) {
    // As patient as a node.
    EXPECT_EQ(sql("SET lock_timeout = '5s'; SELECT count(*) FROM subjects"), "0");
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  EXPECT_FALSE(migrated);
  run_plain(reader.get(), "COMMIT");
  migrating.join();
  EXPECT_TRUE(schema_versions(url).up_to_date());
}

// Each version of a row has an entry in each of its indexes.
TEST_F(PostgresStoreTest, ANewSubjectIsWrittenOnceWithItsFirstDelivery) {
  Node node(url, "n1");
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(node.append(delivery(std::to_string(i), "body")));
  EXPECT_EQ(
      sql("SELECT count(*) FROM subjects s JOIN events e ON e.subject = s.id WHERE s.news = e.seq AND s.last_news "
          "= e.seq AND s.digest_event = e.seq"),
      "10");
  EXPECT_EQ(sql("SELECT max((ctid::text::point)[1]) FROM subjects"), "10") << "the last row is the tenth version";
  EXPECT_TRUE(node.append(delivery("3", "body"))->duplicate);
  EXPECT_FALSE(node.append(delivery("3", "other"))->duplicate);
  EXPECT_EQ(sql("SELECT max((ctid::text::point)[1]) FROM subjects"), "11")
      << "what is new about it is written once more";
}

// Deliveries about few returns reach two nodes while two nodes fold them in: each is folded in once, whoever does it.
TEST_F(PostgresStoreTest, Law1KeptNodesThatReceiveAndWorkAtOnceLoseNothingAndDoNothingTwice) {
  constexpr int each = 200;
  std::atomic<int> receiving{2};
  std::atomic<int> conflicts{0};
  const auto receive = [&](const std::string& who) {
    Node node(url, who);
    for (int i = 0; i < each; ++i) node.deliver(delivery(std::to_string(i % 7), who + std::to_string(i)));
    --receiving;
  };
  std::vector<std::int64_t> folded_by_one, folded_by_two;
  const auto work = [&](const std::string& who, std::vector<std::int64_t>& folded) {
    Node node(url, who);
    while (receiving > 0 || sql("SELECT 1 FROM subjects WHERE news IS NOT NULL LIMIT 1") == "1") {
      node.work(folded, conflicts);
    }
  };
  std::thread a(receive, "r1");
  std::thread b(receive, "r2");
  std::thread c(work, "w1", std::ref(folded_by_one));
  std::thread d(work, "w2", std::ref(folded_by_two));
  for (auto* thread : {&a, &b, &c, &d}) thread->join();
  std::multiset<std::int64_t> all(folded_by_one.begin(), folded_by_one.end());
  all.insert(folded_by_two.begin(), folded_by_two.end());
  EXPECT_EQ(all.size(), 2U * each);
  EXPECT_EQ(std::set<std::int64_t>(all.begin(), all.end()).size(), all.size()) << "an event was folded in twice";
  EXPECT_EQ(sql("SELECT count(*) FROM returns"), "7");
  EXPECT_EQ(
      sql("SELECT count(*) FROM subjects WHERE last_news <> (SELECT max(seq) FROM events WHERE subject = subjects.id "
          "AND kind = 'delivery')"),
      "0");
}

TEST_F(PostgresStoreTest, NewsIsOneNodesUntilItsStepOrItsTime) {
  Node one(url, "n1");
  Node two(url, "n2");
  one.deliver(delivery("9001", "a"));
  const auto taken = two.news();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_TRUE(one.news().empty()) << "the other works on it";
  EXPECT_EQ(two.news().size(), 1U) << "and may take it again";
  std::vector<Step> steps{step_of(taken[0])};
  ASSERT_TRUE(two.loop.wait(two.store->commit_steps(std::move(steps))));
  one.deliver(delivery("9001", "b"));
  EXPECT_EQ(one.news().size(), 1U);
  EXPECT_TRUE(two.news().empty());
  sql("UPDATE subjects SET held_until = now() - interval '1 s'");
  EXPECT_EQ(two.news().size(), 1U) << "a node that stopped does not keep it";
}

TEST_F(PostgresStoreTest, ALookForNewsReadsWhatItTakesAndNotAllThatWaits) {
  Node node(url, "n1");
  const auto read = [&] {
    // The server adds up once a second.
    std::this_thread::sleep_for(std::chrono::milliseconds(1'100));
    EXPECT_EQ(node.news().size(), 100U);
    return std::stoll(sql("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'subjects_news'"));
  };
  sql("INSERT INTO subjects (connection, external_id, news, last_news) SELECT c.number, 'waits' || n, n, n "
      "FROM connections c, generate_series(1, 20000) AS n WHERE c.role = 'source'");
  const auto before = read();
  const auto after = read();
  EXPECT_GT(after, before);
  EXPECT_LT(after - before, 2'000);
}

TEST_F(PostgresStoreTest, AReadBegunNowIsNewerThanWhatAnyNodeReceivedBefore) {
  Node one(url, "n1");
  Node two(url, "n2");
  const auto there = two.deliver(delivery("9001", "a"));
  EXPECT_LT(one.store->newest_event(), there.id);
  ASSERT_TRUE(one.loop.wait(one.store->claim_jobs(hero_id, 1, {.node = "n1", .until = start}, start)));
  EXPECT_EQ(one.store->newest_event(), there.id) << "known with the claim, before the job begins";
  const auto later = two.deliver(delivery("9001", "b"));
  ASSERT_TRUE(one.loop.wait(one.store->cursor(hero_id, "changes")));
  EXPECT_EQ(one.store->newest_event(), later.id) << "and with the cursor, before a poll";
}

TEST_F(PostgresStoreTest, NodesClaimDifferentJobs) {
  Node one(url, "n1");
  Node two(url, "n2");
  one.deliver(delivery("9001", "a"));
  auto step = step_of(one.news().at(0));
  for (int i = 0; i < 40; ++i) {
    step.jobs.push_back(
        {.effect = effect("e" + std::to_string(i), returns::EffectKind::create_rma), .lease = std::nullopt});
  }
  std::vector<Step> steps{step};
  ASSERT_TRUE(one.loop.wait(one.store->commit_steps(std::move(steps))));
  std::vector<std::int64_t> ones, twos;
  const auto claim_all = [](Node& node, const std::string& who, std::vector<std::int64_t>& into) {
    for (int i = 0; i < 20; ++i) {
      const auto jobs =
          node.loop.wait(node.store->claim_jobs(hero_id, 3, {.node = who, .until = start + Millis{60'000}}, start));
      ASSERT_TRUE(jobs);
      for (const auto& job : *jobs) into.push_back(job.id.value);
    }
  };
  std::thread first(claim_all, std::ref(one), "n1", std::ref(ones));
  std::thread second(claim_all, std::ref(two), "n2", std::ref(twos));
  first.join();
  second.join();
  std::set<std::int64_t> all(ones.begin(), ones.end());
  all.insert(twos.begin(), twos.end());
  EXPECT_EQ(all.size(), 40U);
  EXPECT_EQ(ones.size() + twos.size(), 40U) << "none was claimed twice";
}

// A node is stopped in the middle of a transaction, holding the lock of a subject.
TEST_F(PostgresStoreTest, ANodeThatStopsWithALockHoldsOthersUpForSecondsOnly) {
  Node node(url, "n1");
  node.deliver(delivery("9001", "a"));
  const auto stopped = connect(url, "stopped");
  run_plain(stopped.get(), "BEGIN");
  run_plain(stopped.get(), "SELECT 1 FROM subjects WHERE external_id = '9001' FOR UPDATE");
  const auto begun = std::chrono::steady_clock::now();
  const auto appended = node.append(delivery("9001", "b"));
  EXPECT_TRUE(appended) << appended.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  EXPECT_THROW(run_plain(stopped.get(), "COMMIT"), PgError) << "its late write is refused";
}

TEST_F(PostgresStoreTest, Law7ApartOneBadRequestOfABatchFailsAlone) {
  Node node(url, "n1");
  const auto blocker = connect(url, "blocker");
  run_plain(blocker.get(), "BEGIN; LOCK TABLE journal IN ACCESS EXCLUSIVE MODE");
  std::vector<Stored<std::vector<Appended>>> answers;
  const auto begin = [&](NewEvent event) {
    std::vector<NewEvent> events;
    events.push_back(std::move(event));
    node.loop.start([](Store& store, std::vector<NewEvent> what, auto& into) -> async::Task<void> {
      auto appending = store.append(std::move(what));
      into.push_back(co_await std::move(appending));
    }(*node.store, std::move(events), answers));
  };
  for (int i = 0; i < 20; ++i) {
    begin(delivery(std::to_string(i), "body", i == 7 ? ConnectionId{"con_nobody"} : source_id));
  }
  run_plain(blocker.get(), "ROLLBACK");
  while (answers.size() < 20) node.loop.run_ready();
  int failed = 0;
  for (const auto& answer : answers) {
    if (answer) continue;
    ++failed;
    EXPECT_EQ(answer.error().kind, Error::Kind::not_found);
  }
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(sql("SELECT count(*) FROM journal"), "19");
}

TEST_F(PostgresStoreTest, Law1KeptTextNobodyCanStoreIsKeptAsFarAsItIsText) {
  Node node(url, "n1");
  auto odd = delivery(std::string("90\0"
                                  "01\xff",
                                  6),
                      std::string("\0\xff", 2));
  odd.message_id = "m\xc3";
  EXPECT_FALSE(node.deliver(odd).duplicate);
  EXPECT_TRUE(node.deliver(odd).duplicate);
  const auto told = node.news().at(0);
  EXPECT_EQ(told.source_id.value, "90?01?");
  EXPECT_EQ(told.events.at(0).body, odd.body);
}

TEST_F(PostgresStoreTest, UpAndDownAreAPair) {
  const auto things = [&] {
    return sql("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')");
  };
  const auto made = things();
  migrate(url);
  EXPECT_EQ(things(), made) << "up to date is left alone";
  for (auto left = schema_versions(url).known; left > 0; --left) migrate_down(url);
  EXPECT_EQ(things(), "1") << "the list of migrations stays";
  migrate(url);
  EXPECT_EQ(things(), made);
}

TEST_F(PostgresStoreTest, TheSchemaIsLookedAtWithoutAChangeAndThenMigrated) {
  EXPECT_TRUE(postgres_schema(url)->up_to_date());
  const auto known = postgres_schema(url)->known;
  migrate_down(url);
  EXPECT_EQ(postgres_schema(url)->found, known - 1);
  EXPECT_EQ(postgres_schema(url)->found, known - 1) << "looking changes nothing";
  EXPECT_EQ(migrate_postgres(url)->found, known - 1);
  EXPECT_EQ(postgres_schema(url)->found, known);
  const auto empty = server().make_database("schema_test");
  EXPECT_EQ(postgres_schema(empty)->found, 0);
  server().drop_database("schema_test");
}

TEST_F(PostgresStoreTest, ANewerSchemaIsRefusedOnlyWhenItSaysSo) {
  sql("INSERT INTO migrations (version, understood_from) VALUES (99, 1)");
  { Node works(url, "n1"); }
  sql("INSERT INTO migrations (version, understood_from) VALUES (100, 98)");
  const auto opened = open_postgres({.url = url, .node = "n1", .on_news = {}, .on_jobs = {}});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("schema version 100"), std::string::npos) << opened.error().message;
}

TEST_F(PostgresStoreTest, ASessionThatDoesNotFlushIsPutRight) {
  sql("ALTER DATABASE store_test SET synchronous_commit = off");
  const auto connection = connect(url, "t");
  EXPECT_EQ(run_plain(connection.get(), "SHOW synchronous_commit")[0].text(0), "on");
}

TEST_F(PostgresStoreTest, ADatabaseInAnotherEncodingIsRefused) {
  server().sql("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
  const auto opened = open_postgres({.url = server().url("latin"), .node = "n1", .on_news = {}, .on_jobs = {}});
  server().drop_database("latin");
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("LATIN1"), std::string::npos) << opened.error().message;
}

TEST_F(PostgresStoreTest, AServerThatCannotBeReachedIsAProblem) {
  const auto opened =
      open_postgres({.url = "postgres:///none?host=/nonexistent", .node = "n1", .on_news = {}, .on_jobs = {}});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("store.url"), std::string::npos) << opened.error().message;
}

TEST_F(PostgresStoreTest, OtherNodesHearOfNewsAndJobs) {
  std::atomic<int> news{0};
  std::atomic<int> jobs{0};
  auto opened = open_postgres({.url = url, .node = "n2", .on_news = [&] { ++news; }, .on_jobs = [&] { ++jobs; }});
  ASSERT_TRUE(opened) << opened.error().message;
  const auto wait_for = [](const std::atomic<int>& count, int least) {
    for (int i = 0; i < 500 && count < least; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return count >= least;
  };
  ASSERT_TRUE(wait_for(news, 1)) << "it looks once when it begins to listen";
  news = jobs = 0;
  Node one(url, "n1");
  one.deliver(delivery("9001", "a"));
  EXPECT_TRUE(wait_for(news, 1));
  auto step = step_of(one.news().at(0));
  step.jobs.push_back({.effect = effect("e", returns::EffectKind::create_rma), .lease = std::nullopt});
  std::vector<Step> steps{step};
  ASSERT_TRUE(one.loop.wait(one.store->commit_steps(std::move(steps))));
  EXPECT_TRUE(wait_for(jobs, 1));
}

// Connections are cut again and again, at any instruction. What was answered is stored, and a delivery sent again
// because it was not answered is a duplicate or the first: each is folded in once.
TEST_F(PostgresStoreTest, Law1KeptAnswersLostWithTheConnectionAreHarmless) {
  std::atomic<bool> cutting{true};
  std::thread cutter([&] {
    while (cutting) {
      sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'backhaul %'");
      std::this_thread::sleep_for(std::chrono::milliseconds(70));
    }
  });
  constexpr int each = 200;
  std::vector<std::int64_t> folded;
  std::atomic<int> conflicts{0};
  int answered = 0;
  {
    std::unique_ptr<Node> node;
    while (node == nullptr) {
      try {
        node = std::make_unique<Node>(url, "n1");
      } catch (const std::exception&) {
        // cut while it connected
      }
    }
    for (int i = 0; i < each; ++i) {
      const auto appended = node->deliver(delivery(std::to_string(i % 5), "body " + std::to_string(i)));
      EXPECT_TRUE(appended.id);
      ++answered;
      if (i % 3 == 0) node->work(folded, conflicts);
    }
    cutting = false;
    cutter.join();
    while (sql("SELECT 1 FROM subjects WHERE news IS NOT NULL LIMIT 1") == "1") node->work(folded, conflicts);
  }
  EXPECT_EQ(answered, each);
  EXPECT_EQ(sql("SELECT count(*) FROM events WHERE kind = 'delivery' AND duplicate_of IS NULL"), std::to_string(each))
      << "each was first once";
  EXPECT_EQ(std::set<std::int64_t>(folded.begin(), folded.end()).size(), folded.size()) << "none twice";
  EXPECT_LE(folded.size(), static_cast<std::size_t>(each)) << "a step whose answer was lost is not counted here";
  EXPECT_EQ(sql("SELECT count(*) FROM returns"), "5");
}

}  // namespace
}  // namespace backhaul::store::postgres
