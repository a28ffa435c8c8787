#include "connections/metadata.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <regex>
#include <stdexcept>

namespace backhaul::connections {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
}

bool flag_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}

Field read_field(const json::object& object) {
  Field field{.name = text_at(object, "name"),
              .label = text_at(object, "label"),
              .help = text_at(object, "help"),
              .type = text_at(object, "type"),
              .required = flag_at(object, "required"),
              .secret = flag_at(object, "secret"),
              .default_value = nullptr,
              .pattern = text_at(object, "pattern"),
              .example = text_at(object, "example")};
  if (const auto* value = object.if_contains("default")) field.default_value = *value;
  if (field.name.empty() || field.label.empty()) throw std::runtime_error("a field needs a name and a label");
  return field;
}

Problem wrong(const Field& field, std::string_view what) {
  const std::string example = field.example.empty() ? "" : fmt::format(", for example {}", field.example);
  return {fmt::format("{} (--{}): {}{}", field.label, field.name, what, field.secret ? "" : example)};
}

Result<json::value, Problem> check_value(const Field& field, const json::value& value) {
  if (field.type == "string") {
    if (!value.is_string()) return fail(wrong(field, "must be text"));
    const std::string text(value.as_string());
    if (text.empty() && !field.required) return value;
    if (!field.pattern.empty() && !std::regex_search(text, std::regex(field.pattern))) {
      return fail(wrong(field, fmt::format("does not have the expected form ({})", field.pattern)));
    }
  } else if (field.type == "boolean") {
    if (!value.is_bool()) return fail(wrong(field, "must be true or false"));
  } else if (!value.is_number()) {
    return fail(wrong(field, "must be a number"));
  } else if (field.type == "integer" && value.is_double()) {
    return fail(wrong(field, "must be a whole number"));
  } else if (!field.pattern.empty() && !std::regex_search(json::serialize(value), std::regex(field.pattern)) &&
             !std::regex_search(fmt::format("{}", value.to_number<double>()), std::regex(field.pattern))) {
    // A double may be serialised with an exponent, so its plain form counts too.
    return fail(wrong(field, fmt::format("does not have the expected form ({})", field.pattern)));
  }
  return value;
}

}  // namespace

Metadata read_metadata(const connectors::Connector& connector) {
  const auto parsed = json::parse(connector.metadata_json);
  const auto& object = parsed.as_object();
  Metadata metadata{.name = text_at(object, "name"),
                    .summary = text_at(object, "summary"),
                    .docs_url = text_at(object, "docs_url"),
                    .fields = {}};
  for (const auto& field : object.at("fields").as_array()) metadata.fields.push_back(read_field(field.as_object()));
  return metadata;
}

Result<json::value, Problem> parse_field(const Field& field, std::string_view text) {
  if (field.type == "string") return json::value(text);
  if (field.type == "boolean") {
    if (text == "true" || text == "yes") return json::value(true);
    if (text == "false" || text == "no") return json::value(false);
    return fail(wrong(field, "must be true or false"));
  }
  std::int64_t whole = 0;
  if (const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
      error == std::errc{} && end == text.data() + text.size()) {
    return json::value(whole);
  }
  double number = 0;
  if (const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      error == std::errc{} && end == text.data() + text.size()) {
    return json::value(number);
  }
  return fail(wrong(field, "must be a number"));
}

Result<Checked, Problem> check_fields(const Metadata& metadata, const json::object& given) {
  for (const auto& [key, value] : given) {
    if (std::ranges::find(metadata.fields, std::string_view(key), &Field::name) == metadata.fields.end()) {
      return fail(Problem{fmt::format("{} has no setting \"{}\"", metadata.name, std::string_view(key))});
    }
  }
  Checked checked;
  for (const auto& field : metadata.fields) {
    auto& target = field.secret ? checked.credentials : checked.settings;
    const auto* value = given.if_contains(field.name);
    if (value == nullptr || value->is_null()) {
      if (field.required && field.default_value.is_null()) return fail(wrong(field, "is needed"));
      if (!field.default_value.is_null()) target[field.name] = field.default_value;
      continue;
    }
    auto fine = check_value(field, *value);
    if (!fine) return fail(fine.error());
    target[field.name] = std::move(*fine);
  }
  return checked;
}

}  // namespace backhaul::connections
