#include "net/asio_loop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "net/test_support.hpp"

namespace backhaul::net {
namespace {

TEST(asio_loop, runs_what_is_posted_in_order) {
  const auto loop = make_asio_loop();
  std::vector<int> seen;
  for (int i = 0; i < 100; ++i) loop->post([&seen, i] { seen.push_back(i); });
  loop->post([&] { loop->post([&] { loop->stop(); }); });
  loop->run();
  ASSERT_EQ(seen.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST(asio_loop, takes_posts_from_many_threads) {
  constexpr int threads = 4;
  constexpr int each = 2'000;
  const auto loop = make_asio_loop();
  int count = 0;  // only the loop's thread touches it
  std::vector<std::thread> posters;
  for (int i = 0; i < threads; ++i) {
    posters.emplace_back([&] {
      for (int n = 0; n < each; ++n) {
        loop->post([&] {
          if (++count == threads * each) loop->stop();
        });
      }
    });
  }
  loop->run();
  for (auto& poster : posters) poster.join();
  EXPECT_EQ(count, threads * each);
}

TEST(asio_loop, is_current_in_everything_it_runs) {
  const auto loop = make_asio_loop();
  std::vector<async::Loop*> seen;
  const auto note = [&] { seen.push_back(&async::Loop::current()); };
  loop->enter(note);
  loop->post(note);
  loop->post_after(Millis{1}, [&] {
    note();
    loop->stop();
  });
  loop->run();
  EXPECT_EQ(seen, (std::vector<async::Loop*>(3, loop.get())));
}

TEST(asio_loop, runs_delayed_work_by_due_time) {
  const auto loop = make_asio_loop();
  std::vector<int> seen;
  loop->post_after(Millis{20}, [&] {
    seen.push_back(3);
    loop->stop();
  });
  loop->post_after(Millis{2}, [&] { seen.push_back(2); });
  loop->post_after(Millis{0}, [&] { seen.push_back(1); });
  loop->run();
  EXPECT_EQ(seen, (std::vector{1, 2, 3}));
}

TEST(asio_loop, sleeps) {
  test::LoopThread thread;
  const Time before = thread.loop().now();
  thread.wait(async::sleep(Millis{5}));
  EXPECT_GE(thread.loop().now() - before, Millis{4});  // two clocks: the delay runs on the steady one
}

TEST(asio_loop, keeps_a_stop_that_comes_before_run) {
  const auto loop = make_asio_loop();
  loop->stop();
  bool ran = false;
  loop->post([&] { ran = true; });
  loop->run();
  EXPECT_FALSE(ran);
}

TEST(asio_loop, returns_after_the_function_it_is_in_and_keeps_the_rest) {
  const auto loop = make_asio_loop();
  std::vector<int> seen;
  loop->post([&] {
    seen.push_back(1);
    loop->stop();
  });
  loop->post([&] { seen.push_back(2); });
  loop->run();
  EXPECT_EQ(seen, (std::vector{1}));
  loop->post([&] {
    seen.push_back(3);
    loop->stop();
  });
  loop->run();
  EXPECT_EQ(seen, (std::vector{1, 2, 3}));
}

// Posts once more when it is dropped, as a coroutine's local with a loop might.
struct PostsWhenDropped {
  AsioLoop* loop;
  std::shared_ptr<int> drops;
  ~PostsWhenDropped() {
    ++*drops;
    loop->post([kept = drops] { FAIL() << "the loop is gone"; });
  }
};

TEST(asio_loop, drops_what_it_never_ran) {
  const auto drops = std::make_shared<int>(0);
  {
    const auto loop = make_asio_loop();
    loop->post([held = std::shared_ptr<PostsWhenDropped>(new PostsWhenDropped{loop.get(), drops})] {});
    loop->post_after(Millis{60'000}, [drops] {});
  }
  EXPECT_GE(*drops, 1);
  EXPECT_EQ(drops.use_count(), 1);
}

}  // namespace
}  // namespace backhaul::net
