#include "connectors/loop/retry_policy.hpp"

#include <gtest/gtest.h>

#include "connectors/loop/complaint.hpp"

namespace backhaul::connectors::loop {
namespace {

using Kind = Failure::Kind;
constexpr Time now{1'773'500'000'000};  // 2026-03-14T14:53:20Z

constexpr Call read_call{Call::Asked::read, Call::Good::body, "Returns"};
constexpr Call effect{Call::Asked::effect, Call::Good::truth, "Returns"};
constexpr Call webhook_effect{Call::Asked::effect, Call::Good::nothing, "Developer Tools"};

Outcome<Answer> answer(const Call& call, int status, std::string body, net::Headers headers = {}) {
  const Result<net::HttpResponse, net::HttpError> sent = net::HttpResponse{status, std::move(headers), std::move(body)};
  return judge(call, sent, now);
}

struct BodyCase {
  int status;
  const char* body;
  Kind read;
  Kind effect;
  const char* code;
  const char* words;  // part of the message
};

TEST(LoopRetryPolicy, EveryShapeOfNo) {
  const BodyCase cases[] = {
      // contract 1.3, in its order
      {401, R"({"error":{"code":"401","http_code":"GEN-UNAUTHORIZED","message":"Unauthorized."}})", Kind::blocked,
       Kind::blocked, "unauthorized", "scope Returns"},
      {401, R"({"errors":"Unauthorized."})", Kind::blocked, Kind::blocked, "unauthorized", "Developer Tools"},
      {200,
       R"({"errors":{"message":"Return is closed and therefore cannot be processed.","code":"UNPROCESSABLE_RETURN"}})",
       Kind::refused, Kind::refused, "UNPROCESSABLE_RETURN", "Return is closed"},
      {200,
       R"({"errors":{"message":"Return is open and therefore cannot be processed.","code":"UNPROCESSABLE_FLAGGED_RETURN"}})",
       Kind::refused, Kind::refused, "UNPROCESSABLE_FLAGGED_RETURN", "Return is open"},
      {200, R"({"errors":{"message":"Return is review and therefore cannot be processed."}})", Kind::refused,
       Kind::refused, "refused", "Return is review"},
      {200, R"({"message":"Return is cancelled and therefore cannot be processed."})", Kind::refused, Kind::refused,
       "refused", "Return is cancelled"},
      {200, R"({"content":"Return is expired and cannot be processed."})", Kind::refused, Kind::refused, "refused",
       "Return is expired"},
      {200, R"({"error":{"message":"No return found with this ID."}})", Kind::refused, Kind::refused, "not_found",
       "No return found"},
      {200, R"({"errors":{"message":"No return found with this ID."}})", Kind::refused, Kind::refused, "not_found",
       "No return"},
      {403, R"({"errors":[{"message":"Line item belongs to another shop."}]})", Kind::blocked, Kind::refused,
       "forbidden", ""},
      {422, R"({"message":"The given data was invalid.","errors":{"from":["The from is not a valid date."]}})",
       Kind::refused, Kind::refused, "422", "The given data was invalid. The from is not a valid date."},
      {422, R"({"error":{"message":"The line item id field is required."}})", Kind::refused, Kind::refused, "422",
       "line item id"},
      {422, R"({"code":"DESTINATION_LIMIT_EXCEEDED","message":"Too many."})", Kind::refused, Kind::refused,
       "DESTINATION_LIMIT_EXCEEDED", "Too many."},
      {404, R"({"code":"NOT_FOUND","message":"No such label."})", Kind::refused, Kind::refused, "not_found",
       "No such label."},
      {404, R"({"errors":{"code":"NOT_FOUND"}})", Kind::refused, Kind::refused, "not_found", "without a reason"},
      {422, "false", Kind::refused, Kind::refused, "422", "without a reason"},
      {409, R"({"errors":{"message":"Exists."}})", Kind::refused, Kind::refused, "409", "Exists."},
      // the same under other statuses
      {201, R"({"errors":"Unauthorized."})", Kind::blocked, Kind::blocked, "unauthorized", ""},
      {200, R"({"error":{"code":"401","http_code":"GEN-UNAUTHORIZED","message":"Unauthorized."}})", Kind::blocked,
       Kind::blocked, "unauthorized", ""},
      {400, R"({"errors":{"code":"NOT_AUTHORIZED","message":"x"}})", Kind::blocked, Kind::blocked, "unauthorized", ""},
      {200, R"({"errors":{"code":"UNEXPECTED_ERROR","message":"x"}})", Kind::retry, Kind::unknown, "UNEXPECTED_ERROR",
       ""},
      {500, R"({"message":"An error was encountered during processing."})", Kind::retry, Kind::unknown, "500",
       "encountered"},
      {200, R"({"errors":["one","two"]})", Kind::refused, Kind::refused, "refused", "one two"},
      {200, R"({"id":90001,"errors":{"message":"no"}})", Kind::refused, Kind::refused, "refused", "no"},
      // statuses
      {302, "", Kind::retry, Kind::retry, "redirected", ""},
      {400, "", Kind::refused, Kind::refused, "400", ""},
      {401, "", Kind::blocked, Kind::blocked, "unauthorized", ""},
      {403, "<html>blocked</html>", Kind::blocked, Kind::blocked, "forbidden", ""},
      {404, "<html>nginx</html>", Kind::blocked, Kind::blocked, "no_such_api", "address and version"},
      {408, "", Kind::retry, Kind::unknown, "408", ""},
      {410, "", Kind::blocked, Kind::blocked, "version_gone", ""},
      {429, "", Kind::retry, Kind::retry, "429", ""},
      {500, "", Kind::retry, Kind::unknown, "500", ""},
      {502, "<html>", Kind::retry, Kind::unknown, "502", ""},
      {503, "", Kind::retry, Kind::unknown, "503", ""},
      {524, "", Kind::retry, Kind::unknown, "524", ""},
      // good statuses, unreadable bodies
      {200, "<html>hello</html>", Kind::retry, Kind::unknown, "garbled_answer", "not JSON"},
      {200, R"({"returns":[)", Kind::retry, Kind::unknown, "garbled_answer", ""},
      {200, "", Kind::retry, Kind::unknown, "garbled_answer", ""},
      {204, "", Kind::retry, Kind::unknown, "garbled_answer", ""},
      {200, "null", Kind::retry, Kind::unknown, "garbled_answer", ""},
  };
  for (const auto& c : cases) {
    const auto read = answer(read_call, c.status, c.body);
    const auto acted = answer(effect, c.status, c.body);
    ASSERT_FALSE(read) << c.status << c.body;
    ASSERT_FALSE(acted) << c.status << c.body;
    EXPECT_EQ(read.error().kind, c.read) << c.status << c.body;
    EXPECT_EQ(acted.error().kind, c.effect) << c.status << c.body;
    EXPECT_EQ(acted.error().code, c.code) << c.status << c.body;
    EXPECT_NE(acted.error().message.find(c.words), std::string::npos) << c.body << ": " << acted.error().message;
    EXPECT_EQ(acted.error().throttled, c.status == 429) << c.status;
    EXPECT_FALSE(acted.error().message.empty());
  }
}

TEST(LoopRetryPolicy, WhatIsGood) {
  EXPECT_TRUE(answer(effect, 200, "true"));
  EXPECT_TRUE(answer(effect, 200, " \"true\"\n"));
  EXPECT_TRUE(answer(effect, 202, "true"));
  EXPECT_EQ(answer(effect, 200, "false").error().kind, Kind::refused);
  EXPECT_EQ(answer(effect, 200, R"({"id":1})").error().kind, Kind::unknown);
  EXPECT_TRUE(answer(webhook_effect, 204, ""));
  EXPECT_TRUE(answer(webhook_effect, 201, R"({"id":1,"status":"active"})"));
  EXPECT_TRUE(answer(webhook_effect, 200, "Success"));
  EXPECT_FALSE(answer(webhook_effect, 200, R"({"errors":{"code":"FAILED_TO_CREATE_WEBHOOK"}})"));
  EXPECT_TRUE(answer(read_call, 200, "[]"));
  EXPECT_TRUE(answer(read_call, 200, "false"));
  // A field added to a return one day does not turn it into a refusal.
  EXPECT_TRUE(
      answer(read_call, 200, R"({"id":1,"state":"open","message":"hi","content":"x","errors":[],"error":null})"));
  EXPECT_EQ(answer(read_call, 200, R"({"id":1})")->raw, R"({"id":1})");
}

TEST(LoopRetryPolicy, LostOnTheWay) {
  using Lost = net::HttpError::Kind;
  struct Case {
    Lost kind;
    Kind read;
    Kind effect;
    const char* code;
  };
  const Case cases[] = {{Lost::not_sent, Kind::retry, Kind::retry, "unreachable"},
                        {Lost::unknown, Kind::retry, Kind::unknown, "timeout"},
                        {Lost::too_large, Kind::retry, Kind::unknown, "answer_too_large"}};
  for (const auto& c : cases) {
    const Result<net::HttpResponse, net::HttpError> sent = fail(net::HttpError{c.kind, "words of curl"});
    EXPECT_EQ(judge(read_call, sent, now).error().kind, c.read);
    EXPECT_EQ(judge(effect, sent, now).error().kind, c.effect);
    EXPECT_EQ(judge(effect, sent, now).error().code, c.code);
  }
}

TEST(LoopRetryPolicy, RetryAfter) {
  struct Case {
    const char* value;
    std::optional<std::int64_t> ms;
  };
  const Case cases[] = {{"7", 7'000},
                        {" 7 ", 7'000},
                        {"0", 1'000},
                        {"-5", 1'000},
                        {"86400", 900'000},
                        {"99999999999999999999999", 900'000},
                        {"Sat, 14 Mar 2026 14:54:20 GMT", 60'000},
                        {"Sat, 14 Mar 2026 14:00:00 GMT", 1'000},
                        {"Fri, 01 Jan 2027 00:00:00 GMT", 900'000},
                        {"Sat, 14 Foo 2026 14:54:20 GMT", std::nullopt},
                        {"soon", std::nullopt},
                        {"7.5", std::nullopt},
                        {"", std::nullopt}};
  for (const auto& c : cases) {
    const auto wait = parse_retry_after(c.value, now);
    EXPECT_EQ(wait ? std::optional(wait->count()) : std::nullopt, c.ms) << c.value;
  }
  EXPECT_EQ(answer(read_call, 429, "", {{"retry-after", "30"}}).error().wait, Millis{30'000});
  EXPECT_EQ(answer(read_call, 429, "").error().wait, Millis{5'000});
  EXPECT_EQ(answer(read_call, 503, "", {{"Retry-After", "30"}}).error().wait, Millis{30'000});
  EXPECT_FALSE(answer(read_call, 503, "").error().wait);
}

TEST(LoopRetryPolicy, MessagesAreShortAndQuiet) {
  const auto refused = answer(effect, 422, R"({"message":"pat@example.test )" + std::string(900, 'x') + "\"}");
  EXPECT_LE(refused.error().message.size(), 500U);
  EXPECT_TRUE(refused.error().message.starts_with("[e-mail] xxx"));
  const std::string much(900, 'x');
  EXPECT_EQ(answer(effect, 200, R"({"code":"UNEXPECTED_ERROR","message":")" + much + "\"}").error().message.size(),
            500U);
  const Result<net::HttpResponse, net::HttpError> lost = fail(net::HttpError{net::HttpError::Kind::unknown, much});
  EXPECT_EQ(judge(effect, lost, now).error().message.size(), 500U);
}

}  // namespace
}  // namespace backhaul::connectors::loop
