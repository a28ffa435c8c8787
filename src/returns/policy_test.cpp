#include "returns/policy.hpp"

#include "returns/returns_fixture.hpp"

namespace backhaul::returns {
namespace {

std::string error_of(const boost::json::object& body) {
  const auto policy = parse_policy(body);
  return policy ? "" : policy.error().message;
}

TEST(Policy, EveryKeyIsUnderstood) {
  const auto policy = parse_policy({{"mode", "shadow"},
                                    {"cut_off", "2026-01-31"},
                                    {"reference", "RMA-{return_id}"},
                                    {"make_for_closed", true},
                                    {"wait_for_label_s", 90},
                                    {"settle_s", 1.5},
                                    {"confirm_within_s", 60},
                                    {"require_restocked", true},
                                    {"destinations", {"d1", "d2"}},
                                    {"status", {{"process", {"done"}}, {"flag", {"bad"}}, {"ignore", {"new"}}}},
                                    {"warehouses", {{"d1", "W1"}}},
                                    {"skus", {{"A", "B"}}},
                                    {"reasons", {{"x", "y"}}},
                                    {"grades", {{"good", "A"}}},
                                    {"rules", {{{"name", "n"}, {"when", "true"}, {"do", {"flag"}}}}}});
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->mode, Mode::shadow);
  EXPECT_EQ(to_iso(policy->cut_off), "2026-01-31T00:00:00.000Z");
  EXPECT_EQ(policy->reference, "RMA-{return_id}");
  EXPECT_TRUE(policy->make_for_closed);
  EXPECT_EQ(policy->wait_for_label, Millis{90'000});
  EXPECT_EQ(policy->settle, Millis{1'500});
  EXPECT_EQ(policy->confirm_within, Millis{60'000});
  EXPECT_TRUE(policy->require_restocked);
  EXPECT_EQ(policy->destinations, (std::set<std::string>{"d1", "d2"}));
  EXPECT_EQ(policy->process_when, (std::set<std::string>{"done"}));
  EXPECT_EQ(policy->flag_when, (std::set<std::string>{"bad"}));
  EXPECT_EQ(policy->ignore_when, (std::set<std::string>{"new"}));
  EXPECT_EQ(policy->warehouses.at("d1"), "W1");
  EXPECT_EQ(policy->skus.at("A"), "B");
  EXPECT_EQ(policy->reasons.at("x"), "y");
  EXPECT_EQ(policy->grades.at("good"), "A");
  ASSERT_EQ(policy->rules.size(), 1U);
  EXPECT_EQ(policy->rules[0].name, "n");
  EXPECT_NE(policy->compiled, nullptr);
}

TEST(Policy, TheDefaultsOfEveryVendorParse) {
  for (const char* vendor : {"shiphero", "anything else"}) {
    const auto policy = parse_policy(default_policy(vendor));
    ASSERT_TRUE(policy) << vendor << ": " << policy.error().message;
    EXPECT_EQ(policy->mode, Mode::live);
    EXPECT_EQ(policy->reference, "{return_id}");
    EXPECT_FALSE(policy->cut_off);
  }
}

// Design, section 6: what the known ShipHero integration does.
TEST(Policy, ShipHerosDefaultTableIsItsKnownIntegrations) {
  const auto policy = policy_of();
  EXPECT_EQ(policy.process_when, (std::set<std::string>{"complete", "warehouse complete"}));
  EXPECT_EQ(policy.flag_when, (std::set<std::string>{"damaged", "issue"}));
  EXPECT_EQ(policy.ignore_when, (std::set<std::string>{"pending", "rts"}));
}

TEST(Policy, AnEmptyBodyIsTheDefaults) {
  const auto parsed = parse_policy({});
  ASSERT_TRUE(parsed);
  const auto defaults = parse_policy(default_policy("none"));
  EXPECT_EQ(parsed->settle, defaults->settle);
  EXPECT_EQ(parsed->confirm_within, defaults->confirm_within);
  EXPECT_EQ(parsed->wait_for_label, defaults->wait_for_label);
  EXPECT_EQ(parsed->make_for_closed, defaults->make_for_closed);
  EXPECT_EQ(parsed->require_restocked, defaults->require_restocked);
  EXPECT_EQ(parsed->reference, defaults->reference);
}

struct ErrorCase {
  boost::json::object body;
  const char* names;    // the key
  const char* accepts;  // what would have been accepted
};

TEST(Policy, EachKeysErrorNamesItAndWhatIsAccepted) {
  const ErrorCase cases[]{
      {{{"mode", "fast"}}, "mode", "\"live\", \"shadow\" or \"paused\""},
      {{{"mode", 1}}, "mode", "\"live\", \"shadow\" or \"paused\""},
      {{{"cut_off", "soon"}}, "cut_off", "a date such as"},
      {{{"cut_off", 20260101}}, "cut_off", "a date such as"},
      {{{"reference", 5}}, "reference", "text"},
      {{{"reference", "{order_name}"}}, "reference", "must contain {return_id}"},
      {{{"make_for_closed", "yes"}}, "make_for_closed", "true or false"},
      {{{"require_restocked", 1}}, "require_restocked", "true or false"},
      {{{"wait_for_label_s", "90"}}, "wait_for_label_s", "a number of seconds from 0 to 2678400"},
      {{{"wait_for_label_s", -1}}, "wait_for_label_s", "a number of seconds"},
      {{{"settle_s", 2678401}}, "settle_s", "a number of seconds"},
      {{{"confirm_within_s", nullptr}}, "confirm_within_s", "a number of seconds"},
      {{{"destinations", "d1"}}, "destinations", "a list of texts"},
      {{{"destinations", {1}}}, "destinations", "a list of texts"},
      {{{"status", {"complete"}}}, "status", "a table with process, flag and ignore"},
      {{{"status", {{"done", {"complete"}}}}}, "status", "has no key done"},
      {{{"status", {{"flag", "issue"}}}}, "status", "flag must be a list of texts"},
      {{{"status", {{"process", {"x"}}, {"flag", {"x"}}}}}, "status", "\"x\" twice"},
      {{{"status", {{"process", {"x"}}, {"ignore", {"x"}}}}}, "status", "\"x\" twice"},
      {{{"status", {{"flag", {"x"}}, {"ignore", {"x"}}}}}, "status", "\"x\" twice"},
      {{{"warehouses", {"W1"}}}, "warehouses", "a table of texts"},
      {{{"skus", {{"A", 1}}}}, "skus", "A must be text"},
      {{{"reasons", true}}, "reasons", "a table of texts"},
      {{{"grades", {{"good", nullptr}}}}, "grades", "good must be text"},
      {{{"rules", "flag"}}, "rules", "a list of tables"},
      {{{"rules", {{{"name", "n"}}}}}, "rules", "`do`"},
      {{{"rules", {{{"name", "n"}, {"do", "flag"}}}}}, "rules", "`do`"},
      {{{"rules", {{{"do", {1}}}}}}, "rules", "do holds texts"},
      {{{"rules", {{{"do", {"dance"}}}}}}, "rules", "\"dance\" is no action"},
      {{{"rules", {{{"do", {"flag", "process"}}}}}}, "rules", "at most one of process, flag"},
      {{{"rules", {{{"when", 1}, {"do", {"flag"}}}}}}, "rules", "the texts name and when"},
      {{{"rules", {{{"if", "true"}, {"do", {"flag"}}}}}}, "rules", "key if"},
      {{{"rules", {{{"name", "n"}, {"when", "env"}, {"do", {"flag"}}}}}}, "\"n\"", "`env`"},
  };
  for (const auto& one : cases) {
    const auto error = error_of(one.body);
    EXPECT_NE(error.find(one.names), std::string::npos) << boost::json::serialize(one.body) << ": " << error;
    EXPECT_NE(error.find(one.accepts), std::string::npos) << boost::json::serialize(one.body) << ": " << error;
  }
}

TEST(Policy, AnUnknownKeyIsAnErrorThatListsTheKnownOnes) {
  const auto error = error_of({{"settle", 30}});
  EXPECT_NE(error.find("\"settle\""), std::string::npos) << error;
  for (const auto& [key, value] : default_policy("shiphero"))
    EXPECT_NE(error.find(std::string_view(key)), std::string::npos) << key;
}

TEST(Policy, RulesWithoutANameAreNumbered) {
  const auto policy = policy_of({{"rules", {{{"do", {"flag"}}}, {{"do", {"ignore", "grade", "note: seen"}}}}}});
  EXPECT_EQ(policy.rules[0].name, "1");
  EXPECT_EQ(policy.rules[1].name, "2");
}

}  // namespace
}  // namespace backhaul::returns
