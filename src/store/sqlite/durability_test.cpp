// Law 1 against SIGKILL: a child appends and reports each event that was acknowledged; it is killed in the middle of
// it, again and again on the same file; everything it reported is there.

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <set>

#include "store/conformance_test.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace backhaul::store::sqlite {
namespace {

std::unique_ptr<Store> open_file(const std::filesystem::path& file) {
  SqliteOptions options;
  options.file = file;
  auto opened = open_sqlite(std::move(options));
  return opened ? std::move(*opened) : nullptr;
}

async::Task<void> append_and_report(Store& store, int pipe, std::string subject) {
  for (int i = 0;; ++i) {
    std::vector<NewEvent> events{delivery(subject, "body " + std::to_string(i))};
    auto appending = store.append(std::move(events));
    const auto appended = co_await std::move(appending);
    if (!appended) _exit(2);
    const std::int64_t id = appended->front().id.value;
    if (::write(pipe, &id, sizeof id) != sizeof id) _exit(3);
  }
}

// Never returns. Several appends at once, so that kills fall into shared commits too.
[[noreturn]] void run_child(const std::filesystem::path& file, int pipe) {
  test::ManualLoop loop;
  const auto store = open_file(file);
  if (store == nullptr) _exit(4);
  for (int i = 0; i < 12; ++i) loop.start(append_and_report(*store, pipe, std::to_string(i)));
  for (;;) loop.run_ready();
}

// Reads reports until `enough`, kills the child, and reads what was still on its way.
std::set<std::int64_t> acknowledged_before_kill(const std::filesystem::path& file, std::size_t enough) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    ::close(ends[0]);
    run_child(file, ends[1]);
  }
  ::close(ends[1]);
  std::set<std::int64_t> ids;
  std::int64_t id = 0;
  while (::read(ends[0], &id, sizeof id) == sizeof id) {
    ids.insert(id);
    if (ids.size() == enough) kill(child, SIGKILL);
  }
  ::close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  return ids;
}

TEST(SqliteDurability, Law1KeptWhatWasAcknowledgedSurvivesSigkill) {
  const TemporaryFolder folder;
  const auto file = folder.path / "backhaul.db";
  {
    test::ManualLoop loop;
    const auto store = open_file(file);
    ASSERT_NE(store, nullptr);
    ASSERT_TRUE(loop.wait(store->add_connection(connection(source_id, "source"), "{}")));
  }
  std::set<std::int64_t> promised;
  for (const std::size_t enough : {1U, 20U, 75U, 150U, 300U}) {
    const auto ids = acknowledged_before_kill(file, enough);
    ASSERT_GE(ids.size(), enough);
    for (const auto id : ids) EXPECT_TRUE(promised.insert(id).second) << "number " << id << " was given twice";
  }
  test::ManualLoop loop;
  const auto store = open_file(file);
  ASSERT_NE(store, nullptr) << "the file opens without repair";
  Database db(file.string());
  std::set<std::int64_t> kept;
  auto query = db.query("SELECT seq FROM journal WHERE length(body) > 0");
  while (query.step()) kept.insert(query.number(0));
  for (const auto id : promised) EXPECT_TRUE(kept.contains(id)) << "event " << id << " was acknowledged and is gone";
  EXPECT_EQ(store->newest_event().value, *kept.rbegin());
  const auto news = loop.wait(store->take_news(100, start));
  ASSERT_TRUE(news);
  EXPECT_EQ(news->size(), 12U) << "and all of it can be worked with";
}

}  // namespace
}  // namespace backhaul::store::sqlite
