#include "connectors/shiphero/fixture.hpp"
#include "connectors/shiphero/settings.hpp"

namespace backhaul::connectors::shiphero {
namespace {

namespace json = boost::json;
using Kind = Failure::Kind;

// --- read, list, attach, cancel ---

TEST_F(ShipHero, read_says_when_there_is_no_such_return) {
  answer_start();
  http.answer(200, R"({"data":{"return":{"request_id":"r","data":null}}})");
  const auto read = loop.wait(destination().read(ExternalId{"R"}));
  EXPECT_EQ(read.error().kind, Kind::refused);
  EXPECT_EQ(read.error().code, "not_found");
  http.answer(200, R"({"data":{"return":null}})");
  EXPECT_EQ(loop.wait(destination().read(ExternalId{"R"})).error().kind, Kind::retry);
}

TEST_F(ShipHero, changes_are_listed_with_pages_that_overlap) {
  config.settings["customer_account_id"] = "QWNjb3VudDo3NzE=";
  answer_start();
  answer_file("returns_page.json");
  const Window window{*parse_time("2026-11-01T10:00:00.5Z"), *parse_time("2026-11-01T10:05:00.5Z")};
  const auto page = loop.wait(destination().list_changes(window, "c0"));
  ASSERT_TRUE(page.has_value()) << page.error().message;
  EXPECT_EQ(page->items.size(), 7U);
  EXPECT_EQ(page->items[0].receipt.status, "pending");
  EXPECT_EQ(page->next, "YXJyYXljb25uZWN0aW9uOjE=");  // arrayconnection:1 of 0..6: five rows come again
  const json::value wanted = json::parse(R"({"updated_from":"2026-11-01T10:00:00","updated_to":"2026-11-01T10:05:01",
                                             "customer_account_id":"QWNjb3VudDo3NzE=","after":"c0"})");
  EXPECT_EQ(json::value(variables(-1)), wanted);
  http.answer(200, R"({"data":{"returns":{"data":{"pageInfo":{"hasNextPage":false,"endCursor":"x"},"edges":[]}}}})");
  const auto last = loop.wait(destination().list_changes(window, page->next));
  EXPECT_EQ(last->next, "");
}

RmaUpdate update() {
  return RmaUpdate{ExternalId{"R1"}, "UPS", "1Z999", "https://labels.example/1.pdf"};
}

TEST_F(ShipHero, a_late_label_is_attached_once) {
  answer_start();
  answer_file("return.json");
  answer_file("return_add_attachment.json");
  ASSERT_TRUE(loop.wait(destination().attach_tracking(update())).has_value());
  const json::value wanted =
      json::parse(R"({"data":{"return_id":"R1","url":"https://labels.example/1.pdf","filename":"return label 1Z999",
                                             "description":"Return label, tracking number 1Z999 UPS"}})");
  EXPECT_EQ(json::value(variables(-1)), wanted);

  // Its answer was lost, say: the second attempt finds it.
  json::value now = json::parse(testdata("return.json"));
  now.at("data").at("return").at("data").as_object()["attachments"] =
      json::array{json::object(wanted.at("data").as_object())};
  http.answer(200, json::serialize(now));
  EXPECT_TRUE(loop.wait(destination().attach_tracking(update())).has_value());
  RmaUpdate known = update();
  known.tracking_number = "9400test0001";  // on the RMA's own label
  answer_file("return.json");
  EXPECT_TRUE(loop.wait(destination().attach_tracking(known)).has_value());
  EXPECT_EQ(http.unused(), 0U);
}

TEST_F(ShipHero, a_tracking_number_without_a_label_cannot_be_attached) {
  RmaUpdate bare = update();
  bare.label_url = " ";
  const auto done = loop.wait(destination().attach_tracking(bare));
  EXPECT_EQ(done.error().kind, Kind::refused);
  EXPECT_EQ(done.error().code, "no_label_url");
  EXPECT_TRUE(http.requests.empty());
}

TEST_F(ShipHero, cancels_only_with_a_status_for_it) {
  EXPECT_FALSE(destination().capabilities().can_cancel);
  EXPECT_EQ(loop.wait(destination().cancel(ExternalId{"R1"}, "why")).error().code, "cannot_cancel");
}

TEST_F(ShipHero, cancels_by_status) {
  config.settings["cancel_status"] = "Cancelled";
  EXPECT_TRUE(destination().capabilities().can_cancel);
  answer_start();
  answer_file("return_update_status.json");
  ASSERT_TRUE(loop.wait(destination().cancel(ExternalId{"R1"}, "why")).has_value());
  EXPECT_EQ(json::value(variables(-1)), json::parse(R"({"data":{"return_id":"R1","status":"Cancelled"}})"));
  EXPECT_FALSE(http.requests.back().repeatable);
}

TEST_F(ShipHero, capabilities_are_as_documented) {
  const Capabilities& can = destination().capabilities();
  EXPECT_TRUE(can.reason_per_line && can.chooses_warehouse && can.registers_webhooks && can.change_cursor &&
              can.can_attach_tracking && can.reports_condition);
  EXPECT_FALSE(can.can_update_lines || can.needs_tracking_to_create || can.many_tracking_numbers ||
               can.create_is_idempotent);
}

TEST(ShipHeroMetadata, fields_have_the_defaults_the_code_has) {
  const json::value metadata = json::parse(shiphero_connector().metadata_json);
  json::object defaults;
  for (const auto& field : metadata.at("fields").as_array()) {
    if (!field.at("secret").as_bool()) defaults[field.at("name").as_string()] = field.at("default");
  }
  const Settings stated = read_settings(defaults);
  const Settings built_in = read_settings({});
  EXPECT_EQ(stated.base_url, built_in.base_url);
  EXPECT_EQ(stated.label_type, built_in.label_type);
  EXPECT_EQ(stated.shipping_carrier, built_in.shipping_carrier);
  EXPECT_EQ(stated.dimensions.weight, built_in.dimensions.weight);
  EXPECT_EQ(stated.webhook_tag, built_in.webhook_tag);
  EXPECT_EQ(stated.credits_max, built_in.credits_max);
  EXPECT_EQ(stated.credits_per_second, built_in.credits_per_second);
  EXPECT_EQ(metadata.at("vendor").as_string(), std::string_view(shiphero_connector().vendor));
}

}  // namespace
}  // namespace backhaul::connectors::shiphero
