#include "returns/model.hpp"

#include <set>

#include "returns/returns_fixture.hpp"

namespace backhaul::returns {
namespace {

std::vector<bool> arrived(const std::vector<UnitFinding>& findings) {
  std::vector<bool> result;
  for (const auto& finding : findings) result.push_back(finding.received);
  return result;
}

TEST(SpreadReceipt, TheFirstUnitsOfASkuArrived) {
  const std::vector units{unit("10", "A"), unit("9", "A"), unit("11", "B"), unit("100", "A")};
  const auto findings = spread_receipt(units, receipt_of("complete", 2, 0));
  ASSERT_EQ(findings.size(), 4U);
  EXPECT_EQ(findings[0].line_id, "9") << "shorter ids first, so that numbers sort as numbers";
  EXPECT_EQ(findings[1].line_id, "10");
  EXPECT_EQ(findings[2].line_id, "11");
  EXPECT_EQ(findings[3].line_id, "100");
  EXPECT_EQ(arrived(findings), (std::vector<bool>{true, true, false, false}));
}

TEST(SpreadReceipt, IsTheSameWhateverOrderTheUnitsCameIn) {
  std::vector units{unit("1", "A"), unit("2", "A"), unit("3", "A"), unit("4", "B")};
  const auto first = spread_receipt(units, receipt_of("complete", 2, 1));
  std::ranges::reverse(units);
  const auto second = spread_receipt(units, receipt_of("complete", 2, 1));
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].line_id, second[i].line_id);
    EXPECT_EQ(first[i].received, second[i].received);
  }
}

TEST(SpreadReceipt, LinesOfOneSkuAreAddedAndExcessIsLeftOver) {
  Receipt receipt;
  receipt.lines = {{.sku = "A", .received = 1, .condition = ""}, {.sku = "A", .received = 5, .condition = "good"}};
  const auto findings = spread_receipt({unit("1", "A"), unit("2", "A"), unit("3", "C")}, receipt);
  EXPECT_EQ(arrived(findings), (std::vector<bool>{true, true, false}));
  EXPECT_EQ(findings[0].condition, "good");
  EXPECT_EQ(findings[2].condition, "");
  EXPECT_TRUE(spread_receipt({}, receipt).empty());
}

TEST(Digests, ViewsAreEqualWhenDecisionsWouldBe) {
  const auto base = view_of();
  auto same = base;
  std::ranges::reverse(same.units);
  same.order_name = "#2";
  same.labels = labelled_view("1Z").labels;
  same.updated_at = noon;
  same.units[0].comment = "hello";
  EXPECT_EQ(decision_digest(same), decision_digest(base));
}

TEST(Digests, ViewsDifferInWhatDecisionsHangOn) {
  const auto base = decision_digest(view_of());
  auto view = view_of(SourceState::review);
  EXPECT_NE(decision_digest(view), base);
  view = view_of();
  view.flagged = true;
  EXPECT_NE(decision_digest(view), base);
  view = view_of();
  view.destination_id = "d1";
  EXPECT_NE(decision_digest(view), base);
  view = view_of();
  view.units.pop_back();
  EXPECT_NE(decision_digest(view), base);
  view = view_of();
  view.units[0].sku = "C";
  EXPECT_NE(decision_digest(view), base);
}

TEST(Digests, NeighbouringFieldsDoNotRunTogether) {
  auto one = view_of();
  one.units = {unit("1", "23")};
  auto other = view_of();
  other.units = {unit("12", "3")};
  EXPECT_NE(decision_digest(one), decision_digest(other));
}

TEST(Digests, ReceiptsDifferInStatusCountsAndCondition) {
  const auto base = receipt_of("complete");
  std::set<std::string> digests{decision_digest(base)};
  auto changed = base;
  changed.status = "issue";
  EXPECT_TRUE(digests.insert(decision_digest(changed)).second);
  for (auto field : {&ReceiptLine::expected, &ReceiptLine::received, &ReceiptLine::restocked}) {
    changed = base;
    changed.lines[0].*field += 7;
    EXPECT_TRUE(digests.insert(decision_digest(changed)).second);
  }
  changed = base;
  changed.lines[0].condition = "torn";
  EXPECT_TRUE(digests.insert(decision_digest(changed)).second);
  changed = base;
  changed.note = "by hand";
  changed.raw_status = "COMPLETE";
  changed.lines[0].note = "box";
  std::ranges::reverse(changed.lines);
  EXPECT_EQ(decision_digest(changed), decision_digest(base)) << "words and order are no facts";
}

// Kept in ledgers and policies' keys, so they may never change.
TEST(Digests, AreStableAcrossVersionsAndMachines) {
  EXPECT_EQ(decision_digest(std::string_view("")), "af63bd4c8601b7df");
  EXPECT_EQ(decision_digest(view_of()), "cc50d6fa72dfa8aa");
  EXPECT_EQ(decision_digest(receipt_of("complete")), "f1e499ee089847a4");
}

TEST(Ledger, TheNewestOfABaseIsTheLastWithANumberAfterIt) {
  ReturnState state;
  for (const char* key : {"flag/con/1", "flag/con/abc/1", "flag/con/2", "flag/con/abc/2", "flag/conx/9"}) {
    state.ledger.push_back({.key = key});
  }
  EXPECT_EQ(latest_effect(state, "flag/con")->key, "flag/con/2");
  EXPECT_EQ(latest_effect(state, "flag/con/abc")->key, "flag/con/abc/2");
  EXPECT_EQ(latest_effect(state, "flag"), nullptr);
  EXPECT_EQ(find_effect(state, "flag/con/1")->key, "flag/con/1");
  EXPECT_EQ(find_effect(state, "flag/con"), nullptr);
}

TEST(Model, UnitsAreCountedPerSku) {
  EXPECT_EQ(count_by_sku({unit("1", "A"), unit("2", ""), unit("3", "A")}),
            (std::map<std::string, std::int64_t>{{"", 1}, {"A", 2}}));
}

TEST(Model, OnlyReadsLeaveTheWorldAlone) {
  EXPECT_FALSE(changes_the_world(EffectKind::read_source));
  EXPECT_FALSE(changes_the_world(EffectKind::read_rma));
  for (const auto kind : {EffectKind::create_rma, EffectKind::attach_tracking, EffectKind::cancel_rma,
                          EffectKind::process, EffectKind::flag, EffectKind::note, EffectKind::close,
                          EffectKind::cancel, EffectKind::remove_lines, EffectKind::grade, EffectKind::assess}) {
    EXPECT_TRUE(changes_the_world(kind)) << to_string(kind);
  }
}

}  // namespace
}  // namespace backhaul::returns
