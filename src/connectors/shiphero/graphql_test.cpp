#include "connectors/shiphero/graphql.hpp"

#include "connectors/shiphero/fixture.hpp"

namespace backhaul::connectors::shiphero {
namespace {

using Kind = Failure::Kind;

RmaRequest request() {
  RmaRequest wanted;
  wanted.reference = "loop-1673";
  wanted.order_name = "#1001";
  wanted.order_number = "1001";
  wanted.provider_order_id = "550111222333444555";
  wanted.tracking_number = "9400TEST0001";
  wanted.lines = {RmaLine{"tee-blu-m", 1, "Too small", {}}, RmaLine{"MUG", 1, "", {}}};
  return wanted;
}

// --- tokens ---

TEST_F(ShipHero, a_401_is_answered_by_one_refresh_for_effects_too) {
  answer_start();
  answer_file("orders.json");
  http.answer(401, "");
  http.answer(200, R"({"access_token":"second","expires_in":2419200})");
  answer_file("return_create.json");
  ASSERT_TRUE(loop.wait(destination().create(request())).has_value());
  EXPECT_EQ(http.requests[3].body, http.requests[5].body);
  EXPECT_EQ(net::find_header(http.requests[5].headers, "authorization"), "Bearer second");
}

TEST_F(ShipHero, a_second_401_means_the_account_is_inactive) {
  answer_start();
  http.answer(401, "");
  http.answer(200, R"({"access_token":"second","expires_in":2419200})");
  http.answer(401, "");
  const auto read = loop.wait(destination().read(ExternalId{"R"}));
  EXPECT_EQ(read.error().kind, Kind::blocked);
  EXPECT_EQ(read.error().code, "account_inactive");
}

TEST_F(ShipHero, a_refused_refresh_blocks_and_names_no_secret) {
  http.answer(403, R"({"error":"invalid_grant"})");
  const auto made = loop.wait(destination().create(request()));
  EXPECT_EQ(made.error().kind, Kind::blocked);
  EXPECT_EQ(made.error().code, "token_refused");
  EXPECT_EQ(made.error().message.find("refresh-made-up"), std::string::npos);
}

TEST_F(ShipHero, a_refresh_that_fails_in_passing_is_retried_even_for_effects) {
  http.lose(net::HttpError::Kind::unknown);
  EXPECT_EQ(loop.wait(destination().create(request())).error().kind, Kind::retry);
  http.answer(403, "<html>blocked</html>");
  EXPECT_EQ(loop.wait(destination().create(request())).error().kind, Kind::retry);
  http.answer(200, R"({"expires_in":1})");
  EXPECT_EQ(loop.wait(destination().create(request())).error().code, "garbled_answer");
}

TEST_F(ShipHero, a_token_is_renewed_before_it_expires) {
  answer_start();
  answer_file("return.json");
  (void)loop.wait(destination().read(ExternalId{"R"}));
  loop.advance(std::chrono::seconds{2419200 - 3601});
  answer_file("return.json");
  (void)loop.wait(destination().read(ExternalId{"R"}));
  EXPECT_EQ(http.requests.size(), 4U);
  loop.advance(std::chrono::seconds{2});
  answer_file("auth_refresh.json");
  answer_file("return.json");
  EXPECT_TRUE(loop.wait(destination().read(ExternalId{"R"})).has_value());
  EXPECT_EQ(http.unused(), 0U);
}

// Answers only when told to, so that calls overlap.
class HeldHttp final : public net::HttpClient {
 public:
  using Answer = Result<net::HttpResponse, net::HttpError>;
  async::Task<Answer> send(net::HttpRequest request) override {
    requests.push_back(std::move(request));
    std::function<void(async::Resolver<Answer>)> hold = [this](async::Resolver<Answer> r) {
      held.push_back(std::move(r));
    };
    co_return co_await async::wait_for<Answer>(std::move(hold));
  }
  void release(const std::string& body) {
    const auto first = held.front();
    held.erase(held.begin());
    first(net::HttpResponse{200, {}, body});
  }
  std::vector<net::HttpRequest> requests;
  std::vector<async::Resolver<Answer>> held;
};

TEST(ShipHeroTokenKeeper, concurrent_callers_share_one_refresh) {
  test::ManualLoop loop;
  test::FreeLimiter limiter;
  HeldHttp http;
  TokenKeeper keeper("https://x.example", "refresh", 1, Services{http, limiter, loop, [] { return 1U; }});
  std::vector<std::string> got;
  const auto ask = [](TokenKeeper& from, std::vector<std::string>& into) -> async::Task<void> {
    const auto token = co_await from.token();
    into.push_back(token ? *token : token.error().code);
  };
  for (int i = 0; i < 3; ++i) loop.start(ask(keeper, got));
  ASSERT_EQ(http.requests.size(), 1U);
  http.release(testdata("auth_refresh.json"));
  loop.run_ready();
  EXPECT_EQ(got, std::vector<std::string>(3, "header.claims.signature"));
  // Two callers whose calls with that token got a 401: again one refresh, and a third that comes late gets the new one.
  const auto replace = [](TokenKeeper& from, std::vector<std::string>& into) -> async::Task<void> {
    const auto token = co_await from.replace("header.claims.signature");
    into.push_back(token ? *token : token.error().code);
  };
  got.clear();
  for (int i = 0; i < 2; ++i) loop.start(replace(keeper, got));
  ASSERT_EQ(http.requests.size(), 2U);
  http.release(R"({"access_token":"second","expires_in":10,"refresh_token":"rotated"})");
  loop.run_ready();
  loop.start(replace(keeper, got));
  EXPECT_EQ(got, std::vector<std::string>(3, "second"));
  EXPECT_EQ(keeper.rotated_refresh_token(), "rotated");
  got.clear();
  loop.advance(std::chrono::seconds{11});
  for (int i = 0; i < 2; ++i) loop.start(ask(keeper, got));
  EXPECT_NE(http.requests.back().body.find("rotated"), std::string::npos);
  http.release("nonsense");
  loop.run_ready();
  EXPECT_EQ(got, std::vector<std::string>(2, "garbled_answer"));
}

// --- credits ---

TEST_F(ShipHero, the_limiter_takes_shipheros_figures) {
  http.answer(200, testdata("auth_refresh.json"));
  http.answer(200, R"({"data":{"user_quota":{"credits_remaining":10,"max_available":1001,"increment_rate":0}}})");
  answer_file("return.json");
  (void)loop.wait(destination().read(ExternalId{"R"}));
  EXPECT_EQ(limiter.configured, (std::pair{1001.0, 60.0}));
}

TEST_F(ShipHero, settings_win_over_shipheros_figures) {
  config.settings["credits_max"] = 2000;
  http.answer(200, testdata("auth_refresh.json"));
  http.answer(200, R"({"data":{"user_quota":{"max_available":1001,"increment_rate":15}}})");
  answer_file("return.json");
  (void)destination();
  EXPECT_EQ(limiter.configured, (std::pair{2000.0, 60.0}));
  (void)loop.wait(destination().read(ExternalId{"R"}));
  EXPECT_EQ(limiter.configured, (std::pair{2000.0, 15.0}));
}

TEST_F(ShipHero, a_quota_that_cannot_be_asked_stops_nothing) {
  http.answer(200, testdata("auth_refresh.json"));
  http.answer(500, "");
  answer_file("return.json");
  EXPECT_TRUE(loop.wait(destination().read(ExternalId{"R"})).has_value());
  EXPECT_FALSE(limiter.configured.has_value());
}

TEST_F(ShipHero, every_request_is_paid_for) {
  answer_start();
  answer_file("orders.json");
  answer_file("return_create.json");
  (void)loop.wait(destination().create(request()));
  const double least = request_cost_min(4004, 60, 7000);
  EXPECT_NEAR(least, 22004.0 / 7000, 1e-9);
  EXPECT_NEAR(limiter.spent, least + least + 103 + 10, 1e-9);
  EXPECT_EQ(request_cost_min(1001, 15, 7000), 1);
}

TEST_F(ShipHero, a_throttled_call_corrects_the_limiter) {
  answer_start();
  answer_file("error_throttled.json");
  const auto page = loop.wait(destination().list_changes(Window{loop.now() - Millis{1000}, loop.now()}, ""));
  EXPECT_EQ(page.error().code, "throttled");
  EXPECT_EQ(limiter.last_wait, Millis{18'000});
}

}  // namespace
}  // namespace backhaul::connectors::shiphero
