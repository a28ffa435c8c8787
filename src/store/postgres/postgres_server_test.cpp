// A server that goes away, is full, is replaced by its standby, or is a pooler.

#include <sys/mount.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "store/postgres/connection.hpp"
#include "store/postgres/postgres_fixture.hpp"

namespace backhaul::store::postgres {
namespace {

// A server of the test's own, to be stopped and limited.
class PostgresServerTest : public PostgresStoreTest {
 protected:
  PostgresServer& server() override { return own; }
  void TearDown() override {}  // it goes with its database
  PostgresServer own{{"max_connections=12", "superuser_reserved_connections=2"}};
};

TEST_F(PostgresServerTest, ARestartedServerIsFoundAgainAndNothingAnsweredIsLost) {
  Node node(url, "n1");
  std::atomic<bool> going{true};
  std::atomic<int> stored{0};
  std::atomic<int> refused{0};
  std::thread vendor([&] {
    for (int i = 0; going; ++i) {
      const auto appended = node.append(delivery(std::to_string(i), "body"));
      if (appended) {
        ++stored;
      } else {
        ++refused;
        EXPECT_EQ(appended.error().kind, Error::Kind::unavailable);
      }
    }
  });
  const auto wait_for = [](const std::atomic<int>& count, int least) {
    for (int i = 0; i < 1'500 && count < least; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return count >= least;
  };
  EXPECT_TRUE(wait_for(stored, 20));
  server().stop(SIGQUIT);
  EXPECT_TRUE(wait_for(refused, 20)) << "refused at once, not kept waiting";
  const int before = stored;
  server().start();
  EXPECT_TRUE(wait_for(stored, before + 20)) << "without a hand";
  going = false;
  vendor.join();
  EXPECT_GE(std::stoi(sql("SELECT count(*) FROM events WHERE kind = 'delivery'")), stored.load());
}

TEST_F(PostgresServerTest, WhenTheServerTakesNoMoreConnectionsNodesThatHaveTheirsGoOn) {
  Node node(url, "n1");
  std::vector<RawConnection> others;
  try {
    for (;;) others.push_back(connect(url, "other"));
  } catch (const PgError& error) {
    EXPECT_EQ(to_error(error).kind, Error::Kind::unavailable);
  }
  EXPECT_FALSE(others.empty());
  EXPECT_FALSE(open_postgres({.url = url, .node = "n2", .on_news = {}, .on_jobs = {}}));
  EXPECT_TRUE(node.append(delivery("9001", "a")));
  others.resize(1);
  // The server takes a moment to end the sessions that were left.
  const std::string left = "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE '%other' OFFSET 1";
  for (int i = 0; i < 1'000 && !run_plain(others.front().get(), left).empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  others.clear();
  Node later(url, "n2");
  EXPECT_TRUE(later.append(delivery("9002", "a")));
}

// A volume of its own that can be filled up.
class SmallVolume {
 public:
  explicit SmallVolume(const std::filesystem::path& place) : place_(place) {
    std::filesystem::create_directories(place_);
    mounted_ = mount("none", place_.c_str(), "tmpfs", 0, "size=64m") == 0;
  }
  SmallVolume(const SmallVolume&) = delete;
  SmallVolume& operator=(const SmallVolume&) = delete;
  ~SmallVolume() {
    if (mounted_) umount2(place_.c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool mounted() const { return mounted_; }
  void fill() const {
    std::ofstream file(ballast(), std::ios::binary);
    const std::string block(64 * 1024, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size()))) file.flush();
  }
  void empty() const { std::filesystem::remove(ballast()); }

 private:
  [[nodiscard]] std::filesystem::path ballast() const { return place_ / "ballast"; }
  std::filesystem::path place_;
  bool mounted_ = false;
};

// The tables' volume is full; the server's log has one of its own, as it should.
TEST_F(PostgresServerTest, AFullDiskRefusesDeliveriesAndNothingIsLostWhenThereIsRoomAgain) {
  const auto place = server().folder() / "small";
  const SmallVolume volume(place);
  if (!volume.mounted()) GTEST_SKIP() << "mounting a small volume needs root";
  std::filesystem::create_directories(place / "tables");
  server().own(place / "tables");
  server().sql("postgres", "CREATE TABLESPACE small LOCATION '" + (place / "tables").string() + "'");
  server().sql("postgres", "ALTER DATABASE " + name + " SET TABLESPACE small");
  Node node(url, "n1");
  volume.fill();
  int stored = 0;
  std::optional<Error> refused;
  for (int i = 0; i < 2'000 && !refused; ++i) {
    // Not to be compressed, so that the room there is in the last pages is soon used up.
    const auto appended = node.append(delivery(std::to_string(i), noise(3'000, static_cast<unsigned>(i))));
    if (appended) {
      ++stored;
    } else {
      refused = appended.error();
    }
  }
  ASSERT_TRUE(refused) << "the volume was never full";
  EXPECT_EQ(refused->kind, Error::Kind::unavailable);
  EXPECT_EQ(refused->message, "the database server's disk is full");
  EXPECT_EQ(sql("SELECT count(*) FROM journal"), std::to_string(stored));
  volume.empty();
  EXPECT_TRUE(node.append(delivery("9001", "there is room again"))) << "without a hand";
  EXPECT_EQ(sql("SELECT count(*) FROM journal"), std::to_string(stored + 1));
}

// The primary dies; its synchronous standby is promoted. The nodes find it by their list of hosts.
TEST_F(PostgresServerTest, APromotedStandbyHasAllThatWasAnswered) {
  const auto standby = PostgresServer::standby_of(server());
  const auto both =
      "postgres:///" + name + "?user=backhaul&host=" + server().folder().string() + "," + standby->folder().string();
  Node node(both, "n1");
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(node.append(delivery(std::to_string(i), "before")));
  server().stop(SIGQUIT);
  EXPECT_FALSE(node.append(delivery("9001", "nobody takes it")));
  standby->promote();
  node.deliver(delivery("9001", "after"));
  EXPECT_EQ(standby->sql(name, "SELECT count(*) FROM events WHERE kind = 'delivery'"), "21");
  std::vector<News> told;
  while (told.empty()) told = node.news();  // its other connections find the new primary, too
  EXPECT_EQ(told.size(), 21U);
}

TEST_F(PostgresServerTest, APoolerInBetweenIsRefusedWithWhatToDo) {
  const auto opened = open_postgres({.url = server().pooled_url(name), .node = "n1", .on_news = {}, .on_jobs = {}});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("pooler"), std::string::npos) << opened.error().message;
}

}  // namespace
}  // namespace backhaul::store::postgres
