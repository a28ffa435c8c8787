#pragma once
// A connector's metadata.json: which fields a connection has. Drives the CLI's prompts, validation, and what is shown.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "connectors/connector.hpp"
#include "types/result.hpp"

namespace backhaul::connections {

struct Field {
  std::string name;
  std::string label;
  std::string help;
  std::string type;  // string, integer, number, boolean
  bool required = false;
  bool secret = false;
  boost::json::value default_value;  // null: none
  std::string pattern;               // of strings; empty: any
  std::string example;
};

struct Metadata {
  std::string name;
  std::string summary;
  std::string docs_url;
  std::vector<Field> fields;
};

// Throws std::runtime_error when the compiled-in text is not what it should be: a defect of the build, covered by a
// test.
[[nodiscard]] Metadata read_metadata(const connectors::Connector& connector);

struct Checked {
  boost::json::object settings;     // defaults filled in
  boost::json::object credentials;  // the secret fields given
};

// Sorts texts as typed or JSON values into settings and credentials. The problem names the field by its label and says
// what is wrong, never the value of a secret one.
[[nodiscard]] Result<Checked, Problem> check_fields(const Metadata& metadata, const boost::json::object& given);

// One value of a field from its text form.
[[nodiscard]] Result<boost::json::value, Problem> parse_field(const Field& field, std::string_view text);

}  // namespace backhaul::connections
