#include "cli/membership.hpp"

#include "connections/connections_fixture.hpp"

namespace backhaul::cli {
namespace {

using namespace std::chrono_literals;

class MembershipTest : public testing::Test {
 protected:
  MembershipTest() {
    store::SqliteOptions options;
    options.file = folder.path / "backhaul.db";
    store = std::move(*store::open_sqlite(std::move(options)));
    connections.emplace(*store, vault, http, loop);
  }
  Membership make(const std::string& name) {
    return {*store, *connections, loop, {.node = name, .alone = false, .unknown_wait = 30s}};
  }
  // Time passes, and the nodes look around each second.
  void wait(Millis time, std::vector<Membership*> nodes) {
    for (Millis passed{0}; passed < time; passed += 1s) {
      loop.advance(1s);
      for (auto* node : nodes) loop.wait(node->tick());
    }
  }

  connections::Folder folder;
  connections::Vault vault = connections::make_vault(folder);
  test::ManualLoop loop;
  test::ScriptedHttp http;
  std::unique_ptr<store::Store> store;
  std::optional<connections::Connections> connections;
};

TEST_F(MembershipTest, OneNodeLeadsAndGoesOnLeading) {
  auto first = make("n1");
  auto second = make("n2");
  EXPECT_FALSE(first.leads()) << "before it joined";
  ASSERT_TRUE(loop.wait(first.join()));
  ASSERT_TRUE(loop.wait(second.join()));
  wait(60s, {&second, &first});
  EXPECT_TRUE(first.leads());
  EXPECT_FALSE(second.leads());
}

TEST_F(MembershipTest, ANodeThatStopsLosesTheDutyToAnother) {
  auto first = make("n1");
  auto second = make("n2");
  ASSERT_TRUE(loop.wait(first.join()));
  ASSERT_TRUE(loop.wait(second.join()));
  wait(14s, {&second});
  EXPECT_FALSE(second.leads());
  wait(6s, {&second});
  EXPECT_TRUE(second.leads());
  EXPECT_FALSE(first.leads()) << "it knows by its own clock";
  wait(6s, {&first, &second});
  EXPECT_FALSE(first.leads()) << "and does not take it back";
}

TEST_F(MembershipTest, ANodeThatLeavesGivesTheDutyBack) {
  auto first = make("n1");
  auto second = make("n2");
  ASSERT_TRUE(loop.wait(first.join()));
  ASSERT_TRUE(loop.wait(second.join()));
  loop.wait(first.leave());
  EXPECT_FALSE(first.leads());
  wait(5s, {&second});
  EXPECT_TRUE(second.leads());
}

}  // namespace
}  // namespace backhaul::cli
