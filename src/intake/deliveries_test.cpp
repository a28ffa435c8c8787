#include "intake/deliveries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/test_hub.hpp"

namespace backhaul::intake {
namespace {

using namespace std::chrono_literals;
using test::destination_id;
using test::source_id;
using testing::HasSubstr;
using testing::Not;

// What a shopper would not want to read in a log.
constexpr std::string_view personal = "shopper@example.com";

class DeliveriesTest : public testing::Test {
 protected:
  DeliveriesTest() { world.returns["r1"].view = test::open_return(); }

  std::string body(const std::string& topic = "return.created") {
    return test::source_body("r1", topic, &world.returns["r1"].view);
  }
  std::string cut_off() {
    return std::string(R"({"id":"r1","topic":"return.created","email":")") + std::string(personal);
  }
  // How many events there are, of any kind.
  std::int64_t stored() { return hub.inner().newest_event().value; }

  test::World world;
  test::TestHub hub{world, {.retry = {}, .perform = {}, .lease = 60s, .policy = {}, .works = false}};
};

struct Scenario {
  const char* name;
  const char* method;
  const char* path;
  const char* secret;
  bool whole;
  int status;
  const char* answer;   // found in the answer's body
  std::int64_t events;  // stored by it
};

TEST_F(DeliveriesTest, AreAnsweredByWhatBecameOfThem) {
  const Scenario scenarios[] = {
      {"stored", "POST", "/hooks/token-source", "s3cret", true, 200, "thanks", 1},
      {"again", "POST", "/hooks/token-source", "s3cret", true, 200, "thanks", 1},
      {"cut off on the way", "POST", "/hooks/token-source", "s3cret", false, 200, "thanks", 1},
      {"wrong signature", "POST", "/hooks/token-source", "guessed", true, 418, "signature", 0},
      {"no signature", "POST", "/hooks/token-source", nullptr, true, 418, "signature", 0},
      {"a token nobody has", "POST", "/hooks/token-nobody", "s3cret", true, 404, "no connection", 0},
      {"no token", "POST", "/hooks/", "s3cret", true, 404, "no connection", 0},
      {"probe of an address that exists", "HEAD", "/hooks/token-source", nullptr, true, 200, "", 0},
      {"probe of one that does not", "HEAD", "/hooks/token-nobody", nullptr, true, 404, "no connection", 0},
      {"read", "GET", "/hooks/token-source", "s3cret", true, 405, "POST", 0},
      {"put", "PUT", "/hooks/token-source", "s3cret", true, 405, "POST", 0},
  };
  for (const auto& s : scenarios) {
    SCOPED_TRACE(s.name);
    const auto before = stored();
    net::Headers headers;
    if (s.secret != nullptr) headers.emplace_back("X-Sign", s.secret);
    const auto response = hub.request(s.method, s.path, s.whole ? body() : cut_off(), headers);
    EXPECT_EQ(response.status, s.status);
    EXPECT_THAT(response.body, HasSubstr(s.answer));
    EXPECT_EQ(stored() - before, s.events);
    EXPECT_THAT(response.body, Not(HasSubstr(personal)));
    EXPECT_THAT(response.body, Not(HasSubstr("r1")));
  }
}

TEST_F(DeliveriesTest, KeepTheBytesAsReceived) {
  const auto sent = "  " + body() + "\r\n";
  ASSERT_EQ(hub.deliver(source_id, sent)->status, 200);
  const auto news = hub.ask(hub.inner().take_news(10, hub.loop().now()));
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].events.at(0).body, sent);
  EXPECT_EQ(news[0].events.at(0).topic, "return.created");
  EXPECT_EQ(news[0].source_id.value, "r1");
}

TEST_F(DeliveriesTest, EqualBytesAreRecordedAndAreNoNews) {
  hub.deliver(source_id, body());
  hub.deliver(source_id, body());
  const auto news = hub.ask(hub.inner().take_news(10, hub.loop().now()));
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].events.size(), 1U);
  // A state that comes back is news again.
  hub.deliver(source_id, body("return.updated"));
  hub.deliver(source_id, body());
  EXPECT_EQ(hub.ask(hub.inner().take_news(10, hub.loop().now()))[0].events.size(), 3U);
}

TEST_F(DeliveriesTest, ABodyNobodyCanReadIsKeptAndComplainedAboutOnceAMinute) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(hub.deliver(source_id, cut_off())->status, 200);
  ASSERT_EQ(hub.complaints.size(), 1U);
  EXPECT_EQ(hub.complaints[0].kind, "unreadable_delivery");
  EXPECT_EQ(hub.complaints[0].connection, source_id);
  EXPECT_THAT(hub.complaints[0].why, Not(HasSubstr(personal)));
  EXPECT_EQ(stored(), 5) << "kept, each of them";
  EXPECT_TRUE(hub.ask(hub.inner().take_news(10, hub.loop().now())).empty()) << "and folded into nothing";
  hub.advance(59s);
  hub.deliver(source_id, cut_off());
  EXPECT_EQ(hub.complaints.size(), 1U);
  hub.advance(1s);
  hub.deliver(source_id, cut_off());
  EXPECT_EQ(hub.complaints.size(), 2U);
  hub.deliver(destination_id, cut_off());
  EXPECT_EQ(hub.complaints.size(), 3U) << "each connection by itself";
}

TEST_F(DeliveriesTest, AClockThatWasPutBackDoesNotSilenceComplaints) {
  hub.deliver(source_id, cut_off());
  hub.loop().put_back(3h);
  hub.deliver(source_id, cut_off());
  EXPECT_EQ(hub.complaints.size(), 2U);
  hub.deliver(source_id, cut_off());
  EXPECT_EQ(hub.complaints.size(), 2U);
}

TEST_F(DeliveriesTest, AWrongSignatureIsComplainedAboutUntilOneIsRightAgain) {
  hub.deliver(source_id, body());
  EXPECT_EQ(hub.verified, 1) << "an earlier process may have complained";
  for (int i = 0; i < 3; ++i) hub.deliver(source_id, body(), "wrong");
  ASSERT_EQ(hub.complaints.size(), 1U);
  EXPECT_EQ(hub.complaints[0].kind, "bad_signature");
  hub.deliver(source_id, body("return.updated"));
  hub.deliver(source_id, body("return.closed"));
  EXPECT_EQ(hub.verified, 2);
}

TEST_F(DeliveriesTest, RightAndWrongOnesInTurnDoNotFloodTheList) {
  for (int i = 0; i < 50; ++i) {
    hub.deliver(source_id, body(), "wrong");
    hub.deliver(source_id, body());
  }
  EXPECT_EQ(hub.complaints.size(), 1U);
  EXPECT_EQ(hub.verified, 1);
}

TEST_F(DeliveriesTest, WhatIsNotStoredIsNotAcknowledged) {
  hub.store().fail_always("append");
  const auto response = hub.deliver(source_id, body());
  EXPECT_EQ(response->status, 503);
  EXPECT_THAT(response->body, HasSubstr("send it again"));
  EXPECT_EQ(stored(), 0);
  const auto asks = std::ranges::find(response->headers, "Retry-After", &std::pair<std::string, std::string>::first);
  ASSERT_NE(asks, response->headers.end());
  EXPECT_EQ(asks->second, "10");
  hub.store().fate = {};
  EXPECT_EQ(hub.deliver(source_id, body())->status, 200);
  EXPECT_EQ(stored(), 1);
}

TEST_F(DeliveriesTest, AreCountedByVerdict) {
  auto& store = hub.store();
  Deliveries deliveries(store, hub.connections(), hub.loop(), {.complain = [](auto, auto) {}, .verified = [](auto) {}});
  const auto send = [&](std::string method, std::string secret, std::string text) {
    net::ServerRequest request;
    request.method = std::move(method);
    request.path = "/hooks/token-source";
    request.headers.emplace_back("X-Sign", std::move(secret));
    request.body = std::move(text);
    (void)hub.loop().wait(deliveries.handle(std::move(request)));
  };
  send("POST", "s3cret", body());
  send("POST", "s3cret", body());
  send("POST", "s3cret", cut_off());
  send("POST", "wrong", body());
  send("DELETE", "s3cret", body());
  store.fail_always("append");
  send("POST", "s3cret", body("return.closed"));
  for (const auto verdict : {Verdict::stored, Verdict::duplicate, Verdict::unreadable, Verdict::bad_signature,
                             Verdict::wrong_method, Verdict::store_failed}) {
    EXPECT_EQ(deliveries.count(verdict), 1U) << words_of(verdict);
  }
}

}  // namespace
}  // namespace backhaul::intake
