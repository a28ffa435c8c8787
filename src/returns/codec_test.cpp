#include "returns/codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "returns/generators.hpp"
#include "returns/returns_fixture.hpp"

namespace backhaul::returns {
namespace {

// Values without == are compared by their fields through a second encoding; the views and receipts inside have one.
bool same(const EffectRecord& a, const EffectRecord& b) {
  return std::tie(a.key, a.kind, a.connection, a.status, a.planned_at, a.ended_at, a.ended_time, a.code, a.message) ==
         std::tie(b.key, b.kind, b.connection, b.status, b.planned_at, b.ended_at, b.ended_time, b.code, b.message);
}
bool same(const DestinationState& a, const DestinationState& b) {
  return std::tie(a.connection, a.phase, a.generation, a.rma, a.reference, a.expected, a.tracking_sent, a.hint, a.read,
                  a.has_receipt, a.receipt, a.receipt_changed_at, a.read_at) ==
         std::tie(b.connection, b.phase, b.generation, b.rma, b.reference, b.expected, b.tracking_sent, b.hint, b.read,
                  b.has_receipt, b.receipt, b.receipt_changed_at, b.read_at);
}
bool same(const WorkLine& a, const WorkLine& b) {
  return std::tie(a.sku, a.quantity, a.reason, a.provider_line_ids) ==
         std::tie(b.sku, b.quantity, b.reason, b.provider_line_ids);
}
bool same(const WorkGrade& a, const WorkGrade& b) {
  return std::tie(a.line_id, a.description, a.category, a.note) ==
         std::tie(b.line_id, b.description, b.category, b.note);
}
bool same(const WorkReceipt& a, const WorkReceipt& b) {
  return std::tie(a.connection, a.rma, a.digest) == std::tie(b.connection, b.rma, b.digest);
}
template <class T>
bool all_same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::ranges::equal(a, b, [](const T& x, const T& y) { return same(x, y); });
}

RC_GTEST_PROP(Codec, AStateComesBackAsItWas, ()) {
  const auto a = *generators::state();
  const auto decoded = decode_state(encode(a));
  RC_ASSERT(decoded);
  const auto& b = *decoded;
  RC_ASSERT(std::tie(a.id, a.merchant, a.source, a.source_id, a.has_view, a.view, a.hint, a.hint_at, a.read, a.read_at,
                     a.gone, a.last_event) == std::tie(b.id, b.merchant, b.source, b.source_id, b.has_view, b.view,
                                                       b.hint, b.hint_at, b.read, b.read_at, b.gone, b.last_event));
  RC_ASSERT(all_same(a.destinations, b.destinations));
  RC_ASSERT(all_same(a.ledger, b.ledger));
}

RC_GTEST_PROP(Codec, AWorkComesBackAsItWas, ()) {
  const auto a = *generators::work();
  const auto decoded = decode_work(encode(a));
  RC_ASSERT(decoded);
  const auto& b = *decoded;
  RC_ASSERT(std::tie(a.subject, a.reference, a.order_name, a.order_number, a.provider_order_id, a.warehouse, a.reason,
                     a.carrier, a.tracking_number, a.label_url, a.text, a.line_ids, a.precondition) ==
            std::tie(b.subject, b.reference, b.order_name, b.order_number, b.provider_order_id, b.warehouse, b.reason,
                     b.carrier, b.tracking_number, b.label_url, b.text, b.line_ids, b.precondition));
  RC_ASSERT(all_same(a.lines, b.lines));
  RC_ASSERT(all_same(a.grades, b.grades));
  RC_ASSERT(all_same(a.receipts, b.receipts));
}

RC_GTEST_PROP(Codec, AnOutcomeComesBackAsItWas, ()) {
  const auto a = *generators::outcome();
  const auto decoded = decode_outcome(encode(a));
  RC_ASSERT(decoded);
  const auto& b = *decoded;
  RC_ASSERT(std::tie(a.effect, a.status, a.code, a.message, a.confirmed, a.as_of, a.view, a.receipt, a.gone, a.reread,
                     a.rma, a.found, a.lines, a.tracking_number, a.remarks) ==
            std::tie(b.effect, b.status, b.code, b.message, b.confirmed, b.as_of, b.view, b.receipt, b.gone, b.reread,
                     b.rma, b.found, b.lines, b.tracking_number, b.remarks));
}

RC_GTEST_PROP(Codec, ViewsAndReceiptsComeBackAsTheyWere, ()) {
  const auto view = *generators::view();
  const auto receipt = *generators::receipt();
  RC_ASSERT(*decode_view(encode(view)) == view);
  RC_ASSERT(*decode_receipt(encode(receipt)) == receipt);
}

TEST(Codec, WhatIsDefaultIsLeftOutAndReadsAsDefault) {
  EXPECT_EQ(encode(Receipt{}), "{}");
  EXPECT_EQ(*decode_receipt("{}"), Receipt{});
  EXPECT_EQ(decode_state("{}")->ledger.size(), 0U);
}

TEST(Codec, FieldsOfANewerVersionAreSkipped) {
  EXPECT_EQ(decode_receipt(R"({"status":"complete","from_the_future":[1]})")->status, "complete");
}

TEST(Codec, DamageIsAProblemThatSaysWhat) {
  for (const char* text :
       {"", "{", "[]", "null", R"({"destinations":{}})", R"({"hint":"x"})", R"({"view":{"state":"sideways"}})",
        R"({"ledger":[{"kind":"dance"}]})", R"({"has_view":1})", R"({"hint":1.5})"}) {
    const auto decoded = decode_state(text);
    ASSERT_FALSE(decoded) << text;
    EXPECT_TRUE(decoded.error().message.starts_with("stored return cannot be read: ")) << decoded.error().message;
  }
}

TEST(Outcome, BecomesItsEventsInTheOrderToFoldThem) {
  OutcomeNote note;
  note.effect = "process/1";
  note.as_of = EventId{4};
  note.view = view_of();
  note.receipt = receipt_of("complete");
  note.gone = true;
  const auto events = events_of(note, EventId{9}, noon, hero_id);
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(std::get<EffectEnded>(events[0].what).key, "process/1");
  EXPECT_EQ(std::get<SourceWasRead>(events[1].what).as_of, EventId{4});
  EXPECT_EQ(std::get<RmaWasRead>(events[2].what).destination, hero_id);
  EXPECT_EQ(std::get<SourceIsGone>(events[3].what).as_of, EventId{4});
  for (const auto& event : events) EXPECT_EQ(event.id, EventId{9});
  EXPECT_TRUE(events_of(OutcomeNote{}, EventId{9}, noon, hero_id).empty());
}

}  // namespace
}  // namespace backhaul::returns
