#include "api/status.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_hub.hpp"

namespace backhaul::api {
namespace {

using test::source_id;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// What may never leave by this way.
constexpr std::string_view personal = "shopper@example.com";
constexpr std::string_view secret = "s3cret";

class StatusTest : public testing::Test {
 protected:
  net::ServerResponse get(const std::string& path) {
    net::ServerRequest request;
    request.method = "GET";
    request.path = path;
    return hub.loop().wait(status.handle(std::move(request)));
  }
  std::string metrics() { return get("/metrics").body; }
  // Delivers straight to the `deliveries` whose counters are shown.
  int deliver(std::string body, std::string signature, std::string path = "/hooks/token-source") {
    net::ServerRequest request;
    request.method = "POST";
    request.path = std::move(path);
    request.headers.emplace_back("X-Sign", std::move(signature));
    request.body = std::move(body);
    return hub.loop().wait(deliveries.handle(std::move(request))).status;
  }

  test::World world;
  test::TestHub hub{world, {.retry = {}, .perform = {}, .lease = Millis{60'000}, .policy = {}, .works = false}};
  intake::Deliveries deliveries{
      hub.store(), hub.connections(), hub.loop(), {.complain = [](auto, auto) {}, .verified = [](auto) {}}};
  EngineFigures figures;
  Status status{hub.store(), deliveries, [this]() -> async::Task<EngineFigures> {
                  auto shown = figures;
                  auto asking = hub.store().depths();
                  if (const auto depths = co_await std::move(asking)) shown.depths = *depths;
                  co_return shown;
                }};
};

TEST_F(StatusTest, AnswersByPath) {
  const struct {
    const char* path;
    int status;
    const char* says;
    const char* type;
  } cases[] = {
      {"/healthz", 200, R"({"status":"ok"})", "application/json"},
      {"/readyz", 200, R"({"status":"ready"})", "application/json"},
      {"/metrics", 200, "backhaul_store_up 1", "text/plain; version=0.0.4"},
      {"/", 404, "nothing is here", "application/json"},
      {"/metrics/", 404, "nothing is here", "application/json"},
      {"/healthz/../metrics", 404, "nothing is here", "application/json"},
  };
  for (const auto& each : cases) {
    const auto response = get(each.path);
    EXPECT_EQ(response.status, each.status) << each.path;
    EXPECT_THAT(response.body, HasSubstr(each.says)) << each.path;
    EXPECT_EQ(response.content_type, each.type) << each.path;
  }
}

TEST_F(StatusTest, IsAliveAndNotReadyWhileTheStoreFails) {
  hub.store().fate = [](std::string_view) { return test::FaultyStore::Fate::fail; };
  EXPECT_EQ(get("/healthz").status, 200) << "a restart would not help";
  const auto ready = get("/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.body, R"({"status":"store failed"})");
  const auto response = get("/metrics");
  EXPECT_EQ(response.status, 200) << "that is when they are needed";
  EXPECT_THAT(response.body, AllOf(HasSubstr("backhaul_store_up 0"), HasSubstr("backhaul_deliveries_total"),
                                   Not(HasSubstr("backhaul_news ")), Not(HasSubstr("backhaul_attention "))))
      << "what is not known is not shown as 0";
  hub.store().fate = {};
  EXPECT_EQ(get("/readyz").status, 200);
}

TEST_F(StatusTest, IsNotReadyOnceItDrains) {
  status.draining();
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/readyz").body, R"({"status":"shutting down"})");
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(StatusTest, CountsDeliveriesByHowTheyEnded) {
  world.returns["r1"].view = test::open_return();
  const auto body = test::source_body("r1", "return.created", &world.returns["r1"].view);
  EXPECT_THAT(metrics(), HasSubstr("backhaul_deliveries_total{result=\"stored\"} 0"));
  deliver(body, std::string(secret));
  deliver(body, std::string(secret));
  deliver(body, "guessed");
  deliver("{", std::string(secret));
  deliver(body, std::string(secret), "/hooks/token-nobody");
  net::ServerRequest read;
  read.method = "GET";
  read.path = "/hooks/token-source";
  (void)hub.loop().wait(deliveries.handle(std::move(read)));
  hub.store().fail_always("append");
  deliver(body, std::string(secret));
  const auto text = metrics();
  for (const char* result :
       {"stored", "duplicate", "bad_signature", "unreadable", "unknown_token", "wrong_method", "store_failed"}) {
    EXPECT_THAT(text, HasSubstr("backhaul_deliveries_total{result=\"" + std::string(result) + "\"} 1\n")) << result;
  }
}

TEST_F(StatusTest, ShowsTheEnginesFigures) {
  figures.workflow.steps = 7;
  figures.in_flight = 3;
  figures.effects = {{.connection = "warehouse",
                      .kind = "create_rma",
                      .counters = {.done = 5, .refused = 4, .retried = 3, .unknown = 2, .given_up = 1}}};
  figures.vendors = {{.connection = "warehouse", .open = true}, {.connection = "platform", .open = false}};
  const auto text = metrics();
  for (const char* line : {
           "# TYPE backhaul_steps_total counter\nbackhaul_steps_total 7\n",
           "# TYPE backhaul_attempts_running gauge\nbackhaul_attempts_running 3\n",
           "# TYPE backhaul_effects_total counter\n",
           R"(backhaul_effects_total{connection="warehouse",kind="create_rma",result="done"} 5)",
           R"(backhaul_effects_total{connection="warehouse",kind="create_rma",result="refused"} 4)",
           R"(backhaul_effects_total{connection="warehouse",kind="create_rma",result="retried"} 3)",
           R"(backhaul_effects_total{connection="warehouse",kind="create_rma",result="unknown"} 2)",
           R"(backhaul_effects_total{connection="warehouse",kind="create_rma",result="given_up"} 1)",
           R"(backhaul_breaker_open{connection="warehouse"} 1)",
           R"(backhaul_breaker_open{connection="platform"} 0)",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  figures.workflow.steps = 8;
  EXPECT_THAT(metrics(), HasSubstr("backhaul_steps_total 8\n")) << "asked for each time";
}

TEST_F(StatusTest, ShowsWhatWaits) {
  world.returns["r1"].view = test::open_return();
  deliver(test::source_body("r1", "return.created", &world.returns["r1"].view), std::string(secret));
  hub.ask(hub.inner().raise_attention(source_id, {.kind = "bad_signature", .why = {}, .todo = {}, .connection = {}},
                                      hub.loop().now()));
  EXPECT_THAT(metrics(),
              AllOf(HasSubstr("backhaul_news 1\n"), HasSubstr("backhaul_jobs_waiting 0\n"),
                    HasSubstr("backhaul_attention 1\n"), HasSubstr("# TYPE process_resident_memory_bytes gauge\n"),
                    Not(HasSubstr("process_resident_memory_bytes 0\n"))));
}

// A connection's name is the merchant's choice; a line of the exposition must stay one line.
TEST_F(StatusTest, EscapesNames) {
  figures.vendors = {{.connection = "Anna's \"best\" \\ house\nbackhaul_store_up 0", .open = false}};
  EXPECT_THAT(metrics(), AllOf(HasSubstr(R"(backhaul_breaker_open{connection="Anna's \"best\" \\ house\nbackhaul_)"
                                         R"(store_up 0"} 0)"),
                               Not(HasSubstr("\nbackhaul_store_up 0"))));
}

TEST_F(StatusTest, ShowsNothingSecret) {
  const auto signed_one = std::string(R"({"id":"r1","topic":"return.created","email":")") + std::string(personal);
  deliver(signed_one, std::string(secret));
  deliver(signed_one + "\"}", std::string(secret));
  deliver(signed_one, "guessed");
  for (const bool fails : {false, true}) {
    if (fails) hub.store().fate = [](std::string_view) { return test::FaultyStore::Fate::fail; };
    for (const char* path : {"/healthz", "/readyz", "/metrics", "/"}) {
      const auto response = get(path);
      EXPECT_THAT(response.body,
                  AllOf(Not(HasSubstr(std::string(secret))), Not(HasSubstr("token-source")), Not(HasSubstr("guessed")),
                        Not(HasSubstr(std::string(personal))), Not(HasSubstr("r1"))))
          << path;
    }
  }
}

}  // namespace
}  // namespace backhaul::api
