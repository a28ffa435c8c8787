#include "returns/rules.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace backhaul::returns {
namespace {

const boost::json::object facts{{"a", 1}, {"name", "seal broken"}, {"lines", {{{"n", 1}}, {{"n", 5}}}}};

std::optional<std::size_t> match(std::vector<std::string> expressions, std::vector<std::string>* errors = nullptr) {
  std::vector<Rule> rules;
  for (auto& when : expressions)
    rules.push_back({.name = "r" + std::to_string(rules.size()), .when = std::move(when), .actions = {"flag"}});
  const auto set = compile_rules(rules);
  if (!set) {
    ADD_FAILURE() << set.error().message;
    return std::nullopt;
  }
  std::vector<std::string> ignored;
  return (*set)->first_match(facts, errors == nullptr ? ignored : *errors);
}

std::string refused(std::string when) {
  const auto set = compile_rules({{.name = "mine", .when = std::move(when), .actions = {"flag"}}});
  return set ? "" : set.error().message;
}

TEST(Rules, TheFirstThatIsTrueMatches) {
  EXPECT_EQ(match({".a == 2", ".a == 1", "true"}), 1U);
  EXPECT_EQ(match({".a == 2", "false", "null", ".missing"}), std::nullopt);
  EXPECT_EQ(match({}), std::nullopt);
}

TEST(Rules, AnEmptyExpressionAlwaysMatches) {
  EXPECT_EQ(match({".a == 2", ""}), 1U);
}

TEST(Rules, AnyValueButFalseAndNullIsTrue) {
  for (const char* when : {"0", "\"\"", "[]", "{}", ".lines[0]"}) EXPECT_EQ(match({when}), 0U) << when;
  EXPECT_EQ(match({"empty"}), std::nullopt) << "no value at all";
}

TEST(Rules, AllowedFunctionsWork) {
  for (const char* when :
       {"any(.lines[]; .n > 4)", "all(.lines[]; .n > 0)", ".lines | map(.n) | add == 6", ".name | contains(\"seal\")",
        ".name | startswith(\"seal\") and endswith(\"broken\")", "[.lines[] | select(.n == 5)] | length == 1",
        "if .a == 1 then true else false end", "(.lines | first | .n) as $n | $n == 1",
        ".name | ascii_upcase == \"SEAL BROKEN\"", ".lines | max_by(.n) | .n == 5", "has(\"a\")",
        "(.missing // 3) == 3", "{\"env\": 1} | .env == 1"}) {
    std::vector<std::string> errors;
    EXPECT_EQ(match({when}, &errors), 0U) << when << (errors.empty() ? "" : ": " + errors.front());
  }
}

TEST(Rules, AnExpressionThatFailsDoesNotMatchAndSaysSo) {
  std::vector<std::string> errors;
  EXPECT_EQ(match({".name | tonumber", ".a == 1"}, &errors), 1U);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_TRUE(errors.front().starts_with("rule r0: ")) << errors.front();
}

TEST(Rules, Law9BoundedNothingThatCouldRunForEverOrReachOutIsCompiled) {
  for (const char* when : {"def f: f; f",
                           "repeat(.a)",
                           "while(true; .)",
                           "until(false; .)",
                           "recurse",
                           "range(1e9)",
                           "limit(1; .a)",
                           "[.[] | ..]",
                           "reduce .lines[] as $x (0; . + 1)",
                           "foreach .lines[] as $x (0; .)",
                           "input",
                           "inputs",
                           "env",
                           "$ENV",
                           "env.PATH",
                           "input_filename",
                           "debug",
                           "now",
                           "path(..)",
                           "getpath([\"a\"])",
                           "include \"x\"",
                           "import \"x\" as x",
                           "@base64",
                           "@sh",
                           "\"\\(env)\"",
                           "\"a\\(.a)\"",
                           "label $x | break $x",
                           "halt",
                           "splits(\"a\")",
                           "test(\"(a+)+b\")",
                           "ltrimstr(\"a\") | eval",
                           ".a # comment",
                           "$__prog_args",
                           ".a | combinations",
                           ".a|walk(.)",
                           ".a as [$x, $ENV] | $x"}) {
    EXPECT_NE(refused(when), "") << when;
  }
}

TEST(Rules, TheErrorNamesTheRuleAndTheWord) {
  const auto message = refused(".a | repeat(.)");
  EXPECT_NE(message.find("\"mine\""), std::string::npos) << message;
  EXPECT_NE(message.find("`repeat`"), std::string::npos) << message;
}

TEST(Rules, WhatIsNoExpressionIsRefusedByNameAndPlace) {
  for (const char* when : {"\"abc", ".a == \"", R"("a\")", ".a ==", "(.a", "if .a then", ".a | nott(", "]"}) {
    EXPECT_NE(refused(when).find("\"mine\""), std::string::npos) << when;
  }
}

TEST(Rules, NothingIsLeftUnread) {
  EXPECT_NE(refused(std::string(".a == 2\0 or true", 16)).find("NUL"), std::string::npos);
  EXPECT_NE(refused(std::string(".a == \"\0\"", 9)).find("NUL"), std::string::npos);
  EXPECT_NE(refused(".a == \"b").find("without an end"), std::string::npos);
}

TEST(Rules, Law9BoundedAnExpressionIsAScreenfulAtMost) {
  const std::string much = ".a == 1" + std::string(4'090, ' ');
  EXPECT_NE(refused(much).find("4096"), std::string::npos);
  EXPECT_EQ(refused(much.substr(0, 4'096)), "");
}

TEST(Rules, FieldsMayHaveAnyName) {
  for (const char* when : {".env == null", ".def == null", ".input == null", ".lines[0].repeat == null"})
    EXPECT_EQ(refused(when), "") << when;
}

TEST(Rules, WordsInsideStringsAreNoFunctions) {
  EXPECT_EQ(match({".name == \"repeat env\" | not"}), 0U);
}

TEST(Rules, OneSetServesManyTimes) {
  const auto set = compile_rules({{.name = "r", .when = ".a > 1", .actions = {"flag"}}});
  ASSERT_TRUE(set);
  std::vector<std::string> errors;
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ((*set)->first_match({{"a", i}}, errors).has_value(), i > 1);
  }
  EXPECT_TRUE(errors.empty());
}

}  // namespace
}  // namespace backhaul::returns
