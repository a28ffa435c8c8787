// Moving a store between a real SQLite file and a real PostgreSQL server.

#include "store/move.hpp"

#include "store/move_fixture.hpp"
#include "store/sqlite/database.hpp"

namespace backhaul::store {
namespace {

struct Killed {};

// Ends the move when it tells of its progress for the n-th time, as a kill would: what was not committed is lost.
MoveOptions killed_at(int n, MoveOptions options) {
  options.progress = [left = n](const MoveProgress&) mutable {
    if (--left == 0) throw Killed{};
  };
  return options;
}

// In the moment between the source's seal and the target's opening.
MoveOptions killed_when(std::string_view doing, MoveOptions options) {
  options.progress = [doing](const MoveProgress& progress) {
    if (progress.doing == doing) throw Killed{};
  };
  return options;
}

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class FilledPostgresMove : public PostgresMove {
 protected:
  void SetUp() override {
    PostgresMove::SetUp();
    InUse in(open_file());
    fill(in);
    before = told_by(in);
  }
  std::string told_after() {
    InUse in(open_database());
    return told_by(in);
  }
  // Expects the move to fail and to say all of these.
  void refused(const Result<Moved, Problem>& moved, const std::vector<std::string_view>& parts) {
    ASSERT_FALSE(moved);
    for (const auto part : parts) EXPECT_TRUE(says(moved.error().message, part)) << moved.error().message;
  }
  std::string before;
};

TEST_F(FilledPostgresMove, EverythingArrivesEqual) {
  const auto moved = move();
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(moved->tables.size(), moved_tables().size());
  for (const auto& table : moved->tables) {
    EXPECT_GT(table.rows, 0) << table.name << ": the test fills every table";
    EXPECT_EQ(table.changed, 0) << table.name;
  }
  EXPECT_EQ(told_after(), before);
}

TEST_F(FilledPostgresMove, NewRowsAreNumberedAfterThoseThatCame) {
  ASSERT_TRUE(move());
  const auto seq = std::stoll(sql("SELECT max(seq) FROM journal"));
  const auto id = std::stoll(sql("SELECT max(id) FROM returns"));
  InUse in(open_database());
  EXPECT_EQ(in.append(delivery("new", "b")).id.value, seq + 1);
  EXPECT_EQ(in.step("new",
                    [](Step& step) {
                      step.jobs.push_back(
                          {.effect = effect("create_rma/1", returns::EffectKind::create_rma), .lease = std::nullopt});
                    })
                .value,
            id + 1);
  in.get(in.store->add_connection(connection(ConnectionId{"con_new"}), "{}"));
  EXPECT_EQ(in.append(delivery("plain 2", std::string("\0\xff{\"a\":1}\n\\.\n", 13))).duplicate, true)
      << "the newest delivery's digest and number came too";
}

TEST_F(FilledPostgresMove, ItGoesOnWhereItWasKilledAndNeitherIsServedHalfMoved) {
  int kills = 0;
  for (int n = 1;; ++n) {
    try {
      const auto moved = move(killed_at(n, quick()));
      ASSERT_TRUE(moved) << moved.error().message;
      break;
    } catch (const Killed&) {
      ++kills;
    }
    const auto target = open_database();
    ASSERT_FALSE(target);
    EXPECT_TRUE(says(target.error().message, "not complete")) << target.error().message;
  }
  EXPECT_GT(kills, 20);
  EXPECT_EQ(told_after(), before);
}

TEST_F(FilledPostgresMove, KilledBetweenSealAndOpeningNeitherIsServedAndTheSameCommandCompletesIt) {
  EXPECT_THROW((void)move(killed_when("left", quick())), Killed);
  EXPECT_FALSE(open_file());
  EXPECT_FALSE(open_database());
  const auto moved = move();
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_FALSE(moved->before);
  EXPECT_EQ(told_after(), before);
  const auto again = move();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->before);
}

TEST_F(FilledPostgresMove, ARowChangedBehindItsBackFailsTheVerification) {
  EXPECT_THROW((void)move(killed_when("verifying", quick())), Killed);
  sql("UPDATE jobs SET last_error = 'x' WHERE id = 1");
  refused(move(), {"jobs: ", "differ", "--restart"});
  EXPECT_TRUE(open_file()) << "the source stays in use";
  EXPECT_FALSE(open_database());
  auto restart = quick();
  restart.restart = true;
  const auto moved = move(restart);
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(told_after(), before);
}

TEST_F(FilledPostgresMove, ASourceUsedSinceTheMoveBeganFailsTheVerification) {
  EXPECT_THROW((void)move(killed_when("verifying", quick())), Killed);
  {
    InUse in(open_file());
    in.append(delivery("plain 1", "used again"));
    before = told_by(in);
  }
  refused(move(), {"subjects: ", "--restart"});
  auto restart = quick();
  restart.restart = true;
  EXPECT_TRUE(move(restart));
  EXPECT_EQ(told_after(), before);
}

TEST_F(FilledPostgresMove, ARowTooMuchOrTooFewFailsTheVerification) {
  EXPECT_THROW((void)move(killed_when("verifying", quick())), Killed);
  sql("DELETE FROM attempts WHERE id = 1");
  refused(move(), {"attempts: "});
  sql("INSERT INTO cursors VALUES (1, 'another', 'x')");
  refused(move(), {"attempts: ", "cursors: "});
}

TEST_F(FilledPostgresMove, TheMovedSourceIsSealedAndSaysWhereItWent) {
  ASSERT_TRUE(move());
  const auto source = open_file();
  ASSERT_FALSE(source);
  EXPECT_TRUE(says(source.error().message, "it was moved to postgres://")) << source.error().message;
  EXPECT_TRUE(says(source.error().message, name)) << source.error().message;
  sqlite::Database db(file().string());
  EXPECT_THROW(db.run("UPDATE jobs SET priority = 1"), sqlite::SqliteError);
  EXPECT_THROW(db.run("DELETE FROM cursors"), sqlite::SqliteError);
}

TEST_F(FilledPostgresMove, NothingIsMovedWhileAHubUsesTheTarget) {
  InUse hub(open_database());
  hub.get(hub.store->announce({.node = "n2", .until = start + Millis{15'000}}, start));
  refused(move(), {"a hub uses it (n2)", "stop it"});
  hub.get(hub.store->announce({.node = "n2", .until = start - Millis{1}}, start));
  EXPECT_TRUE(move());
}

TEST_F(FilledPostgresMove, ATargetThatHoldsAHubIsRefused) {
  {
    InUse in(open_database());
    in.get(in.store->add_connection(connection(source_id, "source"), "{}"));
  }
  refused(move(), {"in use", "empty database"});
  EXPECT_TRUE(open_file());
}

TEST_F(FilledPostgresMove, APartOfAnotherStoreIsRefusedUntilForgotten) {
  EXPECT_THROW((void)move(killed_at(3, quick())), Killed);
  std::filesystem::rename(file(), folder.path / "renamed.db");
  const auto other = [&](bool restart) {
    auto from = open_sqlite_to_move(folder.path / "renamed.db");
    auto to = open_postgres_to_move(url);
    auto options = quick();
    options.restart = restart;
    return move_store(**from, **to, options);
  };
  refused(other(false), {"a part of SQLite", "--restart"});
  EXPECT_TRUE(other(true));
  EXPECT_EQ(told_after(), before);
}

// As after a restart on the same store: whether it took place is found out first.
TEST_F(FilledPostgresMove, Law2OnceAJobThatWasRunningArrivesAsOneThatMayHaveHappened) {
  ASSERT_TRUE(move());
  InUse in(open_database());
  const auto running = in.get(in.store->list_jobs({.state = "running", .before = {}}));
  ASSERT_EQ(running.size(), 1U);
  const Lease lease{.node = "n2", .until = start + Millis{600'000}};
  for (const auto& job : in.get(in.store->claim_jobs(hero_id, 10, lease, start))) {
    EXPECT_NE(job.id, running.front().id);
  }
  const auto after = start + Millis{61'000};
  EXPECT_EQ(in.get(in.store->rescue_jobs({.node = "n2", .alone = false, .now = after, .grace = Millis{0}})), 1);
  const auto job = in.get(in.store->find_job(running.front().id));
  EXPECT_EQ(job.state, "retryable");
  EXPECT_EQ(job.unknown_since, after);
  EXPECT_EQ(job.attempts.back().outcome, "lost");
}

TEST_F(FilledPostgresMove, UndoneWhenNothingHasChangedSince) {
  EXPECT_FALSE(undo()) << "nothing was moved yet";
  ASSERT_TRUE(move());
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().message;
  EXPECT_EQ(sql("SELECT count(*) FROM journal"), "0");
  {
    InUse in(open_file());
    EXPECT_EQ(told_by(in), before);
    in.append(delivery("plain 1", "used again"));
    before = told_by(in);
  }
  ASSERT_TRUE(move());
  EXPECT_EQ(told_after(), before);
}

TEST_F(FilledPostgresMove, AnUndoThatWasKilledIsCompletedByTheSameCommand) {
  ASSERT_TRUE(move());
  {
    auto to = open_postgres_to_move(url);
    ASSERT_TRUE((*to)->clear());
  }
  EXPECT_FALSE(open_file());
  EXPECT_FALSE(move()) << "there is nothing of it any more";
  const auto undone = undo();
  ASSERT_TRUE(undone) << undone.error().message;
  EXPECT_TRUE(open_file());
}

TEST_F(FilledPostgresMove, NotUndoneOnceTheTargetWasUsed) {
  ASSERT_TRUE(move());
  {
    InUse in(open_database());
    in.append(delivery("plain 1", "at the new place"));
  }
  const auto undone = undo();
  ASSERT_FALSE(undone);
  EXPECT_TRUE(says(undone.error().message, "exchanged")) << undone.error().message;
  EXPECT_FALSE(open_file());
  EXPECT_TRUE(open_database());
}

TEST_F(FilledPostgresMove, ItGoesBackIntoAnEmptyFileWithEverythingThatHappenedSince) {
  ASSERT_TRUE(move());
  {
    InUse in(open_database());
    in.append(delivery("plain 1", "at the new place"));
  }
  sql("SELECT nextval('journal_seq')");     // taken by a transaction that was rolled back
  const auto now = start + Millis{61'000};  // the lease of the running job is over
  InUse stopped(open_database("stopped"));
  before = told_by(stopped);
  refused(move_back("backhaul.db", now), {"in use"});
  const auto early = move_back("new.db");
  refused(early, {"leases are over"});
  const auto back = move_back("new.db", now);
  ASSERT_TRUE(back) << back.error().message;
  InUse in(open_file("new.db"));
  EXPECT_EQ(told_by(in), before);
  EXPECT_GT(in.append(delivery("plain 1", "back")).id.value, std::stoll(sql("SELECT last_value FROM journal_seq")));

  // One that had it open, and goes on.
  EXPECT_FALSE(stopped.loop.wait(stopped.store->set_cursor(source_id, "changes", "x")));
  EXPECT_FALSE(stopped.loop.wait(stopped.store->announce({.node = "stopped", .until = now}, now)));
  EXPECT_FALSE(open_database());
}

TEST_F(FilledPostgresMove, AHubOnTheSourceIsInTheWay) {
  ASSERT_TRUE(move());
  InUse hub(open_database());
  const auto now = start + Millis{61'000};
  hub.get(hub.store->announce({.node = "n2", .until = now + Millis{15'000}}, now));
  refused(move_back("new.db", now), {"a hub uses it (n2)"});
}

TEST_F(PostgresMove, WhatWasNotFiledYetIsFiledFirst) {
  {
    InUse in(open_file());
    in.get(in.store->add_connection(connection(source_id, "source"), "{}"));
    std::vector<NewEvent> crowd;
    for (int i = 0; i < 100; ++i) crowd.push_back(delivery(std::to_string(i), "body " + std::to_string(i)));
    (void)in.get(in.store->append(std::move(crowd)));
  }
  ASSERT_TRUE(move());
  InUse in(open_database());
  EXPECT_EQ(in.get(in.store->take_news(200, start)).size(), 100U);
}

// As the PostgreSQL store itself keeps such bytes, so that the vendor's next delivery finds the subject.
TEST_F(PostgresMove, WhatPostgresqlCannotKeepAsTextIsReplacedAndCounted) {
  const std::string subject("90\0x\xff", 5);
  {
    InUse in(open_file());
    in.get(in.store->add_connection(connection(source_id, "source"), "{}"));
    in.append(delivery(subject, std::string("\0\xff", 2)));
  }
  const auto moved = move();
  ASSERT_TRUE(moved) << moved.error().message;
  std::int64_t changed = 0;
  for (const auto& table : moved->tables) changed += table.changed;
  EXPECT_EQ(changed, 1);
  InUse in(open_database());
  EXPECT_TRUE(in.append(delivery(subject, std::string("\0\xff", 2))).duplicate);
  EXPECT_EQ(sql("SELECT external_id FROM subjects"), "90?x?");
  EXPECT_EQ(sql("SELECT encode(body, 'hex') FROM journal ORDER BY seq LIMIT 1"), "00ff");
}

TEST_F(PostgresMove, AnEmptySourceIsRefused) {
  const auto moved = move();
  ASSERT_FALSE(moved);
  EXPECT_TRUE(says(moved.error().message, "nothing to move")) << moved.error().message;
  EXPECT_TRUE(open_database()) << "the target was not touched";
}

TEST_F(PostgresMove, OnlyOneMoveAtATime) {
  const auto first = open_postgres_to_move(url);
  ASSERT_TRUE(first) << first.error().message;
  const auto second = open_postgres_to_move(url);
  ASSERT_FALSE(second);
  EXPECT_TRUE(says(second.error().message, "another move")) << second.error().message;
}

}  // namespace
}  // namespace backhaul::store
