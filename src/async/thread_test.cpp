#include "async/thread.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <string>

namespace backhaul::async {
namespace {

std::string name_in_thread(const std::string& asked) {
  std::array<char, 32> name{};
  auto thread = named_thread(asked, [&] { pthread_getname_np(pthread_self(), name.data(), name.size()); });
  thread.join();
  return name.data();
}

TEST(Thread, SaysWhatItIs) {
  EXPECT_EQ(name_in_thread("engine"), "engine");
}

TEST(Thread, LongNamesAreCutRatherThanLost) {
  EXPECT_EQ(name_in_thread("sixteen-letters!"), "sixteen-letters");
}

}  // namespace
}  // namespace backhaul::async
