#include "connectors/shiphero/inbound.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "connectors/shiphero/auth.hpp"
#include "connectors/shiphero/fixture.hpp"
#include "connectors/shiphero/retry_policy.hpp"
#include "connectors/shiphero/settings.hpp"
#include "connectors/shiphero/text.hpp"
#include "connectors/shiphero/types.hpp"
#include "connectors/signature.hpp"

namespace backhaul::connectors::shiphero {
namespace {

std::string sign(std::string_view secret, std::string_view body) {
  const auto mac = HmacSignature(secret).mac(body);
  return to_base64({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

Result<Routed, std::string> route(std::string_view body) {
  const net::Headers headers;
  return make_shiphero_inbound("s")->route(Delivery{headers, body});
}

TEST(ShipHeroInbound, hmac_of_a_known_vector) {
  // RFC 4231, test case 2.
  EXPECT_EQ(sign("Jefe", "what do ya want for nothing?"), "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
}

TEST(ShipHeroInbound, verifies_signatures) {
  const std::string body = testdata("return_update.json");
  const auto inbound = make_shiphero_inbound("s3cret");
  const auto verify = [&](const Inbound& by, net::Headers headers, std::array<unsigned char, 32>& digest) {
    return by.verify(Delivery{headers, body}, digest);
  };
  std::array<unsigned char, 32> first{}, second{}, untouched{};
  EXPECT_TRUE(verify(*inbound, {{"X-SHIPHERO-HMAC-SHA256", sign("s3cret", body)}}, first));
  EXPECT_TRUE(verify(*inbound, {{"x-shiphero-hmac-sha256", " " + sign("s3cret", body) + " "}}, second));
  EXPECT_EQ(first, second);
  EXPECT_NE(first, untouched);
  for (const std::string& header :
       {std::string(), std::string("x"), std::string(44, '='), sign("other", body), sign("s3cret", body + " "),
        sign("s3cret", body).substr(0, 43), std::string(100'000, 'A'), std::string("\0\xff", 2)}) {
    std::array<unsigned char, 32> digest{};
    EXPECT_FALSE(verify(*inbound, {{"x-shiphero-hmac-sha256", header}}, digest));
    EXPECT_EQ(digest, untouched);
  }
  EXPECT_FALSE(verify(*inbound, {}, second));
  EXPECT_FALSE(verify(*make_shiphero_inbound(""), {{"x-shiphero-hmac-sha256", sign("", body)}}, second));
}

TEST(ShipHeroInbound, routes_a_return_update) {
  const std::string body = testdata("return_update.json");
  const net::Headers headers{{"x-shiphero-message-id", "msg-1"}};
  const auto routed = make_shiphero_inbound("s")->route(Delivery{headers, body});
  ASSERT_TRUE(routed.has_value()) << routed.error();
  EXPECT_EQ(routed->subject.value, to_global_id("Return", "123456789012345678"));
  EXPECT_EQ(routed->topic, "Return Update");
  EXPECT_EQ(routed->message_id, "msg-1");
}

TEST(ShipHeroInbound, falls_back_to_the_number) {
  const std::string wanted = to_global_id("Return", "123456789012345678");
  for (const char* body :
       {R"({"webhook_type":"Return Update","return_id":123456789012345678})",
        R"({"webhook_type":"Return Update","return_id":"123456789012345678","return_uuid":null})",
        "  {\"webhook_type\":\"Return Update\", \"return_uuid\":\"\", \"return_id\" : 123456789012345678 }\n"}) {
    const auto routed = route(body);
    ASSERT_TRUE(routed.has_value()) << routed.error();
    EXPECT_EQ(routed->subject.value, wanted);
  }
}

TEST(ShipHeroInbound, other_types_route_when_they_name_a_return) {
  EXPECT_EQ(route(R"({"webhook_type":"Return Created","return_uuid":"abc"})")->topic, "Return Created");
  EXPECT_EQ(route(R"({"return_uuid":"abc"})")->topic, "unknown");
  EXPECT_EQ(route(R"({"webhook_type":"R\u00fcck\"","return_uuid":"abc"})")->topic, "Rück\"");
  const auto other = route(R"({"webhook_type":"Order Canceled","order_id":1})");
  ASSERT_FALSE(other.has_value());
  EXPECT_NE(other.error().find("Order Canceled"), std::string::npos);
}

TEST(ShipHeroInbound, turns_away_what_is_no_whole_object) {
  for (const char* body : {"",
                           " ",
                           "null",
                           "[]",
                           "{",
                           "}",
                           "{}",
                           "x{}",
                           R"("a")",
                           R"({"return_uuid":"a"}{"b":1})",
                           R"({"return_uuid":"a"}})",
                           R"({"return_uuid":"a",})",
                           R"({"return_uuid" "a"})",
                           R"({"return_uuid":"a","b":{"c":1})",
                           R"({"return_uuid":tru})",
                           R"({"return_uuid":["a"]})",
                           R"({"return_id":1.5})",
                           R"({"return_id":-1})",
                           "{\"return_uuid\":\"\xff\"}",
                           "{\"return_uuid\":\"a"}) {
    EXPECT_FALSE(route(body).has_value()) << body;
  }
}

TEST(ShipHeroInbound, files_under_nothing_long_or_unprintable) {
  const std::string just(140, 'a');
  const std::string much(201, 'a');
  EXPECT_TRUE(route(R"({"return_uuid":")" + just + "\"}").has_value());
  for (const char* field : {"return_uuid", "return_id", "webhook_type"}) {
    for (const std::string& text : {much, std::string(R"(a\nb)"), std::string(R"(a\u0000)")}) {
      const auto routed = route(R"({"return_uuid":"x",")" + std::string(field) + R"(":")" + text + "\"}");
      ASSERT_FALSE(routed.has_value()) << field;
      EXPECT_NE(routed.error().find(field), std::string::npos) << routed.error();
      EXPECT_EQ(routed.error().find(much), std::string::npos);
    }
  }
}

TEST(ShipHeroInbound, answers_as_documented) {
  const auto inbound = make_shiphero_inbound("s");
  EXPECT_EQ(inbound->ack().content_type, "application/json");
  EXPECT_EQ(boost::json::parse(inbound->ack().body), boost::json::parse(R"({"code":"200","Status":"Success"})"));
  EXPECT_EQ(inbound->status_for_bad_signature(), 401);
}

TEST_F(ShipHero, parses_a_delivery) {
  const auto hint = destination().parse(testdata("return_update.json"));
  ASSERT_TRUE(hint.has_value());
  EXPECT_EQ(hint->topic, "Return Update");
  EXPECT_EQ(hint->status, "warehouse complete");
  EXPECT_FALSE(destination().parse("[]").has_value());
}

// Everything that reads outside bytes, fed with every strict prefix of every payload: an error each time, and no crash.
void read_everything(const boost::json::value& value) {
  (void)read_orders(value);
  (void)read_order_lines(value);
  (void)read_return(value);
  (void)read_returns(value);
  (void)read_return_heads(value);
  (void)read_changed_return(value);
  (void)read_account(value);
  (void)read_me(value);
  (void)read_quota(value);
  (void)read_webhooks(value);
  (void)read_changed_webhook(value);
}

TEST_F(ShipHero, truncated_payloads_are_errors) {
  for (const auto& entry : std::filesystem::directory_iterator(testdata_folder())) {
    const std::string name = entry.path().filename().string();
    const std::string whole(trimmed(testdata(name)));
    for (std::size_t length = 0; length < whole.size(); ++length) {
      // A copy of its own, so that a read behind the end is seen by the sanitizer.
      const std::string prefix(whole.data(), length);
      ASSERT_FALSE(route(prefix).has_value()) << name << " cut at " << length;
      ASSERT_FALSE(destination().parse(prefix).has_value()) << name << " cut at " << length;
      for (const Call call : {Call::read, Call::effect, Call::token}) {
        const Asked asked{.operation = "return", .call = call};
        const auto judged = judge(net::HttpResponse{200, {}, prefix}, asked);
        ASSERT_FALSE(judged.has_value()) << name << " cut at " << length;
        ASSERT_EQ(judged.error().code, "garbled_answer") << name << " cut at " << length;
      }
    }
  }
}

// Whole JSON of the wrong shape: each value in each payload replaced in turn.
void damage(boost::json::value& root, boost::json::value& at) {
  const boost::json::value kept = at;
  for (const boost::json::value& wrong :
       {boost::json::value(nullptr), boost::json::value(1.5), boost::json::value("x"),
        boost::json::value(boost::json::array{nullptr, 1}), boost::json::value(boost::json::object{})}) {
    at = wrong;
    for (const auto& [operation, value] : root.as_object()) read_everything(value);
    if (const auto* data = root.as_object().if_contains("data"); data != nullptr && data->is_object()) {
      for (const auto& [operation, value] : data->get_object()) read_everything(value);
    }
    (void)judge(net::HttpResponse{200, {}, boost::json::serialize(root)},
                Asked{.operation = "returns", .call = Call::effect});
  }
  at = kept;
  if (at.is_object()) {
    for (auto& member : at.get_object()) damage(root, member.value());
  } else if (at.is_array()) {
    for (auto& member : at.get_array()) damage(root, member);
  }
}

TEST_F(ShipHero, wrong_shapes_do_not_crash) {
  for (const auto& entry : std::filesystem::directory_iterator(testdata_folder())) {
    boost::json::value root = boost::json::parse(testdata(entry.path().filename().string()));
    for (auto& member : root.as_object()) damage(root, member.value());
  }
}

}  // namespace
}  // namespace backhaul::connectors::shiphero
