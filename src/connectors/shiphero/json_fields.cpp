#include "connectors/shiphero/json_fields.hpp"

#include "connectors/shiphero/text.hpp"

namespace backhaul::connectors::shiphero {
namespace {

const boost::json::object& no_fields() {
  static const boost::json::object none;
  return none;
}

}  // namespace

std::string text_of(const boost::json::value& value) {
  if (const auto* text = value.if_string()) return std::string(*text);
  if (const auto* number = value.if_int64()) return std::to_string(*number);
  if (const auto* number = value.if_uint64()) return std::to_string(*number);
  return {};
}

std::string text_at(const boost::json::object& from, std::string_view name) {
  const boost::json::value* value = from.if_contains(name);
  return value == nullptr ? std::string() : text_of(*value);
}

std::vector<std::string> texts_at(const boost::json::object& from, std::string_view name) {
  std::vector<std::string> texts;
  const boost::json::array* list = array_at(from, name);
  if (list == nullptr) return texts;
  for (const boost::json::value& entry : *list) texts.push_back(text_of(entry));
  return texts;
}

const boost::json::object& fields_of(const boost::json::value& value) {
  const boost::json::object* object = value.if_object();
  return object == nullptr ? no_fields() : *object;
}

const boost::json::object& object_at(const boost::json::object& from, std::string_view name) {
  const boost::json::value* value = from.if_contains(name);
  return value == nullptr ? no_fields() : fields_of(*value);
}

const boost::json::array* array_at(const boost::json::object& from, std::string_view name) {
  const boost::json::value* value = from.if_contains(name);
  return value == nullptr ? nullptr : value->if_array();
}

bool flag_at(const boost::json::object& from, std::string_view name, bool otherwise) {
  const boost::json::value* value = from.if_contains(name);
  const bool* flag = value == nullptr ? nullptr : value->if_bool();
  return flag == nullptr ? otherwise : *flag;
}

std::int64_t count_at(const boost::json::object& from, std::string_view name, std::string& error) {
  const boost::json::value* value = from.if_contains(name);
  if (value == nullptr || value->is_null()) return 0;
  // Nine digits can be added up without a thought; no parcel holds more.
  constexpr std::int64_t count_max = 999'999'999;
  if (const auto* number = value->if_int64(); number != nullptr && *number >= -count_max && *number <= count_max) {
    return *number;
  }
  const std::string text = text_of(*value);
  if (all_digits(text) && text.size() <= 9) return std::stol(text);
  error = std::string(name) + " is not a count";
  return 0;
}

double amount_at(const boost::json::object& from, std::string_view name) {
  const boost::json::value* value = from.if_contains(name);
  if (value == nullptr || !value->is_number()) return 0;
  return value->is_double() ? value->as_double() : value->to_number<double>();
}

}  // namespace backhaul::connectors::shiphero
