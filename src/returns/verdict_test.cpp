#include "returns/verdict.hpp"

#include "returns/returns_fixture.hpp"

namespace backhaul::returns {
namespace {

DestinationState made(Receipt receipt, std::map<std::string, std::int64_t> expected = {{"A", 2}, {"B", 1}}) {
  DestinationState destination;
  destination.connection = hero_id;
  destination.phase = RmaPhase::made;
  destination.has_receipt = true;
  destination.receipt = std::move(receipt);
  destination.expected = std::move(expected);
  return destination;
}

Verdict judged(const DestinationState& destination, const boost::json::object& changes = {}) {
  ReturnState state;
  state.source_id = ExternalId{"9001"};
  state.view = view_of();
  return judge(state, destination, policy_of(changes));
}

struct TableCase {
  const char* status;
  std::int64_t received_a;
  bool require_restocked;
  Verdict::Kind kind;
  const char* rule;
  bool may_settle;
};

TEST(Verdict, FollowsTheStatusTableAndTheCounts) {
  using enum Verdict::Kind;
  const TableCase cases[]{
      {"complete", 2, false, process, "status table: complete", false},
      {"warehouse complete", 2, false, process, "status table: warehouse complete", false},
      {"complete", 1, false, flag, "counts", true},
      {"complete", 3, false, flag, "counts", true},
      {"issue", 2, false, flag, "status table: issue", false},
      {"damaged", 0, false, flag, "status table: damaged", false},
      {"pending", 0, false, wait, "status table: pending", false},
      {"rts", 2, false, wait, "status table: rts", false},
      {"", 0, false, unknown_status, "status table: ", false},
      {"Complete", 2, false, unknown_status, "status table: Complete", false},
  };
  for (const auto& one : cases) {
    const auto verdict =
        judged(made(receipt_of(one.status, one.received_a)), {{"require_restocked", one.require_restocked}});
    EXPECT_EQ(verdict.kind, one.kind) << one.status;
    EXPECT_EQ(verdict.rule, one.rule) << one.status;
    EXPECT_EQ(verdict.may_settle, one.may_settle) << one.status;
    EXPECT_FALSE(verdict.why.empty()) << one.status;
  }
}

TEST(Verdict, NotRestockedMattersWhereThePolicySaysSo) {
  auto receipt = receipt_of("complete");
  receipt.lines[0].restocked = 1;
  EXPECT_EQ(judged(made(receipt)).kind, Verdict::Kind::process);
  const auto verdict = judged(made(receipt), {{"require_restocked", true}});
  EXPECT_EQ(verdict.kind, Verdict::Kind::flag);
  EXPECT_EQ(verdict.rule, "require_restocked");
  EXPECT_EQ(verdict.why, "A: 1 of 2 received not restocked");
}

TEST(Differences, AreOnePerSkuWhoseReceivedIsNotItsExpected) {
  const auto differing = differences(made(receipt_of("complete", 1, 2)));
  ASSERT_EQ(differing.size(), 2U);
  EXPECT_EQ(differing[0].sku, "A");
  EXPECT_EQ(differing[0].expected, 2);
  EXPECT_EQ(differing[0].received, 1);
  EXPECT_EQ(differing[1].sku, "B");
  EXPECT_EQ(differing[1].received, 2);
}

TEST(Differences, LinesOfOneSkuAreAddedUp) {
  auto receipt = receipt_of("complete");
  receipt.lines = {{.sku = "A", .expected = 1, .received = 2},
                   {.sku = "A", .expected = 1, .received = 0},
                   {.sku = "B", .expected = 1, .received = 1}};
  EXPECT_TRUE(differences(made(receipt)).empty());
}

TEST(Differences, UnitsMissingFromTheRmaItselfAreSeen) {
  auto receipt = receipt_of("complete");
  receipt.lines.pop_back();
  const auto differing = differences(made(receipt));
  ASSERT_EQ(differing.size(), 1U);
  EXPECT_EQ(differing[0].sku, "units on the RMA");
  EXPECT_EQ(differing[0].expected, 3);
  EXPECT_EQ(differing[0].received, 2);
  EXPECT_EQ(judged(made(receipt)).kind, Verdict::Kind::flag);
}

TEST(Verdict, TheFirstRuleThatFiresDecidesBeforeTheTable) {
  const boost::json::object rules{
      {"rules",
       {{{"name", "never"}, {"when", ".receipt.received > 99"}, {"do", {"cancel"}}},
        {{"name", "dear"}, {"when", ".return.value_minor >= 7500"}, {"do", {"flag", "grade", "note: look twice"}}},
        {{"name", "rest"}, {"do", {"close"}}}}}};
  const auto verdict = judged(made(receipt_of("complete")), rules);
  EXPECT_EQ(verdict.kind, Verdict::Kind::flag);
  EXPECT_EQ(verdict.rule, "rule \"dear\"");
  EXPECT_TRUE(verdict.grade);
  EXPECT_EQ(verdict.notes, (std::vector<std::string>{"look twice"}));
  EXPECT_FALSE(verdict.may_settle);
}

TEST(Verdict, ARuleCanSayWait) {
  const auto verdict = judged(made(receipt_of("damaged")), {{"rules", {{{"name", "hold"}, {"do", {"ignore"}}}}}});
  EXPECT_EQ(verdict.kind, Verdict::Kind::wait);
}

TEST(Verdict, RulesSeeTheReturnAndItsReceipt) {
  for (const char* when :
       {".return.id == \"9001\"", ".return.state == \"open\"", ".return.order_name == \"#1001\"",
        ".return.currency == \"USD\"", ".return.units | length == 3", ".return.units[0].sku == \"A\"",
        "any(.return.units[]; .reason == \"Too small\")", ".receipt.status == \"complete\"",
        ".receipt.expected == 3 and .receipt.received == 3 and .receipt.restocked == 3",
        "all(.receipt.lines[]; .received == .expected)"}) {
    const auto verdict =
        judged(made(receipt_of("complete")), {{"rules", {{{"name", "see"}, {"when", when}, {"do", {"cancel"}}}}}});
    EXPECT_EQ(verdict.kind, Verdict::Kind::cancel) << when;
    EXPECT_TRUE(verdict.rule_errors.empty()) << when;
  }
}

TEST(Verdict, Law8QuietRulesSeeNoPersonalData) {
  auto state = ReturnState{};
  state.view = view_of();
  state.view.units[0].comment = "call me at home";
  const auto policy =
      policy_of({{"rules", {{{"name", "peek"}, {"when", ".return.units[0] | has(\"comment\")"}, {"do", {"cancel"}}}}}});
  EXPECT_NE(judge(state, made(receipt_of("complete")), policy).kind, Verdict::Kind::cancel);
}

}  // namespace
}  // namespace backhaul::returns
