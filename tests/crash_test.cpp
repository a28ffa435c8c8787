// The hub is killed at everything it writes to the store, just before and just after, and at every call to a vendor
// once it took effect there; then a new one opens the file. Whatever the point: no delivery is lost (law 1), one RMA
// and one process come of it (law 2), and the end is the same (law 5).

#include <gtest/gtest.h>

#include <set>

#include "support/test_hub.hpp"

namespace backhaul::test {
namespace {

using namespace std::chrono_literals;

const std::set<std::string_view> writes{"append", "commit_steps", "park",           "claim_jobs",
                                        "finish", "renew_lease",  "clear_attention"};

struct Point {
  enum class Where { store_before, store_after, vendor_acted };
  Where where = Where::store_before;
  int number = 0;  // the how-manieth of its kind
};

std::string name_of(const Point& point) {
  const char* const words[] = {"before store call ", "after store call ", "after vendor call "};
  return words[static_cast<int>(point.where)] + std::to_string(point.number);
}

// A vendor that was not answered 2xx delivers again.
class Story {
 public:
  explicit Story(std::optional<Point> killed_at) : killed_at_(killed_at) { arm(); }

  void tell() {
    world.returns["r1"].view = open_return();
    deliver(source_id, source_body("r1", "return.created", &world.returns["r1"].view));
    live(2min);  // long enough for a lost create to be looked for
    ASSERT_EQ(world.rmas.size(), 1U);
    world.receive_all("r1", "complete");
    deliver(destination_id, rma_body("rma-1", 1));
    live(40min);
  }
  [[nodiscard]] int store_calls() const { return store_calls_; }
  [[nodiscard]] int vendor_calls() const { return vendor_calls_; }
  [[nodiscard]] bool was_killed() const { return killed_; }

  World world;
  TestHub hub{world, {.retry = {}, .perform = {}, .lease = 60s, .policy = {}, .works = true, .look_every = 30s}};

 private:
  void arm() {
    hub.store().fate = [this](std::string_view call) {
      // A death before a read is a death after the write before it.
      if (!writes.contains(call)) return FaultyStore::Fate::pass;
      const int number = store_calls_++;
      if (!due(number, Point::Where::store_before) && !due(number, Point::Where::store_after))
        return FaultyStore::Fate::pass;
      killed_ = true;
      return killed_at_->where == Point::Where::store_before ? FaultyStore::Fate::die_before
                                                             : FaultyStore::Fate::die_after;
    };
    world.after_acting = [this](const std::string&) -> bool {
      if (!due(vendor_calls_++, Point::Where::vendor_acted)) return true;
      killed_ = true;
      hub.store().die();
      return false;
    };
  }
  [[nodiscard]] bool due(int number, Point::Where where) const {
    return killed_at_ && !killed_ && killed_at_->where == where && killed_at_->number == number;
  }
  void revive() {
    if (hub.dead()) hub.restart();
  }
  void deliver(const ConnectionId& to, const std::string& body) {
    for (int tries = 0; tries < 3; ++tries) {
      const auto answer = hub.deliver(to, body);
      if (answer && answer->status == 200) return;
      revive();
    }
    ADD_FAILURE() << "never answered";
  }
  void live(Millis time) {
    for (Millis passed{0}; passed < time; passed += 5s) {
      hub.advance(5s);
      revive();
      process();
    }
  }
  // The source works its queue off within minutes, well inside the window that a lost answer is given.
  void process() {
    auto& one = world.returns["r1"];
    if (!one.processing) return;
    queued_for_ += 5s;
    if (queued_for_ < 5min) return;
    world.finish_processing("r1");
    deliver(source_id, source_body("r1", "return.closed", &one.view));
  }

  std::optional<Point> killed_at_;
  bool killed_ = false;
  int store_calls_ = 0;
  int vendor_calls_ = 0;
  Millis queued_for_{0};
};

void expect_home(Story& story) {
  EXPECT_EQ(story.world.rmas.size(), 1U);
  EXPECT_EQ(story.world.returns["r1"].accepted, 1);
  EXPECT_EQ(story.hub.row("r1").stage, "processed, and closed at the source");
  EXPECT_TRUE(story.hub.attention().empty());
  const auto depths = story.hub.ask(story.hub.inner().depths());
  EXPECT_EQ(depths.news + depths.jobs_waiting + depths.jobs_running, 0);
  int deliveries = 0;
  for (const auto& event : story.hub.events("r1"))
    deliveries += event.kind == store::EventKind::delivery && !event.duplicate_of ? 1 : 0;
  EXPECT_EQ(deliveries, 3);
}

TEST(Crash, AnywhereCostsTimeOnly) {
  Story untouched(std::nullopt);
  untouched.tell();
  expect_home(untouched);
  for (const auto where : {Point::Where::store_before, Point::Where::store_after, Point::Where::vendor_acted}) {
    const int points = where == Point::Where::vendor_acted ? untouched.vendor_calls() : untouched.store_calls();
    ASSERT_GT(points, 5);
    for (int number = 0; number < points; ++number) {
      const Point point{.where = where, .number = number};
      SCOPED_TRACE(name_of(point));
      Story story(point);
      story.tell();
      EXPECT_TRUE(story.was_killed());
      expect_home(story);
      ASSERT_FALSE(testing::Test::HasFailure());
    }
  }
}

}  // namespace
}  // namespace backhaul::test
