#include "connections/live.hpp"

#include "connections/connections_fixture.hpp"

namespace backhaul::connections {
namespace {

namespace json = boost::json;

const ConnectionId loop_id{"con_loop"};
const ConnectionId hero_id{"con_hero"};

struct LiveTest : testing::Test {
  LiveTest() {
    store::SqliteOptions options;
    options.file = folder.path / "backhaul.db";
    store = std::move(*store::open_sqlite(std::move(options)));
    connections.emplace(*store, vault, http, loop);
    add(loop_id, "loop", {{"api_key", "key-for-tests"}, {"webhook_secret", "s1"}}, "tok-loop");
    add(hero_id, "shiphero", {{"refresh_token", "token-for-tests"}}, "tok-hero");
  }

  // The vendor's defaults.
  static json::object settings_of(const std::string& vendor) {
    json::object settings;
    const auto parsed = json::parse(connectors::find_connector(vendor)->metadata_json);
    for (const auto& field : parsed.at("fields").as_array()) {
      const auto& object = field.as_object();
      if (!object.at("secret").as_bool() && object.contains("default"))
        settings[object.at("name").as_string()] = object.at("default");
    }
    return settings;
  }
  std::string sealed(json::object credentials, std::string token) const {
    return seal_secrets(vault, {.credentials = std::move(credentials), .token = std::move(token)});
  }
  void add(const ConnectionId& id, const std::string& vendor, json::object credentials, std::string token) {
    const store::Connection row{.id = id,
                                .merchant = MerchantId{"m1"},
                                .vendor = vendor,
                                .role = vendor == "loop" ? "source" : "destination",
                                .name = "my " + id.value,
                                .settings = json::serialize(settings_of(vendor == "nobody" ? "loop" : vendor)),
                                .sealed = sealed(std::move(credentials), std::move(token)),
                                .created_at = Time{1}};
    const auto body = json::serialize(returns::default_policy(vendor));
    ASSERT_TRUE(loop.wait(store->add_connection(row, body)));
  }
  bool reload() {
    const auto changed = loop.wait(connections->reload());
    EXPECT_TRUE(changed) << changed.error().message;
    return changed && *changed;
  }
  std::vector<store::AttentionRow> attention() { return *loop.wait(store->attention(10)); }

  Folder folder;
  Vault vault = make_vault(folder);
  test::ManualLoop loop;
  test::ScriptedHttp http;
  std::unique_ptr<store::Store> store;
  std::optional<Connections> connections;
};

TEST_F(LiveTest, ASnapshotHoldsConnectionsTokensAndPolicies) {
  EXPECT_TRUE(connections->snapshot()->all.empty());
  EXPECT_TRUE(reload());
  const auto snapshot = connections->snapshot();
  ASSERT_EQ(snapshot->all.size(), 2U);
  EXPECT_EQ(snapshot->by_token.at("tok-hero"), snapshot->by_id.at(hero_id));
  EXPECT_EQ(snapshot->by_id.at(hero_id)->inbound_path(), "/hooks/tok-hero");
  EXPECT_NE(snapshot->by_id.at(loop_id)->source, nullptr);
  EXPECT_NE(snapshot->by_id.at(hero_id)->destination, nullptr);
  const auto& policies = snapshot->policies.at(MerchantId{"m1"});
  ASSERT_EQ(policies.size(), 1U);
  EXPECT_EQ(policies[0].connection, hero_id);
  EXPECT_EQ(policies[0].name, "my con_hero");
  EXPECT_EQ(policies[0].policy.version, 1);
  EXPECT_EQ(policies[0].abilities.can_attach_tracking,
            snapshot->by_id.at(hero_id)->destination->capabilities().can_attach_tracking);
}

TEST_F(LiveTest, WithoutChangesNothingIsReloaded) {
  EXPECT_TRUE(reload());
  const auto before = connections->snapshot();
  EXPECT_FALSE(reload());
  EXPECT_EQ(connections->snapshot(), before);
}

TEST_F(LiveTest, WhatDidNotChangeKeepsItsObjects) {
  reload();
  const auto before = connections->snapshot();
  ASSERT_TRUE(
      loop.wait(store->update_connection(loop_id, json::serialize(settings_of("loop")),
                                         sealed({{"api_key", "another-key"}, {"webhook_secret", "s1"}}, "tok-loop"))));
  EXPECT_TRUE(reload());
  const auto after = connections->snapshot();
  EXPECT_EQ(after->by_id.at(hero_id), before->by_id.at(hero_id)) << "its rate limit and token go on";
  EXPECT_NE(after->by_id.at(loop_id), before->by_id.at(loop_id));
  EXPECT_EQ(after->by_id.at(loop_id)->config.credentials.at("api_key").as_string(), "another-key");
  EXPECT_EQ(before->by_id.at(loop_id)->config.credentials.at("api_key").as_string(), "key-for-tests")
      << "whoever works with it goes on";
}

TEST_F(LiveTest, ANewPolicyAndMapsReachTheSnapshotAndTheObjectsStay) {
  reload();
  const auto before = connections->snapshot();
  ASSERT_TRUE(loop.wait(store->add_policy(hero_id, R"({"mode":"shadow","skus":{"A":"from policy"}})", Time{2})));
  ASSERT_TRUE(loop.wait(store->set_map(hero_id, {.kind = "sku", .source = "A", .target = "from map"}, Time{1})));
  ASSERT_TRUE(loop.wait(store->set_map(hero_id, {.kind = "reason", .source = "r", .target = "R"}, Time{1})));
  ASSERT_TRUE(loop.wait(store->set_map(hero_id, {.kind = "warehouse", .source = "w", .target = "W"}, Time{1})));
  EXPECT_TRUE(reload());
  const auto& policy = connections->snapshot()->policies.at(MerchantId{"m1"}).at(0).policy;
  EXPECT_EQ(policy.version, 2);
  EXPECT_EQ(policy.mode, returns::Mode::shadow);
  EXPECT_EQ(policy.skus.at("A"), "from map");
  EXPECT_EQ(policy.reasons.at("r"), "R");
  EXPECT_EQ(policy.warehouses.at("w"), "W");
  EXPECT_EQ(connections->snapshot()->by_id.at(hero_id), before->by_id.at(hero_id));
}

TEST_F(LiveTest, ARemovedConnectionIsGone) {
  reload();
  ASSERT_TRUE(loop.wait(store->remove_connection(hero_id, Time{2})));
  EXPECT_TRUE(reload());
  EXPECT_EQ(connections->snapshot()->all.size(), 1U);
  EXPECT_FALSE(connections->snapshot()->by_token.contains("tok-hero"));
  EXPECT_FALSE(connections->snapshot()->policies.contains(MerchantId{"m1"}));
}

TEST_F(LiveTest, Law7ApartAndLaw10SeenWhatCannotBeMadeIsLeftOutAndOnTheList) {
  const ConnectionId bad{"con_bad"};
  add(bad, "nobody", {}, "tok-bad");
  EXPECT_TRUE(reload());
  EXPECT_EQ(connections->snapshot()->all.size(), 2U);
  ASSERT_EQ(attention().size(), 1U);
  EXPECT_EQ(attention()[0].kind, "connection_unusable");
  EXPECT_EQ(attention()[0].connection, bad);
}

TEST_F(LiveTest, Law10SeenTheWrongMasterKeyIsOnTheList) {
  const auto other = make_vault(folder, "other.key");
  Connections wrong(*store, other, http, loop);
  EXPECT_TRUE(loop.wait(wrong.reload()));
  EXPECT_TRUE(wrong.snapshot()->all.empty());
  ASSERT_EQ(attention().size(), 2U);
  EXPECT_NE(attention()[0].why.find("master key"), std::string::npos);
}

TEST_F(LiveTest, SavedCredentialsTakeEffectWithTheNextReload) {
  reload();
  const auto hero = connections->snapshot()->by_id.at(hero_id);
  ASSERT_TRUE(loop.wait(connections->save_credentials(hero, {{"webhook_secret", "fresh"}})));
  EXPECT_TRUE(reload());
  const auto after = connections->snapshot()->by_id.at(hero_id);
  EXPECT_EQ(after->config.credentials.at("webhook_secret").as_string(), "fresh");
  EXPECT_EQ(after->config.credentials.at("refresh_token").as_string(), "token-for-tests") << "the others stay";
  EXPECT_EQ(after->token, "tok-hero");
  EXPECT_EQ(loop.wait(store->connections())->at(1).sealed.find("fresh"), std::string::npos) << "law 8: sealed at rest";
}

TEST(Secrets, ComeBackFromTheirSeal) {
  const Folder folder;
  const auto vault = make_vault(folder);
  const auto opened = unseal_secrets(vault, seal_secrets(vault, {.credentials = {{"a", "b"}}, .token = "t"}));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->token, "t");
  EXPECT_EQ(opened->credentials.at("a").as_string(), "b");
  EXPECT_FALSE(unseal_secrets(vault, "nonsense"));
  EXPECT_FALSE(unseal_secrets(vault, vault.seal("{}"))) << "sealed by us, and not what it should be";
  EXPECT_FALSE(unseal_secrets(vault, ""));
}

}  // namespace
}  // namespace backhaul::connections
