#include "async/loop.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/manual_loop.hpp"

namespace backhaul::async {
namespace {

Task<int> answer() {
  co_return 42;
}

Task<int> twice() {
  auto first = answer();
  const int a = co_await std::move(first);
  auto second = answer();
  co_return a + co_await std::move(second);
}

Task<void> mark(std::vector<std::string>& log, std::string word) {
  log.push_back(std::move(word));
  co_return;
}

Task<void> nap(std::vector<std::string>& log, std::string word, Millis delay) {
  auto sleeping = sleep(delay);
  co_await std::move(sleeping);
  log.push_back(std::move(word));
}

Task<int> breaks() {
  throw std::runtime_error("broken");
  co_return 0;
}

Task<std::string> catches() {
  try {
    auto breaking = breaks();
    co_await std::move(breaking);
  } catch (const std::runtime_error& error) {
    co_return error.what();
  }
  co_return "nothing thrown";
}

TEST(Tasks, StartWhenAwaitedAndGiveTheirValue) {
  test::ManualLoop loop;
  std::vector<std::string> log;
  {
    auto unused = mark(log, "ran");
    EXPECT_TRUE(log.empty()) << "a task runs only when awaited";
  }
  EXPECT_TRUE(log.empty()) << "and not when it is thrown away";
  EXPECT_EQ(loop.wait(twice()), 84);
}

TEST(Tasks, CarryExceptionsToWhoAwaits) {
  test::ManualLoop loop;
  EXPECT_EQ(loop.wait(catches()), "broken");
}

TEST(Tasks, MayBeMovedBeforeTheyRun) {
  test::ManualLoop loop;
  auto task = answer();
  auto moved = std::move(task);
  task = twice();
  EXPECT_EQ(loop.wait(std::move(moved)), 42);
  EXPECT_EQ(loop.wait(std::move(task)), 84);
}

TEST(Loops, SleepersWakeInTheOrderOfTheirTimes) {
  test::ManualLoop loop;
  std::vector<std::string> log;
  loop.start(nap(log, "late", Millis{20}));
  loop.start(nap(log, "early", Millis{10}));
  loop.start(nap(log, "early too", Millis{10}));
  loop.advance(Millis{9});
  EXPECT_TRUE(log.empty());
  loop.advance(Millis{1});
  EXPECT_EQ(log, (std::vector<std::string>{"early", "early too"}));
  loop.advance(Millis{10});
  EXPECT_EQ(log.back(), "late");
}

TEST(Loops, WorkRunsInTheOrderItWasPosted) {
  test::ManualLoop loop;
  std::vector<int> log;
  for (int i = 0; i < 5; ++i) loop.post([&log, i] { log.push_back(i); });
  EXPECT_TRUE(log.empty()) << "posting runs nothing";
  loop.run_ready();
  EXPECT_EQ(log, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(Loops, KnowWhichOneRuns) {
  test::ManualLoop outer;
  test::ManualLoop inner;
  const Loop* during_inner = nullptr;
  const Loop* after_inner = nullptr;
  outer.post([&] {
    inner.post([&] { during_inner = &Loop::current(); });
    inner.run_ready();
    after_inner = &Loop::current();
  });
  outer.run_ready();
  EXPECT_EQ(during_inner, &inner);
  EXPECT_EQ(after_inner, &outer);
}

Task<std::thread::id> resumed_on(std::thread& helper) {
  auto start = std::function<void(Resolver<int>)>{
      [&helper](Resolver<int> resolve) { helper = std::thread([resolve] { resolve(7); }); }};
  auto waiting = wait_for<int>(std::move(start));
  const int value = co_await std::move(waiting);
  EXPECT_EQ(value, 7);
  co_return std::this_thread::get_id();
}

TEST(Loops, AResolverOnAnotherThreadResumesOnTheLoopThatWaits) {
  test::ManualLoop loop;
  std::thread helper;
  EXPECT_EQ(loop.wait(resumed_on(helper)), std::this_thread::get_id());
  helper.join();
}

Task<int> resolved_at_once() {
  auto start = std::function<void(Resolver<int>)>{[](Resolver<int> resolve) { resolve(3); }};
  auto waiting = wait_for<int>(std::move(start));
  co_return co_await std::move(waiting);
}

TEST(Loops, AResolverMayAnswerBeforeItReturns) {
  test::ManualLoop loop;
  EXPECT_EQ(loop.wait(resolved_at_once()), 3);
}

}  // namespace
}  // namespace backhaul::async
