#include "intake/poller.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "returns/outcome.hpp"
#include "support/test_hub.hpp"

namespace backhaul::intake {
namespace {

using namespace std::chrono_literals;
using connectors::Failure;
using test::destination_id;
using test::failure_of;
using test::source_id;
using testing::ElementsAre;
using testing::HasSubstr;

class PollerTest : public testing::Test {
 protected:
  PollerTest() {
    // Changed one second apart, from the hub's first second on; pages hold two.
    for (int i = 1; i <= 5; ++i) {
      auto& one = world.returns["r" + std::to_string(i)];
      one.view = test::open_return();
      one.view.updated_at = start + i * 1s;
    }
    hub.advance(10s);
    world.calls.clear();
  }
  void tick() {
    hub.loop().post([this] { poller.tick(); });
    hub.run();
  }
  // Ticks once a second, as the engine does.
  void live(Millis time) {
    for (Millis passed{0}; passed < time; passed += 1s) {
      hub.advance(1s);
      tick();
    }
  }
  std::vector<std::string> windows() const {
    std::vector<std::string> asked;
    for (const auto& call : world.calls) {
      if (call.starts_with("list ")) asked.push_back(call.substr(5));
    }
    return asked;
  }
  static std::string window(Time from, Time to, const std::string& after = "") {
    return std::to_string(from.ms) + ".." + std::to_string(to.ms) + " after \"" + after + "\"";
  }
  std::string cursor(const char* name = "changes", const ConnectionId& id = source_id) {
    return hub.ask(hub.inner().cursor(id, name));
  }
  std::size_t known() { return hub.ask(hub.inner().take_news(100, hub.loop().now())).size(); }
  // The n-th page asked for fails so.
  void fail_page(int number, Failure::Kind kind, int times = 1'000'000) {
    world.turn = [kind, number, times, asked = 0](const std::string& call, const std::string&) mutable {
      if (call != "list" || ++asked < number || times-- <= 0) return test::World::Turn{};
      return test::World::Turn{.failure = failure_of(kind, "503")};
    };
  }

  test::World world;
  test::TestHub hub{world, {.retry = {}, .perform = {}, .lease = 60s, .policy = {}, .works = false}};
  const Time start = hub.loop().now();
  Poller poller{hub.store(), hub.connections(), hub.loop(), {.interval = 5min, .overlap = 10min}};
};

TEST_F(PollerTest, AsksForWhatChangedSinceTheLastFullPassWithAnOverlap) {
  tick();
  const Time first = start + 10s;
  EXPECT_THAT(windows(), ElementsAre(window(start - 10min, first), window(start - 10min, first, "r2"),
                                     window(start - 10min, first, "r4")));
  EXPECT_EQ(cursor(), std::to_string(first.ms));
  EXPECT_EQ(known(), 5U);
  world.calls.clear();
  live(4min);
  EXPECT_TRUE(windows().empty());
  live(1min + 2s);
  ASSERT_FALSE(windows().empty());
  EXPECT_THAT(windows()[0], HasSubstr(std::to_string((first - 10min).ms) + ".."));
  EXPECT_TRUE(poller.idle());
}

// While the clock was ahead, the windows lay in the future and showed nothing.
TEST_F(PollerTest, Law5ConvergesAClockThatWasAheadHidesNothing) {
  const Time ahead = hub.loop().now() + 2h;
  for (const char* name : {"changes", "last_poll"})
    hub.ask(hub.inner().set_cursor(source_id, name, std::to_string(ahead.ms)));
  tick();
  ASSERT_FALSE(windows().empty());
  EXPECT_THAT(windows()[0], HasSubstr(std::to_string((hub.loop().now() - 24h - 10min).ms) + ".."));
  EXPECT_EQ(known(), 5U);
  EXPECT_EQ(cursor(), std::to_string(hub.loop().now().ms));
}

TEST_F(PollerTest, RecordsNothingTwice) {
  tick();
  const auto newest = hub.inner().newest_event();
  live(20min);
  EXPECT_EQ(hub.inner().newest_event(), newest) << "the overlap brings the same again";
  world.returns["r3"].view.flagged = true;
  world.returns["r3"].view.updated_at = hub.loop().now();
  live(6min);
  EXPECT_EQ(hub.inner().newest_event().value, newest.value + 1);
}

TEST_F(PollerTest, TheCursorMovesOnlyAfterAFullPass) {
  fail_page(2, Failure::Kind::refused);
  tick();
  EXPECT_EQ(cursor(), "");
  EXPECT_EQ(known(), 2U) << "what the first page brought stays";
  world.turn = {};
  world.calls.clear();
  live(6min);
  EXPECT_THAT(windows()[0], HasSubstr(std::to_string((start - 10min).ms) + ".."));
  EXPECT_EQ(known(), 5U);
  EXPECT_NE(cursor(), "");
}

TEST_F(PollerTest, APageIsAskedForAgainWhileTheVendorSaysNotNow) {
  for (const auto kind : {Failure::Kind::retry, Failure::Kind::unknown}) {
    world.calls.clear();
    fail_page(2, kind, 3);
    const auto passed = hub.loop().wait(poller.pass(hub.live(source_id), {.from = start, .to = start + 1min}));
    ASSERT_TRUE(passed);
    EXPECT_EQ(passed->seen, 5);
    EXPECT_EQ(windows().size(), 6U) << "three pages and three repeats of the second";
  }
}

TEST_F(PollerTest, APageThatKeepsFailingBreaksThePassOff) {
  fail_page(1, Failure::Kind::retry);
  const auto passed = hub.loop().wait(poller.pass(hub.live(source_id), {.from = start, .to = start + 1min}));
  ASSERT_FALSE(passed);
  EXPECT_THAT(passed.error().message, HasSubstr("503"));
  EXPECT_EQ(windows().size(), 4U);
}

TEST_F(PollerTest, AStoreThatFailsBreaksThePassOff) {
  hub.store().fail_always("append");
  tick();
  EXPECT_EQ(cursor(), "");
  hub.store().fate = {};
  live(6min);
  EXPECT_EQ(known(), 5U);
}

TEST_F(PollerTest, NotesTheNewestEventBeforeItAsks) {
  hub.deliver(source_id, test::source_body("r9", "return.created", nullptr));
  const auto before = hub.inner().newest_event();
  // While the vendor answers, something newer is told to us.
  world.turn = [this](const std::string& call, const std::string&) {
    if (call == "list") hub.deliver(source_id, test::source_body("r1", "return.updated", nullptr));
    return test::World::Turn{};
  };
  (void)hub.loop().wait(poller.pass(hub.live(source_id), {.from = start, .to = start + 2s}));
  const auto news = hub.ask(hub.inner().take_news(100, hub.loop().now()));
  const auto r1 = std::ranges::find(news, "r1", [](const store::News& one) { return one.source_id.value; });
  ASSERT_NE(r1, news.end());
  ASSERT_EQ(r1->events.size(), 2U);
  EXPECT_EQ(returns::decode_outcome(r1->events[1].body)->as_of, before);
  EXPECT_LT(before, r1->events[0].id) << "so the hint is not taken for answered";
}

TEST_F(PollerTest, LeavesOtherPeoplesRmasAlone) {
  world.rmas.push_back({.id = "theirs", .reference = "theirs", .receipt = {}, .tracking_number = {}});
  const auto passed = hub.loop().wait(poller.pass(hub.live(destination_id), {.from = start, .to = start + 1min}));
  ASSERT_TRUE(passed);
  EXPECT_EQ(passed->seen, 1);
  EXPECT_EQ(passed->recorded, 0);
}

TEST_F(PollerTest, AListThatDoesNotEndIsGivenUpWhenWeStop) {
  world.turn = [this](const std::string& call, const std::string&) {
    if (call == "list") poller.stop();
    return test::World::Turn{};
  };
  const auto passed = hub.loop().wait(poller.pass(hub.live(source_id), {.from = start, .to = start + 1min}));
  ASSERT_FALSE(passed);
  EXPECT_EQ(passed.error().message, "shutting down");
  tick();
  EXPECT_TRUE(poller.idle()) << "and nothing new begins";
}

TEST_F(PollerTest, AClockThatWasPutBackDelaysNoPoll) {
  tick();
  hub.loop().put_back(3h);
  world.calls.clear();
  tick();
  const Time now = hub.loop().now();
  EXPECT_THAT(windows(), ElementsAre(window(now - 24h - 10min, now))) << "not a window that ends before it begins";
  EXPECT_EQ(cursor(), std::to_string(now.ms));
  world.calls.clear();
  live(4min);
  EXPECT_TRUE(windows().empty()) << "once, and then as ever";
  live(1min + 2s);
  EXPECT_FALSE(windows().empty());
}

class BackfillTest : public PollerTest {
 protected:
  void wish(Millis days) {
    world.returns.clear();
    for (int day = 0; day < 3; ++day) {
      auto& one = world.returns["old" + std::to_string(day)];
      one.view = test::open_return();
      one.view.updated_at = begin + day * 24h + 1h;
    }
    hub.ask(hub.inner().set_cursor(
        source_id, "backfill",
        encode(
            BackfillState{.from = begin, .to = begin + days, .seen = 0, .recorded = 0, .done = false, .error = {}})));
    hub.ask(hub.inner().set_cursor(source_id, "last_poll", std::to_string(hub.loop().now().ms)));
  }
  BackfillState state() { return decode_backfill(cursor("backfill")).value(); }
  const Time begin = start - 72h;
};

TEST_F(BackfillTest, GoesADayAtATime) {
  wish(60h);
  tick();
  EXPECT_THAT(windows(), ElementsAre(window(begin, begin + 24h), window(begin + 24h, begin + 48h),
                                     window(begin + 48h, begin + 60h)));
  EXPECT_TRUE(state().done);
  EXPECT_EQ(state().seen, 3);
  EXPECT_EQ(state().recorded, 3);
  world.calls.clear();
  live(10s);
  EXPECT_TRUE(windows().empty()) << "once is enough";
}

TEST_F(BackfillTest, GoesOnWhereItBrokeOff) {
  wish(72h);
  fail_page(2, Failure::Kind::blocked);
  tick();
  EXPECT_EQ(state().from, begin + 24h);
  EXPECT_THAT(state().error, HasSubstr("503"));
  EXPECT_FALSE(state().done);
  world.turn = {};
  world.calls.clear();
  live(3s);
  EXPECT_THAT(windows(), ElementsAre(window(begin + 24h, begin + 48h), window(begin + 48h, begin + 72h)));
  EXPECT_TRUE(state().done);
  EXPECT_EQ(state().error, "");
  EXPECT_EQ(state().seen, 3);
}

TEST_F(BackfillTest, ShuttingDownIsNoErrorOfIt) {
  wish(72h);
  for (int i = 0; i < 3; ++i) world.returns["more" + std::to_string(i)] = world.returns.at("old1");
  world.turn = [this, asked = 0](const std::string& call, const std::string&) mutable {
    if (call == "list" && ++asked == 2) poller.stop();
    return test::World::Turn{};
  };
  hub.ask(hub.inner().set_cursor(source_id, "last_poll", "1"));
  tick();
  EXPECT_EQ(windows().size(), 2U) << "the second day has a second page, which nobody asks for";
  EXPECT_EQ(state().from, begin + 24h);
  EXPECT_EQ(state().error, "");
  EXPECT_FALSE(state().done);
  EXPECT_EQ(cursor("last_poll"), "1") << "nor was it a poll";
  EXPECT_TRUE(poller.idle());
}

TEST(BackfillState, SurvivesItsEncoding) {
  const BackfillState state{
      .from = Time{1}, .to = Time{2}, .seen = 3, .recorded = 4, .done = true, .error = "said \"no\""};
  const auto back = decode_backfill(encode(state));
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back), encode(state));
  EXPECT_FALSE(decode_backfill("{"));
  EXPECT_FALSE(decode_backfill(R"({"from":1})"));
}

}  // namespace
}  // namespace backhaul::intake
