#include "async/all.hpp"

#include <gtest/gtest.h>

#include "async/loop.hpp"
#include "support/manual_loop.hpp"

namespace backhaul::async {
namespace {

Task<int> at_once(int value) {
  co_return value;
}

Task<int> after(Millis wait, int value, std::vector<int>& order) {
  auto pause = sleep(wait);
  co_await std::move(pause);
  order.push_back(value);
  co_return value;
}

TEST(All, GivesTheResultsInTheOrderOfTheTasksWhateverEndsFirst) {
  test::ManualLoop loop;
  std::vector<int> order;
  std::vector<Task<int>> tasks;
  tasks.push_back(after(Millis{30}, 1, order));
  tasks.push_back(at_once(2));
  tasks.push_back(after(Millis{10}, 3, order));
  EXPECT_EQ(loop.wait(all(std::move(tasks))), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(order, (std::vector<int>{3, 1}));
}

TEST(All, OfTasksThatEndAtOnceAndOfNone) {
  test::ManualLoop loop;
  std::vector<Task<int>> tasks;
  tasks.push_back(at_once(1));
  tasks.push_back(at_once(2));
  EXPECT_EQ(loop.wait(all(std::move(tasks))), (std::vector<int>{1, 2}));
  EXPECT_TRUE(loop.wait(all(std::vector<Task<int>>{})).empty());
}

}  // namespace
}  // namespace backhaul::async
