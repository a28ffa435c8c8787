#include "connectors/loop/inbound.hpp"

#include <gtest/gtest.h>

#include "connectors/loop/loop_fixture.hpp"
#include "connectors/signature.hpp"

namespace backhaul::connectors::loop {
namespace {

// Contract section 7; computed by the recipe, not by this code.
constexpr std::string_view check_secret = "test-secret";
constexpr std::string_view check_body = R"({"topic":"return","url":"https:\/\/a.test\/x"})";
constexpr std::string_view check_signature = "QCiuWA0yYvA5QDN7Zloag0YgoHu9HZT6BIJejI70tXs=";

bool verify(std::string_view signature, std::string_view body = check_body, std::string_view secret = check_secret) {
  std::array<unsigned char, 32> digest{};
  return HmacSignature(secret).verify(signature, body, digest);
}

Result<Routed, std::string> route(std::string_view body) {
  const net::Headers headers;
  return make_loop_inbound("test-secret")->route({headers, body});
}

TEST(LoopSignature, WrongOnes) {
  EXPECT_FALSE(verify(""));
  EXPECT_FALSE(verify("="));
  EXPECT_FALSE(verify("not base64 at all, but of forty-four letters"));
  EXPECT_FALSE(verify(check_signature.substr(0, 43)));
  EXPECT_FALSE(verify("QCiuWA0yYvA5QDN7Zloag0YgoHu9HZT6BIJejI70tXt="));  // other unused bits: not the canonical form
  EXPECT_FALSE(verify("4028ae580d3262f03940337b665a1a834620a07bbd1d94fa04825e8c8ef4b57b"));  // hex
  EXPECT_FALSE(verify(check_signature, R"({"topic":"return","url":"https://a.test/x"})"));   // slashes unescaped
  EXPECT_FALSE(verify(check_signature, check_body, "other-secret"));
  EXPECT_FALSE(verify(std::string(44, '\0')));
}

TEST(LoopSignature, AnEmptySecretAcceptsNothing) {
  // HMAC-SHA256 with an empty key over an empty body.
  EXPECT_FALSE(verify("thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0=", "", ""));
}

TEST(LoopSignature, CheckValueOfTheContract) {
  ASSERT_EQ(check_body.size(), 46U);
  std::array<unsigned char, 32> digest{};
  const net::Headers headers = {{"Content-Type", "application/json"},
                                {"x-loop-signature", std::string(check_signature)}};
  const auto inbound = make_loop_inbound(std::string(check_secret));
  ASSERT_TRUE(inbound->verify({headers, check_body}, digest));
  EXPECT_EQ(digest[0], 0x40);
  EXPECT_EQ(digest[31], 0x7B);
}

TEST(LoopInbound, AnswersSoThatLoopComesAgain) {
  const auto inbound = make_loop_inbound("s");
  EXPECT_EQ(inbound->status_for_bad_signature(), 503);
  EXPECT_EQ(inbound->ack().content_type, "application/json");
  EXPECT_EQ(inbound->ack().body, R"({"received":true})");
}

struct RouteCase {
  const char* file;
  const char* subject;
  const char* topic;
};

TEST(LoopRoute, KnownTopics) {
  const RouteCase cases[] = {{"return_created.json", "900000000000000017", "return.created"},
                             {"return_closed.json", "90001", "return.closed"},
                             {"return_processing_failed.json", "900000000000000017", "return.processing.failed"},
                             {"label_updated.json", "90001", "label.updated"},
                             {"label_created.json", "90001", "label.created"},
                             {"restock_requested.json", "90001", "restock.requested"},
                             {"giftcard_requested.json", "90001", "giftcard.requested"},
                             {"label_request_issued.json", "90001", "label.request.issued"},
                             {"unknown_topic.json", "90001", "return.disputed"}};
  for (const auto& c : cases) {
    const auto routed = route(testdata(c.file));
    ASSERT_TRUE(routed) << c.file << ": " << routed.error();
    EXPECT_EQ(routed->subject.value, c.subject) << c.file;
    EXPECT_EQ(routed->topic, c.topic) << c.file;
    EXPECT_EQ(routed->message_id, "") << c.file;
  }
}

TEST(LoopRoute, FieldsAnywhereAndWhiteSpace) {
  const auto routed =
      route("\r\n { \"nested\" : {\"id\":1,\"topic\":\"no\"} , \"id\" : 90001 , \"topic\":\"return\" } \n");
  ASSERT_TRUE(routed) << routed.error();
  EXPECT_EQ(routed->subject.value, "90001");
  EXPECT_EQ(routed->topic, "return");
  EXPECT_EQ(route(R"({"trigger":null,"topic":"return","id":"9"})")->topic, "return");
}

TEST(LoopRoute, WhatCannotBeFiled) {
  struct Case {
    const char* body;
    const char* says;
  };
  const Case cases[] = {{"", "empty"},
                        {"   ", "empty"},
                        {"[]", "does not begin"},
                        {"null", "does not begin"},
                        {"\"{}\"", "does not begin"},
                        {R"({"topic":"return","id":1)", "cut off"},
                        {R"({"topic":"return","id":1,"x":{})", ""},
                        {R"({"topic":"return","id":1}})", ""},
                        {R"({"topic":"return","id":1}{"id":2})", ""},
                        {R"({"topic":"return" "id":1})", ""},
                        {"{\"topic\":\"return\",\"id\":\"\xff\"}", ""},
                        {R"({})", "neither trigger nor topic"},
                        {R"({"id":1})", "neither trigger nor topic"},
                        {R"({"topic":"return"})", "no return id"},
                        {R"({"topic":"return","id":null})", "no return id"},
                        {R"({"topic":"return","id":"N/A"})", "no return id"},
                        {R"({"topic":"return","id":1.5})", "whole number"},
                        {R"({"topic":"return","id":-1})", "whole number"},
                        {R"({"topic":"return","id":true})", "neither text nor"},
                        {R"({"topic":"return","id":{"x":1}})", "neither text nor"},
                        {R"({"topic":"return","id":"a b"})", "not an id"},
                        {R"({"topic":7,"id":1})", "topic"},
                        {R"({"topic":"giftcard","id":5})", "no return id"},
                        {R"({"topic":"return.processing","id":5})", "no return id"},
                        {R"({"topic":"happy.returns.shipment","loop_shipment_id":5})", "no return id"},
                        {R"({"topic":"pat@example.test"})", "topic [e-mail]"}};
  for (const auto& c : cases) {
    const auto routed = route(c.body);
    ASSERT_FALSE(routed) << c.body;
    EXPECT_NE(routed.error().find(c.says), std::string::npos) << c.body << ": " << routed.error();
  }
  EXPECT_FALSE(route(R"({"topic":"return","id":")" + std::string(65, '9') + "\"}"));
  EXPECT_FALSE(route(std::string_view("{\"topic\":\"return\",\"id\":1\0}", 26)));
}

}  // namespace
}  // namespace backhaul::connectors::loop
