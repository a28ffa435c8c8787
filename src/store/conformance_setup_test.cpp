// Connections, policies, maps, cursors, attention of connections, and the version that tells of changes.

#include "store/conformance_test.hpp"

namespace backhaul::store {
namespace {

const ConnectionId nobody{"con_nobody"};

returns::AttentionItem item(std::string kind, std::string why) {
  return {.kind = std::move(kind), .why = std::move(why), .todo = "do it", .connection = hero_id};
}

TEST_P(StoreConformance, ConnectionsComeBackAsTheyWereAdded) {
  open();
  const auto all = get(store->connections());
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].id, source_id);
  EXPECT_EQ(all[0].role, "source");
  const auto expected = connection(hero_id);
  EXPECT_EQ(all[1].merchant, expected.merchant);
  EXPECT_EQ(all[1].vendor, expected.vendor);
  EXPECT_EQ(all[1].name, expected.name);
  EXPECT_EQ(all[1].settings, expected.settings);
  EXPECT_EQ(all[1].sealed, expected.sealed) << "bytes, not text";
  EXPECT_EQ(all[1].created_at, start);
}

TEST_P(StoreConformance, ANameIsTakenOncePerMerchant) {
  auto twin = connection(ConnectionId{"con_twin"});
  twin.name = connection(hero_id).name;
  EXPECT_EQ(refusal(store->add_connection(twin, "{}")), Error::Kind::invalid);
  twin.merchant = MerchantId{"another"};
  ok(store->add_connection(twin, "{}"));
  ok(store->remove_connection(hero_id, start));
  auto heir = connection(ConnectionId{"con_heir"});
  heir.name = connection(hero_id).name;
  ok(store->add_connection(heir, "{}"));
}

TEST_P(StoreConformance, AConnectionCanBeChangedAndRemoved) {
  ok(store->update_connection(hero_id, R"({"b":2})", "sealed anew"));
  EXPECT_EQ(get(store->connections())[1].settings, R"({"b":2})");
  EXPECT_EQ(get(store->connections())[1].sealed, "sealed anew");
  ok(store->raise_attention(hero_id, item("k", "w"), start));
  ok(store->remove_connection(hero_id, start));
  EXPECT_EQ(get(store->connections()).size(), 2U);
  EXPECT_TRUE(get(store->attention(10)).empty());
  EXPECT_EQ(refusal(store->remove_connection(hero_id, start)), Error::Kind::not_found);
  EXPECT_EQ(refusal(store->update_connection(nobody, "{}", "")), Error::Kind::not_found);
}

TEST_P(StoreConformance, PoliciesAreVersioned) {
  EXPECT_EQ(get(store->policy(hero_id)).version, 1);
  EXPECT_EQ(get(store->policy(hero_id)).body, "{}");
  EXPECT_EQ(get(store->add_policy(hero_id, R"({"mode":"live"})", start + Millis{5})), 2);
  EXPECT_EQ(get(store->add_policy(hero_id, R"({"mode":"paused"})", start + Millis{6})), 3);
  const auto newest = get(store->policy(hero_id));
  EXPECT_EQ(newest.version, 3);
  EXPECT_EQ(newest.body, R"({"mode":"paused"})");
  EXPECT_EQ(newest.created_at, start + Millis{6});
  EXPECT_EQ(get(store->policy(other_id)).version, 1);
  EXPECT_EQ(refusal(store->policy(nobody)), Error::Kind::not_found);
  EXPECT_EQ(refusal(store->add_policy(nobody, "{}", start)), Error::Kind::not_found);
}

TEST_P(StoreConformance, MapsAreSetReplacedAndRemoved) {
  ok(store->set_map(hero_id, {.kind = "sku", .source = "A", .target = "1"}, Time{1}));
  ok(store->set_map(hero_id, {.kind = "sku", .source = "A", .target = "2"}, Time{1}));
  ok(store->set_map(hero_id, {.kind = "reason", .source = "x", .target = "y"}, Time{1}));
  ok(store->set_map(other_id, {.kind = "sku", .source = "A", .target = "9"}, Time{1}));
  auto maps = get(store->maps(hero_id));
  ASSERT_EQ(maps.size(), 2U);
  EXPECT_EQ(maps[0].kind, "reason");
  EXPECT_EQ(maps[1].source, "A");
  EXPECT_EQ(maps[1].target, "2");
  ok(store->set_map(hero_id, {.kind = "sku", .source = "A", .target = ""}, Time{1}));
  ok(store->set_map(hero_id, {.kind = "sku", .source = "never there", .target = ""}, Time{1}));
  EXPECT_EQ(get(store->maps(hero_id)).size(), 1U);
  EXPECT_EQ(refusal(store->set_map(hero_id, {.kind = "colour", .source = "a", .target = "b"}, Time{1})),
            Error::Kind::invalid);
}

TEST_P(StoreConformance, ANewPolicyOrMapHasReturnsThatAreNotOverDecidedAgain) {
  const auto open_one = make_return("9001");
  auto step = next_step(make_return("9002"));
  step.source_state = "closed";
  commit(step);
  const Time later = start + Millis{60'000};
  EXPECT_TRUE(news(later).empty());
  get(store->add_policy(hero_id, R"({"mode":"live"})", start));
  EXPECT_EQ(only_news(later).id, open_one);
  EXPECT_TRUE(only_news(later).events.empty());
  commit(step_of(only_news(later)));
  ok(store->set_map(hero_id, {.kind = "sku", .source = "A", .target = "1"}, start));
  EXPECT_EQ(only_news(later).id, open_one);
}

TEST_P(StoreConformance, CursorsAreEmptyUntilWritten) {
  EXPECT_EQ(get(store->cursor(hero_id, "changes")), "");
  ok(store->set_cursor(hero_id, "changes", "1"));
  ok(store->set_cursor(hero_id, "changes", "2"));
  ok(store->set_cursor(hero_id, "backfill", "b"));
  EXPECT_EQ(get(store->cursor(hero_id, "changes")), "2");
  EXPECT_EQ(get(store->cursor(other_id, "changes")), "");
  EXPECT_EQ(refusal(store->cursor(nobody, "changes")), Error::Kind::not_found);
  EXPECT_EQ(refusal(store->set_cursor(nobody, "changes", "1")), Error::Kind::not_found);
}

TEST_P(StoreConformance, TheSetupsVersionGrowsWithWhatServersMustReload) {
  auto version = get(store->setup_version());
  const auto grew = [&] {
    const auto now = get(store->setup_version());
    return now > std::exchange(version, now);
  };
  EXPECT_FALSE(grew());
  ok(store->update_connection(hero_id, "{}", ""));
  EXPECT_TRUE(grew());
  get(store->add_policy(hero_id, "{}", start));
  EXPECT_TRUE(grew());
  ok(store->set_map(hero_id, {.kind = "sku", .source = "A", .target = "1"}, Time{1}));
  EXPECT_TRUE(grew());
  ok(store->add_connection(connection(ConnectionId{"con_4"}), "{}"));
  EXPECT_TRUE(grew());
  ok(store->remove_connection(ConnectionId{"con_4"}, start));
  EXPECT_TRUE(grew());
  ok(store->set_cursor(hero_id, "changes", "2"));
  append(delivery("9001", "one"));
  ok(store->raise_attention(hero_id, item("k", "w"), start));
  EXPECT_FALSE(grew()) << "these are no setup";
}

TEST_P(StoreConformance, AttentionOfAConnectionIsCountedAndCleared) {
  ok(store->raise_attention(hero_id, item("bad_signature", "first"), start));
  ok(store->raise_attention(hero_id, item("bad_signature", "second"), start + Millis{9}));
  auto rows = get(store->attention(10));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].why, "second");
  EXPECT_EQ(rows[0].todo, "do it");
  EXPECT_EQ(rows[0].since, start);
  EXPECT_EQ(rows[0].times, 2);
  EXPECT_EQ(rows[0].connection, hero_id);
  EXPECT_FALSE(rows[0].return_id);
  ok(store->clear_attention(hero_id, "another"));
  EXPECT_EQ(get(store->attention(10)).size(), 1U);
  ok(store->clear_attention(hero_id, "bad_signature"));
  EXPECT_TRUE(get(store->attention(10)).empty());
}

}  // namespace
}  // namespace backhaul::store
