#include "connectors/shiphero/retry_policy.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "connectors/shiphero/fixture.hpp"
#include "connectors/shiphero/text.hpp"
#include "connectors/shiphero/waits.hpp"

namespace backhaul::connectors::shiphero {
namespace {

using Kind = Failure::Kind;
using Answer = Result<net::HttpResponse, net::HttpError>;

Answer http(int status, std::string body = "", net::Headers headers = {}) {
  return net::HttpResponse{status, std::move(headers), std::move(body)};
}
Answer lost(net::HttpError::Kind kind) {
  return fail(net::HttpError{kind, "curl's words"});
}
Answer error(const std::string& members, const std::string& data = R"({"op":null})") {
  return http(200, R"({"errors":[{)" + members + R"(}],"data":)" + data + "}");
}

struct Expected {
  std::string code;  // empty: done
  Kind read = Kind::retry;
  Kind effect = Kind::retry;
};

struct Case {
  std::string name;
  Answer answer;
  Expected expected;
};

std::vector<Case> cases() {
  const std::string op = R"("operation":"op","request_id":"66b0c0ffee")";
  return {
      {"done", http(200, R"({"data":{"op":{"data":{}}}})"), {}},
      {"not sent", lost(net::HttpError::Kind::not_sent), {"unreachable", Kind::retry, Kind::retry}},
      {"no answer", lost(net::HttpError::Kind::unknown), {"timeout", Kind::retry, Kind::unknown}},
      {"too large", lost(net::HttpError::Kind::too_large), {"too_large", Kind::retry, Kind::unknown}},
      {"500", http(500), {"http_500", Kind::retry, Kind::unknown}},
      {"502 html", http(502, "<html>"), {"http_502", Kind::retry, Kind::unknown}},
      {"503", http(503, "{}"), {"http_503", Kind::retry, Kind::unknown}},
      {"429", http(429), {"rate_limited", Kind::retry, Kind::retry}},
      {"401", http(401), {"unauthorized", Kind::blocked, Kind::blocked}},
      {"403", http(403, "<html>blocked</html>"), {"http_403", Kind::retry, Kind::retry}},
      {"404", http(404), {"http_404", Kind::retry, Kind::retry}},
      {"408", http(408), {"http_408", Kind::retry, Kind::unknown}},
      {"302", http(302), {"http_302", Kind::retry, Kind::retry}},
      {"413", http(413), {"http_413", Kind::refused, Kind::refused}},
      {"400 with errors",
       http(400, R"({"errors":[{"message":"Field?","locations":[]}]})"),
       {"schema", Kind::refused, Kind::refused}},
      {"400 without", http(400, "no"), {"http_400", Kind::refused, Kind::refused}},
      {"not JSON", http(200, "<html>"), {"garbled_answer", Kind::retry, Kind::unknown}},
      {"empty", http(200, ""), {"garbled_answer", Kind::retry, Kind::unknown}},
      {"truncated", http(200, R"({"data":{"op":{)"), {"garbled_answer", Kind::retry, Kind::unknown}},
      {"an array", http(200, "[]"), {"garbled_answer", Kind::retry, Kind::unknown}},
      {"data null", http(200, R"({"data":null})"), {"no_data", Kind::retry, Kind::unknown}},
      {"operation null", http(200, R"({"data":{"op":null}})"), {"no_data", Kind::retry, Kind::unknown}},
      {"errors empty, data null",
       http(200, R"({"errors":[],"data":{"op":null}})"),
       {"no_data", Kind::retry, Kind::unknown}},
      {"code 5", error(R"("message":"Order not found","code":5,)" + op), {"not_found", Kind::refused, Kind::refused}},
      {"code 5 as text",
       error(R"("message":"Order not found","code":"5",)" + op),
       {"not_found", Kind::refused, Kind::refused}},
      {"code 5 in extensions",
       error(R"("message":"x","extensions":{"code":5})"),
       {"not_found", Kind::refused, Kind::refused}},
      {"code 7",
       error(R"("message":"Missing required scope(s): view:orders","code":7,)" + op),
       {"missing_scope", Kind::blocked, Kind::blocked}},
      {"code 30",
       error(
           R"("message":"not enough","code":30,"required_credits":1301,"remaining_credits":263,"time_remaining":"18 seconds",)" +
           op),
       {"throttled", Kind::retry, Kind::retry}},
      {"code 30, never enough",
       error(R"("message":"not enough","code":30,"required_credits":10001,)" + op),
       {"too_expensive", Kind::refused, Kind::refused}},
      {"code 30 beats 5",
       http(200, R"({"errors":[{"message":"a","code":5},{"message":"b","code":30}],"data":null})"),
       {"throttled", Kind::retry, Kind::retry}},
      {"code 7 beats 30",
       http(200, R"({"errors":[{"message":"b","code":30},{"message":"a","code":7}],"data":null})"),
       {"missing_scope", Kind::blocked, Kind::blocked}},
      {"another code",
       error(R"("message":"SKU twice","code":12,)" + op),
       {"shiphero_12", Kind::refused, Kind::refused}},
      {"another code, outage",
       error(R"("message":"Internal error, try again","code":1,)" + op),
       {"vendor_error", Kind::retry, Kind::unknown}},
      {"no code, names its operation",
       error(R"("message":"Webhook already exists",)" + op),
       {"shiphero_error", Kind::refused, Kind::refused}},
      {"no code, from within",
       error(R"("message":"oops","path":["op"],"locations":[])"),
       {"vendor_error", Kind::retry, Kind::unknown}},
      {"schema",
       http(200, R"({"errors":[{"message":"Unknown field, internal","locations":[{"line":1}]}]})"),
       {"schema", Kind::refused, Kind::refused}},
      {"schema, data null",
       http(200, R"({"errors":[{"message":"Unknown field"}],"data":null})"),
       {"schema", Kind::refused, Kind::refused}},
      {"outage without data",
       http(200, R"({"errors":[{"message":"Internal server error"}]})"),
       {"vendor_error", Kind::retry, Kind::unknown}},
      {"errors of odd shapes",
       http(200, R"({"errors":[null,7,"x"],"data":null})"),
       {"schema", Kind::refused, Kind::refused}},
  };
}

TEST(ShipHeroRetryPolicy, table) {
  for (const Case& c : cases()) {
    for (const Call call : {Call::read, Call::effect}) {
      SCOPED_TRACE(c.name + (call == Call::effect ? " (effect)" : " (read)"));
      const Asked asked{.operation = "op", .call = call};
      const auto judged = judge(c.answer, asked);
      if (c.expected.code.empty()) {
        EXPECT_TRUE(judged.has_value());
        continue;
      }
      ASSERT_FALSE(judged.has_value());
      EXPECT_EQ(judged.error().code, c.expected.code);
      EXPECT_EQ(judged.error().kind, call == Call::effect ? c.expected.effect : c.expected.read);
      EXPECT_LE(judged.error().message.size(), 500U);
      EXPECT_EQ(judged.error().throttled, c.expected.code == "throttled" || c.expected.code == "rate_limited");
    }
  }
}

TEST(ShipHeroRetryPolicy, token_refresh) {
  const struct {
    Answer answer;
    std::string code;
    Kind kind;
  } table[] = {
      {http(400, "{}"), "token_refused", Kind::blocked},
      {http(401), "token_refused", Kind::blocked},
      {http(403, "<html>"), "http_403", Kind::retry},
      {http(403, R"({"error":"invalid_grant","error_description":"Unknown or invalid refresh token."})"),
       "token_refused", Kind::blocked},
      {http(404), "token_refused", Kind::blocked},
      {http(429), "rate_limited", Kind::retry},
      {http(500), "http_500", Kind::retry},
      {http(200, "nope"), "garbled_answer", Kind::retry},
      {lost(net::HttpError::Kind::unknown), "timeout", Kind::retry},
  };
  for (const auto& c : table) {
    const Asked asked{.operation = "auth/refresh", .call = Call::token};
    const auto judged = judge(c.answer, asked);
    ASSERT_FALSE(judged.has_value()) << c.code;
    EXPECT_EQ(judged.error().code, c.code);
    EXPECT_EQ(judged.error().kind, c.kind) << c.code;
  }
}

TEST(ShipHeroRetryPolicy, a_401_after_a_fresh_token_means_the_account_is_inactive) {
  const Asked asked{.operation = "orders", .call = Call::read, .token_is_fresh = true};
  const auto judged = judge(http(401), asked);
  EXPECT_EQ(judged.error().kind, Kind::blocked);
  EXPECT_EQ(judged.error().code, "account_inactive");
  EXPECT_NE(judged.error().message.find("account inactive"), std::string::npos);
}

TEST(ShipHeroRetryPolicy, errors_beside_a_result_fail_a_read_and_not_an_effect) {
  const auto answer =
      error(R"("message":"Missing required scope(s): view:x","code":7)", R"({"op":{"return":{"id":"a"}}})");
  EXPECT_EQ(judge(answer, Asked{.operation = "op", .call = Call::read}).error().code, "missing_scope");
  EXPECT_TRUE(judge(answer, Asked{.operation = "op", .call = Call::effect}).has_value());
  const auto empty = error(R"("message":"gone","code":5)", R"({"op":{"request_id":"r","return":null}})");
  EXPECT_EQ(judge(empty, Asked{.operation = "op", .call = Call::effect}).error().code, "not_found");
}

TEST(ShipHeroRetryPolicy, says_how_long_to_wait) {
  const Time now = *parse_time("2026-11-06T08:49:00Z");
  const auto wait = [&](const Answer& answer) {
    const Asked asked{.operation = "op", .call = Call::read, .now = now};
    return judge(answer, asked).error().wait.value_or(Millis{-1});
  };
  const auto throttle = [](const std::string& rest) { return error(R"("message":"x","code":30)" + rest); };
  EXPECT_EQ(wait(throttle(R"(,"time_remaining":"18 seconds")")), Millis{18'000});
  EXPECT_EQ(wait(throttle(R"(,"time_remaining":"55 minutes")")), Millis{55 * 60'000});
  EXPECT_EQ(wait(throttle(R"(,"time_remaining":"0 seconds")")), Millis{1'000});
  EXPECT_EQ(wait(throttle(R"(,"time_remaining":"9 hours")")), Millis{3'600'000});
  EXPECT_EQ(wait(throttle(R"(,"required_credits":1301,"remaining_credits":263)")), Millis{18'000});
  EXPECT_EQ(wait(throttle("")), Millis{30'000});
  EXPECT_EQ(wait(http(429, "", {{"retry-after", "7"}})), Millis{7'000});
  EXPECT_EQ(wait(http(429, "", {{"Retry-After", "0"}})), Millis{1'000});
  EXPECT_EQ(wait(http(429, "", {{"Retry-After", "99999999999999999999"}})), Millis{900'000});
  EXPECT_EQ(wait(http(429, "", {{"Retry-After", "Fri, 06 Nov 2026 08:49:37 GMT"}})), Millis{37'000});
  EXPECT_EQ(wait(http(429, "", {{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}})), Millis{1'000});
  EXPECT_EQ(wait(http(429, "", {{"Retry-After", "soon"}})), Millis{30'000});
}

TEST(ShipHeroRetryPolicy, messages_keep_the_request_id_and_hide_addresses) {
  const std::string long_words(2000, 'x');
  const auto judged = judge(
      error(R"("message":"ann@example.com is not ours )" + long_words + R"(","code":5,"request_id":"66b0c0ffee")"),
      Asked{.operation = "op", .call = Call::read});
  EXPECT_EQ(judged.error().message.find("ann@"), std::string::npos);
  EXPECT_NE(judged.error().message.find("[request 66b0c0ffee]"), std::string::npos);
  EXPECT_LE(judged.error().message.size(), 500U);
}

TEST(ShipHeroRetryPolicy, a_missing_scope_is_named) {
  const auto judged =
      judge(http(200, testdata("error_missing_scope.json")), Asked{.operation = "orders", .call = Call::read});
  EXPECT_NE(judged.error().message.find("view:orders"), std::string::npos);
}

TEST(ShipHeroRetryPolicy, golden_errors) {
  const auto code = [](const char* file, const char* operation) {
    return judge(http(200, testdata(file)), Asked{.operation = operation, .call = Call::effect}).error().code;
  };
  EXPECT_EQ(code("error_not_found.json", "return_create"), "not_found");
  EXPECT_EQ(code("error_throttled.json", "returns"), "throttled");
  EXPECT_EQ(code("error_schema.json", "returns"), "schema");
}

TEST(ShipHeroWaits, parses_what_shiphero_writes) {
  EXPECT_EQ(parse_time_remaining("4 seconds"), Millis{4'000});
  EXPECT_EQ(parse_time_remaining("1 second"), Millis{1'000});
  EXPECT_EQ(parse_time_remaining("1 Hour, 5 minutes"), Millis{65 * 60'000});
  EXPECT_EQ(parse_time_remaining(""), std::nullopt);
  EXPECT_EQ(parse_time_remaining("soon"), std::nullopt);
  EXPECT_EQ(parse_time_remaining("12"), std::nullopt);
  EXPECT_EQ(parse_time_remaining("3 fortnights"), std::nullopt);
}

TEST(ShipHeroText, is_cut_between_characters_and_never_grows) {
  EXPECT_EQ(shown("aéé", 2), "a");
  EXPECT_EQ(shown("aéé", 3), "aé");
  EXPECT_EQ(shown("write to <ann@example.com>, please", 100), "write to *** please");
  EXPECT_EQ(shown("a\x01\nb", 100), "a  b");
  EXPECT_EQ(to_vendor_time(*parse_time("2026-11-01T10:00:00.250Z"), false), "2026-11-01T10:00:00");
  EXPECT_EQ(to_vendor_time(*parse_time("2026-11-01T10:00:00.250Z"), true), "2026-11-01T10:00:01");
  EXPECT_EQ(to_vendor_time(*parse_time("2026-11-01T10:00:00Z"), true), "2026-11-01T10:00:00");
}

}  // namespace
}  // namespace backhaul::connectors::shiphero
