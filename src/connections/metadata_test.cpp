#include "connections/metadata.hpp"

#include <regex>
#include <set>

#include "connections/connections_fixture.hpp"

namespace backhaul::connections {
namespace {

namespace json = boost::json;

const std::string secret_value = "hunter2 with blanks";

Metadata sample() {
  Metadata metadata;
  metadata.name = "Sample";
  metadata.fields = {
      {.name = "key",
       .label = "API key",
       .type = "string",
       .required = true,
       .secret = true,
       .pattern = "^\\S{8,}$",
       .example = "abcdefgh"},
      {.name = "url",
       .label = "Address",
       .type = "string",
       .default_value = "https://a",
       .pattern = "^https://",
       .example = "https://x"},
      {.name = "rate", .label = "Rate", .type = "integer", .default_value = 5, .pattern = "^[1-9]$", .example = "5"},
      {.name = "factor", .label = "Factor", .type = "number"},
      {.name = "loud", .label = "Loud", .type = "boolean"},
      {.name = "hidden", .label = "Hidden", .type = "integer", .secret = true, .example = "77"}};
  return metadata;
}

std::string problem(const json::object& given) {
  const auto checked = check_fields(sample(), given);
  return checked ? "" : checked.error().message;
}

TEST(Metadata, EveryConnectorsParsesAndHangsTogether) {
  ASSERT_FALSE(connectors::all_connectors().empty());
  for (const auto* connector : connectors::all_connectors()) {
    const auto metadata = read_metadata(*connector);
    EXPECT_FALSE(metadata.name.empty() || metadata.summary.empty() || metadata.docs_url.empty()) << connector->vendor;
    const auto parsed = json::parse(connector->metadata_json);
    EXPECT_EQ(parsed.at("vendor").as_string(), connector->vendor);
    EXPECT_EQ(parsed.at("role").as_string(), connector->role == connectors::Role::source ? "source" : "destination");
    std::set<std::string> names;
    for (const auto& field : metadata.fields) {
      const auto where = std::string(connector->vendor) + "." + field.name;
      EXPECT_TRUE(names.insert(field.name).second) << where << " twice";
      EXPECT_TRUE(std::set<std::string>({"string", "integer", "number", "boolean"}).contains(field.type)) << where;
      EXPECT_FALSE(field.help.empty()) << where;
      EXPECT_NO_THROW(std::regex{field.pattern}) << where;
    }
    EXPECT_TRUE(std::ranges::any_of(metadata.fields, &Field::secret)) << connector->vendor << " has no credential";
  }
}

TEST(Metadata, EveryConnectorsExamplesAndDefaultsAreAccepted) {
  for (const auto* connector : connectors::all_connectors()) {
    const auto metadata = read_metadata(*connector);
    json::object needed;
    for (const auto& field : metadata.fields) {
      if (field.required && field.default_value.is_null()) needed[field.name] = *parse_field(field, field.example);
    }
    const auto with_defaults = check_fields(metadata, needed);
    ASSERT_TRUE(with_defaults) << connector->vendor << ": " << with_defaults.error().message;
    auto all = with_defaults->settings;
    for (const auto& [name, value] : with_defaults->credentials) all[name] = value;
    EXPECT_TRUE(check_fields(metadata, all)) << connector->vendor << ": its own defaults";
    for (const auto& field : metadata.fields) {
      if (field.example.empty()) continue;
      auto one = all;
      one[field.name] = *parse_field(field, field.example);
      const auto checked = check_fields(metadata, one);
      EXPECT_TRUE(checked) << connector->vendor << ": " << checked.error().message;
    }
  }
}

TEST(Metadata, EveryConnectorsDefaultsMakeAConnection) {
  test::ManualLoop loop;
  test::ScriptedHttp http;
  for (const auto* connector : connectors::all_connectors()) {
    const auto metadata = read_metadata(*connector);
    json::object needed;
    for (const auto& field : metadata.fields) {
      if (field.required && field.default_value.is_null()) needed[field.name] = *parse_field(field, field.example);
    }
    const auto checked = check_fields(metadata, needed);
    ASSERT_TRUE(checked);
    const store::Connection row{.id = ConnectionId{"con_1"},
                                .merchant = MerchantId{"m"},
                                .vendor = std::string(connector->vendor),
                                .name = "n",
                                .settings = json::serialize(checked->settings)};
    const auto live = make_live(row, {.credentials = checked->credentials, .token = "t"}, http, loop);
    ASSERT_TRUE(live) << live.error().message;
    EXPECT_NE((*live)->inbound, nullptr);
    EXPECT_EQ((*live)->concurrent_calls(), connector->concurrent_calls);
    (*live)->config.settings["concurrent_calls"] = 64;
    EXPECT_EQ((*live)->concurrent_calls(), 64);
    EXPECT_EQ((*live)->source != nullptr, connector->role == connectors::Role::source);
    EXPECT_EQ((*live)->destination != nullptr, connector->role == connectors::Role::destination);
  }
}

TEST(CheckFields, SortsSecretsFromSettingsAndFillsDefaultsIn) {
  const auto checked = check_fields(sample(), {{"key", "abcdefgh"}, {"loud", true}, {"factor", 1.5}});
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->credentials, (json::object{{"key", "abcdefgh"}}));
  EXPECT_EQ(checked->settings, (json::object{{"url", "https://a"}, {"rate", 5}, {"factor", 1.5}, {"loud", true}}));
}

struct WrongCase {
  json::object given;
  const char* says;
};

TEST(CheckFields, NamesTheFieldAndWhatIsWrong) {
  const json::object fine{{"key", "abcdefgh"}};
  const auto with = [&](const char* name, json::value value) {
    auto given = fine;
    given[name] = std::move(value);
    return given;
  };
  const WrongCase cases[]{
      {{}, "API key (--key): is needed"},
      {{{"key", nullptr}}, "API key (--key): is needed"},
      {{{"key", "short"}}, "API key (--key): does not have the expected form"},
      {{{"key", 5}}, "API key (--key): must be text"},
      {with("colour", "red"), "Sample has no setting \"colour\""},
      {with("url", "http://a"), "Address (--url): does not have the expected form"},
      {with("rate", "5"), "Rate (--rate): must be a number"},
      {with("rate", 1.5), "Rate (--rate): must be a whole number"},
      {with("rate", 0), "Rate (--rate): does not have the expected form"},
      {with("factor", true), "Factor (--factor): must be a number"},
      {with("loud", "yes"), "Loud (--loud): must be true or false"},
  };
  for (const auto& one : cases) {
    EXPECT_TRUE(problem(one.given).starts_with(one.says)) << json::serialize(one.given) << ": " << problem(one.given);
  }
  EXPECT_EQ(problem(with("url", "")), "") << "an optional text may be empty";
}

TEST(CheckFields, Law8QuietAProblemNeverShowsASecret) {
  for (const json::object& given :
       {json::object{{"key", secret_value}}, json::object{{"key", "abcdefgh"}, {"hidden", secret_value}}}) {
    const auto text = problem(given);
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
    EXPECT_EQ(text.find("abcdefgh"), std::string::npos) << "nor its example: " << text;
  }
}

TEST(ParseField, ReadsEachTypeFromText) {
  const auto fields = sample().fields;
  EXPECT_EQ(*parse_field(fields[1], "https://b"), json::value("https://b"));
  EXPECT_EQ(*parse_field(fields[2], "7"), json::value(std::int64_t{7}));
  EXPECT_EQ(*parse_field(fields[3], "1.25"), json::value(1.25));
  EXPECT_EQ(*parse_field(fields[4], "yes"), json::value(true));
  EXPECT_EQ(*parse_field(fields[4], "false"), json::value(false));
  for (const auto& [index, text] :
       {std::pair{2, "seven"}, std::pair{2, ""}, std::pair{2, "7 "}, std::pair{3, "1,5"}, std::pair{4, "maybe"}}) {
    EXPECT_FALSE(parse_field(fields[static_cast<std::size_t>(index)], text)) << text;
  }
  EXPECT_EQ(parse_field(fields[5], secret_value).error().message.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace backhaul::connections
