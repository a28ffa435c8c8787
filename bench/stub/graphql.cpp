#include "bench/stub/graphql.hpp"

#include <boost/json.hpp>
#include <cctype>
#include <utility>

namespace backhaul::bench::stub {

namespace {

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return done() ? '\0' : text_[at_]; }
  void skip() { ++at_; }

  void skip_blank() {
    while (!done() && (std::isspace(static_cast<unsigned char>(peek())) != 0 || peek() == ',' || peek() == '#')) {
      if (peek() == '#') {
        while (!done() && peek() != '\n') skip();
      } else {
        skip();
      }
    }
  }
  std::string_view name() {
    auto start = at_;
    while (is_name(peek())) skip();
    return text_.substr(start, at_ - start);
  }
  // A number or an enumerator.
  void word() {
    while (is_name(peek()) || peek() == '-' || peek() == '.') skip();
  }
  // A string here, without its quotes; escapes are left as they are.
  std::string_view quoted() {
    auto start = ++at_;
    skip_string();
    return text_.substr(start, at_ - start - 1);
  }
  // What stands between a bracket here and its partner; the reader is then behind the partner.
  std::string_view bracketed(char open, char close) {
    auto start = at_ + 1;
    int depth = 0;
    while (!done()) {
      char c = peek();
      skip();
      if (c == '"') skip_string();
      if (c == open) ++depth;
      if (c == close && --depth == 0) break;
    }
    return text_.substr(start, at_ - start - 1);
  }

 private:
  void skip_string() {
    while (!done() && peek() != '"') {
      if (peek() == '\\') skip();
      skip();
    }
    skip();
  }
  std::string_view text_;
  std::size_t at_ = 0;
};

TopField read_field(Reader& reader) {
  TopField field;
  field.name = reader.name();
  field.key = field.name;
  reader.skip_blank();
  if (reader.peek() == ':') {
    reader.skip();
    reader.skip_blank();
    field.name = reader.name();
    reader.skip_blank();
  }
  if (reader.peek() == '(') field.arguments = reader.bracketed('(', ')');
  reader.skip_blank();
  if (reader.peek() == '{') reader.bracketed('{', '}');
  return field;
}

boost::json::object read_members(std::string_view text, const boost::json::value& variables);

// A variable, a string, an input object; numbers, enumerators and lists decide nothing here and are null.
boost::json::value read_value(Reader& reader, const boost::json::value& variables) {
  switch (reader.peek()) {
    case '$': {
      reader.skip();
      auto* values = variables.if_object();
      auto* value = values == nullptr ? nullptr : values->if_contains(reader.name());
      return value == nullptr ? boost::json::value{} : *value;
    }
    case '"':
      return boost::json::string(reader.quoted());
    case '{':
      return read_members(reader.bracketed('{', '}'), variables);
    case '[':
      reader.bracketed('[', ']');
      return {};
    default:
      reader.word();
      return {};
  }
}

// `name: value` pairs, between the brackets of a field's arguments or of an input object.
boost::json::object read_members(std::string_view text, const boost::json::value& variables) {
  boost::json::object members;
  Reader reader{text};
  for (reader.skip_blank(); is_name(reader.peek()); reader.skip_blank()) {
    auto name = reader.name();
    reader.skip_blank();
    if (reader.peek() != ':') break;
    reader.skip();
    reader.skip_blank();
    members[name] = read_value(reader, variables);
  }
  return members;
}

}  // namespace

std::vector<TopField> top_fields(std::string_view query) {
  Reader reader{query};
  // `query Name($a: String = "{") {`: the variables' brackets may hold anything.
  while (!reader.done() && reader.peek() != '{') {
    if (reader.peek() == '(') {
      reader.bracketed('(', ')');
    } else {
      reader.skip();
    }
  }
  reader.skip();
  std::vector<TopField> fields;
  for (reader.skip_blank(); is_name(reader.peek()); reader.skip_blank()) fields.push_back(read_field(reader));
  return fields;
}

boost::json::value argument(const TopField& field, std::string_view name, const boost::json::value& variables) {
  auto members = read_members(field.arguments, variables);
  auto* value = members.if_contains(name);
  return value == nullptr ? boost::json::value{} : std::move(*value);
}

std::string text_argument(const TopField& field, std::string_view name, const boost::json::value& variables) {
  auto value = argument(field, name, variables);
  if (value.is_string()) return std::string{value.as_string()};
  return value.is_number() ? boost::json::serialize(value) : std::string{};
}

std::string text_of(const boost::json::value& object, std::string_view name) {
  auto* members = object.if_object();
  auto* value = members == nullptr ? nullptr : members->if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

}  // namespace backhaul::bench::stub
