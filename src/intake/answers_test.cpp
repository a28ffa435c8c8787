#include "intake/answers.hpp"

#include <gtest/gtest.h>

#include <set>

#include "connectors/registry.hpp"

namespace backhaul::intake {
namespace {

TEST(Answers, SayWhatWeWantOfTheVendor) {
  struct Case {
    Verdict verdict;
    int status;
  };
  const Case cases[] = {
      {Verdict::stored, 200},        {Verdict::duplicate, 200},    {Verdict::unreadable, 200},
      {Verdict::bad_signature, 0},   {Verdict::store_failed, 503}, {Verdict::too_busy, 503},
      {Verdict::unknown_token, 404}, {Verdict::wrong_method, 405},
  };
  std::set<std::string_view> words;
  for (const auto& c : cases) {
    EXPECT_EQ(status_of(c.verdict), c.status) << words_of(c.verdict);
    EXPECT_TRUE(words.insert(words_of(c.verdict)).second) << "each says something of its own";
  }
}

connectors::ConnectionConfig config_of_anyone() {
  connectors::ConnectionConfig config;
  config.id = ConnectionId{"con_1"};
  config.credentials = {
      {"api_key", "k"}, {"webhook_secret", "s3cret"}, {"shared_secret", "s3cret"}, {"refresh_token", "t"}};
  return config;
}

// Loop drops an event for good on these: never for something that should be kept.
TEST(Answers, KeepEventsAliveAtLoop) {
  const auto* loop = connectors::find_connector("loop");
  ASSERT_NE(loop, nullptr);
  const auto inbound = loop->make_inbound(config_of_anyone());
  const std::set<int> lost{400, 401, 403, 404, 405};
  EXPECT_EQ(inbound->status_for_bad_signature(), 503);
  for (const auto verdict :
       {Verdict::stored, Verdict::duplicate, Verdict::unreadable, Verdict::store_failed, Verdict::too_busy}) {
    EXPECT_FALSE(lost.contains(status_of(verdict))) << words_of(verdict);
  }
}

TEST(Answers, AreHonestToShipHero) {
  const auto* hero = connectors::find_connector("shiphero");
  ASSERT_NE(hero, nullptr);
  EXPECT_EQ(hero->make_inbound(config_of_anyone())->status_for_bad_signature(), 401)
      << "it tries again whatever the code";
}

}  // namespace
}  // namespace backhaul::intake
