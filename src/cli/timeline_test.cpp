#include "cli/timeline.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "returns/outcome.hpp"

namespace backhaul::cli {
namespace {

using store::EventKind;
using store::JournalEvent;

const ConnectionId shop{"con_loop"};
const ConnectionId hero{"con_hero"};
const std::map<ConnectionId, std::string> names{{shop, "my shop"}, {hero, "my warehouse"}};
constexpr Time noon{1'773'500'000'000};

JournalEvent event(EventKind kind, std::string body, const ConnectionId& connection = shop) {
  return {.id = EventId{5},
          .kind = kind,
          .connection = connection,
          .subject = ExternalId{"9001"},
          .topic = "return.updated",
          .at = noon,
          .duplicate_of = {},
          .body = std::move(body)};
}

TimelineEntry only(const JournalEvent& one) {
  const auto entries = make_timeline({one}, {}, names);
  EXPECT_EQ(entries.size(), 1U);
  return entries.at(0);
}

TEST(Timeline, ADeliverySaysWhoToldWhat) {
  const auto entry = only(event(EventKind::delivery, ""));
  EXPECT_EQ(entry.what, "delivery");
  EXPECT_EQ(entry.id, EventId{5}.str());
  EXPECT_EQ(entry.text, "my shop: return.updated");
  EXPECT_EQ(entry.at, noon);
  auto twice = event(EventKind::delivery, "");
  twice.duplicate_of = EventId{4};
  EXPECT_EQ(only(twice).text, "my shop: return.updated (duplicate of " + EventId{4}.str() + ")");
}

TEST(Timeline, AConnectionThatIsGoneKeepsItsId) {
  EXPECT_EQ(only(event(EventKind::delivery, "", ConnectionId{"con_gone"})).text, "con_gone: return.updated");
}

TEST(Timeline, AnOutcomeSaysWhatEndedHow) {
  returns::OutcomeNote note;
  note.effect = "create_rma/con_hero/1";
  note.rma = ExternalId{"R1"};
  note.found = true;
  note.remarks = {"looked first"};
  const auto entry = only(event(EventKind::outcome, returns::encode(note)));
  EXPECT_EQ(entry.what, "outcome");
  EXPECT_EQ(entry.text, "create_rma/my warehouse/1: done, RMA R1 (was there already)");
  EXPECT_EQ(entry.detail, "looked first");
}

TEST(Timeline, ARefusalShowsTheVendorsWords) {
  returns::OutcomeNote note;
  note.effect = "process/1";
  note.status = returns::EffectStatus::refused;
  note.code = "UNPROCESSABLE_RETURN";
  note.message = "Return is closed";
  EXPECT_EQ(only(event(EventKind::outcome, returns::encode(note))).text,
            "process/1: refused: UNPROCESSABLE_RETURN Return is closed");
}

TEST(Timeline, AReadShowsWhatTheOtherSideSays) {
  returns::OutcomeNote note;
  note.effect = "read_source/3";
  note.view.emplace();
  note.view->raw_state = "review";
  note.view->flagged = true;
  note.view->units.resize(2);
  note.view->labels = {{.carrier = "ups", .tracking_number = "1Z"}};
  EXPECT_EQ(only(event(EventKind::outcome, returns::encode(note))).detail,
            "the source says: review, flagged, 2 units, ups 1Z");
  note = {};
  note.receipt.emplace();
  note.receipt->raw_status = "Complete";
  note.receipt->lines = {{.sku = "A", .expected = 2, .received = 1, .restocked = 1, .condition = "torn"}};
  const auto poll = only(event(EventKind::poll, returns::encode(note), hero));
  EXPECT_EQ(poll.what, "poll");
  EXPECT_EQ(poll.text, "my warehouse: read by a poll");
  EXPECT_EQ(poll.detail, "the warehouse says: status Complete; A: 1 of 2 received, 1 restocked, torn");
}

TEST(Timeline, AGoneReturnSaysSo) {
  returns::OutcomeNote note;
  note.effect = "read_source/3";
  note.gone = true;
  EXPECT_EQ(only(event(EventKind::outcome, returns::encode(note))).text,
            "read_source/3: done, the source knows no such return");
}

TEST(Timeline, Law6ExplainedADecisionShowsRuleEffectsPolicyAndCauses) {
  const auto entry = only(event(EventKind::decision, R"({"summary":"processing","rule":"counts","causes":[1,2],
    "effects":[{"effect":"create_rma/con_hero/1","rule":"r","policy_version":3,"shadow":true}]})"));
  EXPECT_EQ(entry.text, "processing");
  EXPECT_EQ(entry.detail, "rule: counts; create_rma/my warehouse/1 (policy v3) (shadow: not performed); because of " +
                              EventId{1}.str() + ", " + EventId{2}.str());
  EXPECT_EQ(only(event(EventKind::decision, R"({"summary":"","rule":"","causes":[1]})")).text, "nothing to do");
}

TEST(Timeline, ACommandSaysWhatAPersonAskedFor) {
  auto command = event(EventKind::command, R"({"verb":"retry","effect":"create_rma/con_hero/1"})");
  command.topic = "retry";
  EXPECT_EQ(only(command).text, "a person asked to retry create_rma/my warehouse/1");
}

TEST(Timeline, DamagedEntriesAreShownNotFatal) {
  EXPECT_NE(only(event(EventKind::outcome, "{")).text.find("cannot be read"), std::string::npos);
  EXPECT_FALSE(only(event(EventKind::decision, "{")).text.empty());
  EXPECT_FALSE(only(event(EventKind::command, "[]")).text.empty());
}

store::JobRow job() {
  store::JobRow row;
  row.id = JobId{7};
  row.key = "create_rma/con_hero/1";
  row.state = "retryable";
  row.created_at = noon;
  row.rule = "created on";
  row.policy_version = 3;
  row.causes = "[5]";
  row.attempts = {{.number = 1,
                   .started_at = noon,
                   .ended_at = noon + Millis{120},
                   .outcome = "retry",
                   .code = "429",
                   .message = "slow down",
                   .retry_at = noon + Millis{30'000}}};
  return row;
}

TEST(Timeline, AJobAndItsAttemptsAreEntriesOfTheirOwn) {
  const auto entries = make_timeline({}, {job()}, names);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].what, "job");
  EXPECT_EQ(entries[0].id, JobId{7}.str());
  EXPECT_EQ(entries[0].text, "create_rma/my warehouse/1: retryable");
  EXPECT_EQ(entries[0].detail, "rule: created on (policy v3); because of " + EventId{5}.str());
  EXPECT_EQ(entries[1].what, "attempt");
  EXPECT_EQ(entries[1].text, "create_rma/my warehouse/1 #1: retry: 429 slow down (120 ms)");
  EXPECT_EQ(entries[1].detail, "again at 2026-03-14T14:53:50.000Z");
}

TEST(Timeline, EntriesAreInTheOrderOfTimeAndThenOfCause) {
  auto late = event(EventKind::delivery, "");
  late.at = noon + Millis{60};
  const auto entries = make_timeline({event(EventKind::delivery, ""), late}, {job()}, names);
  std::vector<std::string> order;
  for (const auto& entry : entries) order.push_back(entry.what);
  EXPECT_EQ(order, (std::vector<std::string>{"delivery", "job", "delivery", "attempt"}));
}

TEST(Timeline, AsJsonHasTheSameFields) {
  const auto array = to_json(make_timeline({event(EventKind::delivery, "")}, {}, names));
  ASSERT_EQ(array.size(), 1U);
  EXPECT_EQ(array[0].at("at").as_string(), "2026-03-14T14:53:20.000Z");
  EXPECT_EQ(array[0].at("what").as_string(), "delivery");
  EXPECT_EQ(array[0].at("id").as_string(), EventId{5}.str());
  EXPECT_EQ(array[0].at("text").as_string(), "my shop: return.updated");
  EXPECT_EQ(array[0].at("detail").as_string(), "");
}

}  // namespace
}  // namespace backhaul::cli
