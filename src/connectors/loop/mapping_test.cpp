#include "connectors/loop/mapping.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "connectors/loop/loop_fixture.hpp"
#include "connectors/loop/wording.hpp"

namespace backhaul::connectors::loop {
namespace {

using returns::EffectKind;
using returns::SourceState;

returns::SourceView view_of(std::string_view body) {
  const auto wire = read_return(boost::json::parse(body));
  EXPECT_TRUE(wire) << wire.error();
  auto view = to_view(*wire);
  EXPECT_TRUE(view) << view.error();
  return view.value_or(returns::SourceView{});
}

std::string error_of(std::string_view body) {
  const auto view = to_view(*read_return(boost::json::parse(body)));
  return view ? "" : view.error();
}

TEST(LoopMoney, Table) {
  struct Case {
    const char* decimal;
    const char* currency;
    std::optional<std::int64_t> minor;
  };
  const Case cases[] = {{"40.00", "USD", 4000},
                        {"0.1", "USD", 10},
                        {"-146.14", "USD", -14614},
                        {"7", "EUR", 700},
                        {"7.", "EUR", 700},
                        {"19.999", "USD", 2000},
                        {"-0.005", "USD", -1},
                        {"0.29", "", 29},
                        {"4800", "JPY", 4800},
                        {"4800.00", "JPY", 4800},
                        {"4800.50", "KRW", 4801},
                        {"1.234", "KWD", 1234},
                        {"1.2", "BHD", 1200},
                        {"92233720368547758.06", "USD", 9'223'372'036'854'775'806},
                        {"92233720368547758.08", "USD", std::nullopt},
                        {"99999999999999999999", "USD", std::nullopt},
                        {"", "USD", std::nullopt},
                        {"-", "USD", std::nullopt},
                        {".5", "USD", std::nullopt},
                        {"1,234.50", "USD", std::nullopt},
                        {"1.2.3", "USD", std::nullopt},
                        {"--1", "USD", std::nullopt},
                        {"1e3", "USD", std::nullopt},
                        {"$4", "USD", std::nullopt}};
  for (const auto& c : cases) EXPECT_EQ(to_minor(c.decimal, c.currency), c.minor) << c.decimal << " " << c.currency;
}

TEST(LoopState, Table) {
  struct Case {
    const char* word;
    SourceState state;
  };
  const Case cases[] = {{"open", SourceState::open},           {"closed", SourceState::closed},
                        {"cancelled", SourceState::cancelled}, {"canceled", SourceState::cancelled},
                        {"expired", SourceState::expired},     {"review", SourceState::review},
                        {"needs review", SourceState::review}, {"needs_review", SourceState::review},
                        {"Needs Review", SourceState::review}, {"flagged", SourceState::review},
                        {"processing", SourceState::unknown},  {"partial", SourceState::unknown},
                        {"processed", SourceState::unknown},   {"", SourceState::unknown}};
  for (const auto& c : cases) EXPECT_EQ(to_state(c.word), c.state) << c.word;
}

TEST(LoopView, DetailsGolden) {
  const auto view = view_of(testdata("details.json"));
  EXPECT_EQ(view.state, SourceState::review);
  EXPECT_EQ(view.raw_state, "Needs Review");
  EXPECT_TRUE(view.flagged);
  EXPECT_FALSE(view.processed);  // the refund went out, the return has not been processed
  EXPECT_EQ(view.order_name, "#1201");
  EXPECT_EQ(view.order_number, "1201");
  EXPECT_EQ(view.provider_order_id, "5500000000001");
  EXPECT_EQ(view.destination_id, "31");
  EXPECT_EQ(view.package_reference, "HR123456");
  EXPECT_EQ(to_iso(view.created_at), "2026-03-02T10:00:00.000Z");
  EXPECT_EQ(to_iso(view.updated_at), "2026-03-02T10:00:05.000Z");
  ASSERT_EQ(view.units.size(), 1U);
  const returns::Unit unit{
      "810",   "14300000000001", "TEE-BLU-M", "Tee – Blue / M 🧵", "0400", "Too small", "Didn't fit",
      "naïve", "default",        4000};
  EXPECT_EQ(view.units[0], unit);
  ASSERT_EQ(view.labels.size(), 1U);  // the empty row is none, and the flat fields yield to the list
  const returns::Label label{"USPS", "94000000000001", "new", "https://labels.example.test/1.pdf"};
  EXPECT_EQ(view.labels[0], label);
}

TEST(LoopView, BothSpellings) {
  const auto list = view_of(R"({"return_id":"9","line_items":[{"return_reason":"a","parent_return_reason":"b"}]})");
  const auto details = view_of(R"({"id":9,"line_items":[{"reason":"a","parent_reason":"b"}]})");
  EXPECT_EQ(list.units, details.units);
  const auto both = view_of(
      R"({"id":9,"line_items":[{"return_reason":"N/A","reason":"a","parent_return_reason":"","parent_reason":"b"}]})");
  EXPECT_EQ(both.units, details.units);
}

TEST(LoopView, FlatLabelOnlyWhenThereIsOne) {
  EXPECT_TRUE(
      view_of(R"({"id":9,"carrier":"","tracking_number":"N/A","label_status":"pending","labels":[]})").labels.empty());
  const auto flat = view_of(R"({"id":9,"carrier":"USPS","tracking_number":"94","label_status":"N/A"})").labels;
  ASSERT_EQ(flat.size(), 1U);
  EXPECT_EQ(flat[0], (returns::Label{"USPS", "94", "", ""}));
}

TEST(LoopView, ProcessedInAnySpelling) {
  EXPECT_TRUE(view_of(R"({"id":9,"was_processed":true})").processed);
  EXPECT_TRUE(view_of(R"({"id":9,"was_processed":1})").processed);
  EXPECT_TRUE(view_of(R"({"id":9,"outcomes_processed_at":{"return_processed":{"date":"2026-01-01"}}})").processed);
  EXPECT_TRUE(view_of(R"({"id":9,"state":"processed"})").processed);
  EXPECT_FALSE(view_of(R"({"id":9,"was_processed":null,"outcomes_processed_at":[]})").processed);
}

TEST(LoopView, OddShapesAreSurvived) {
  const auto view = view_of(R"({"id":18446744073709551615,"line_items":{"0":{}},"labels":null,"order_name":{"x":1},
    "created_at":{"date":"2026-03-02 10:00:00.000000","timezone_type":3,"timezone":"UTC"},"updated_at":"0000-00-00 00:00:00",
    "currency":"USD"})");
  EXPECT_TRUE(view.units.empty());
  EXPECT_EQ(to_iso(view.created_at), "2026-03-02T10:00:00.000Z");
  EXPECT_FALSE(view.updated_at);
  EXPECT_EQ(view_of(R"({"id":1,"currency":"USD","line_items":[{"price":48.1},7,{"price":48}]})").units[0].price_minor,
            4810);
}

TEST(LoopView, UnreadableFactsAreErrors) {
  EXPECT_NE(error_of(R"({"id":1,"line_items":[{"line_item_id":810,"price":"free"}]})").find("line 810"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"id":1,"created_at":"yesterday"})").find("created_at"), std::string::npos);
  EXPECT_FALSE(read_return(boost::json::parse("[]")));
  EXPECT_FALSE(read_return(boost::json::parse(R"({"state":"open"})")));
  EXPECT_FALSE(read_return(boost::json::parse(R"({"id":12345678901234567890123})")));  // digits lost: names another
}

TEST(LoopHint, ReturnTopicHasAView) {
  const auto hint = to_hint(*read_delivery(testdata("return_created.json")));
  EXPECT_EQ(hint.topic, "return.created");
  ASSERT_TRUE(hint.view);
  ASSERT_EQ(hint.view->units.size(), 2U);
  EXPECT_EQ(hint.view->units[0].title, "Tee – Blue / M");
  EXPECT_EQ(hint.view->units[0].comment, "");
  EXPECT_EQ(hint.view->units[1].line_id, "811");
  EXPECT_EQ(hint.view->units[1].reason, "");
  EXPECT_TRUE(hint.view->labels.empty());
  EXPECT_FALSE(hint.view->updated_at);
  EXPECT_FALSE(hint.process_failed);
}

TEST(LoopHint, ProcessingFailed) {
  const auto hint = to_hint(*read_delivery(testdata("return_processing_failed.json")));
  EXPECT_TRUE(hint.process_failed);
  EXPECT_FALSE(hint.view);
  EXPECT_EQ(hint.message, "The refund for [e-mail] was declined by the gateway.");
  EXPECT_TRUE(
      to_hint(*read_delivery(R"({"topic":"return.processing","trigger":"return.processing.failed","message":null})"))
          .message.empty());
}

TEST(LoopHint, OtherTopicsAndGarbledViewsHaveNone) {
  EXPECT_FALSE(to_hint(*read_delivery(testdata("label_updated.json"))).view);
  EXPECT_FALSE(to_hint(*read_delivery(testdata("restock_requested.json"))).view);
  const auto garbled = to_hint(*read_delivery(R"({"topic":"return","id":1,"created_at":"yesterday"})"));
  EXPECT_FALSE(garbled.view);
  EXPECT_EQ(garbled.topic, "return");
}

TEST(LoopStands, RemoveLines) {
  Action action;
  action.kind = EffectKind::remove_lines;
  action.line_ids = {"1", "2"};
  const auto stands_in = [&](const char* body) { return stands(action, view_of(body)); };
  EXPECT_FALSE(stands_in(R"({"id":9,"state":"open","line_items":[{"line_item_id":1},{"line_item_id":3}]})"));
  EXPECT_TRUE(stands_in(R"({"id":9,"state":"open","line_items":[{"line_item_id":3}]})"));
  EXPECT_TRUE(stands_in(R"({"id":9,"state":"closed","line_items":[{"line_item_id":1}]})"));
  EXPECT_TRUE(stands_in(R"({"id":9,"state":"cancelled","line_items":[{"line_item_id":1},{"line_item_id":2}]})"));
  EXPECT_FALSE(stands_in(R"({"id":9,"state":"cancelled","line_items":[{"line_item_id":1},{"line_item_id":3}]})"));
}

TEST(LoopWording, CutsBetweenCharacters) {
  EXPECT_EQ(cut_utf8("aé", 2), "a");
  EXPECT_EQ(cut_utf8("aé", 3), "aé");
  EXPECT_EQ(cut_utf8("🧵", 3), "");
  EXPECT_EQ(note_content(std::string(254, 'a')), std::string(254, 'a'));
  EXPECT_EQ(note_content(std::string(255, 'a')), std::string(251, 'a') + "…");
  EXPECT_EQ(note_content(std::string(250, 'a') + "ééé"), std::string(250, 'a') + "…");
  EXPECT_EQ(note_content("  x \n"), "x");
  EXPECT_EQ(note_content("x", "8d13e0"), "x [8d13e0]");
  EXPECT_EQ(note_content(std::string(245, 'a'), "8d13e0"), std::string(245, 'a') + " [8d13e0]");
  EXPECT_EQ(note_content(std::string(300, 'a'), "8d13e0"), std::string(242, 'a') + "… [8d13e0]");
}

TEST(LoopWording, HidesAddresses) {
  EXPECT_EQ(presentable("for pat.o'hara+x@example.test, sorry"), "for [e-mail], sorry");
  EXPECT_EQ(presentable("<pat@example.test>"), "<[e-mail]>");
  EXPECT_EQ(presentable("?e=pat%40example.test&x"), "?e=[e-mail]&x");
  EXPECT_EQ(presentable("2 @ 3\n4"), "2 @ 3 4");
  EXPECT_EQ(presentable("@pat@example.test, @@pat@example.test@"), "[e-mail], [e-mail]");
  EXPECT_EQ(presentable("@pat pat@ @ @@"), "@pat pat@ @ @@");
  EXPECT_EQ(presentable(std::string(499, 'x') + "é").size(), 499U);
}

}  // namespace
}  // namespace backhaul::connectors::loop
