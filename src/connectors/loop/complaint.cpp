#include "connectors/loop/complaint.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <string_view>

#include "connectors/loop/wording.hpp"

namespace backhaul::connectors::loop {
namespace {

namespace json = boost::json;

constexpr std::size_t code_bytes_max = 64;

bool holds_something(const json::value* value) {
  if (value == nullptr || value->is_null()) return false;
  if (const auto* flag = value->if_bool()) return *flag;
  if (const auto* text = value->if_string()) return !text->empty();
  if (const auto* list = value->if_array()) return !list->empty();
  if (const auto* object = value->if_object()) return !object->empty();
  return true;
}

std::string string_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr) return {};
  if (const auto* text = value->if_string()) return std::string(*text);
  if (const auto* number = value->if_int64()) return std::to_string(*number);
  return {};
}

void add_words(std::string& words, std::string_view more) {
  if (more.empty() || words.size() > 2'000) return;  // far beyond what is kept; bounds a hostile body
  if (!words.empty()) words += ' ';
  words += more;
}

// Words anywhere in a list or in a map of fields to lists: what Laravel's validation answers with.
void collect(std::string& words, const json::value& value) {
  if (const auto* text = value.if_string()) add_words(words, std::string_view(*text));
  if (const auto* list = value.if_array()) {
    for (const auto& element : *list) collect(words, element);
  }
  if (const auto* object = value.if_object()) {
    for (const auto& field : *object) collect(words, field.value());
  }
}

void read_code(std::string& code, const json::object& object) {
  if (!code.empty()) return;
  code = string_at(object, "http_code");
  if (code.empty()) code = string_at(object, "code");
  code = presentable(cut_utf8(code, code_bytes_max));
}

void read_inner(Complaint& complaint, const json::value* inner) {
  if (inner == nullptr) return;
  const auto* object = inner->if_object();
  if (object != nullptr && (object->contains("message") || object->contains("code"))) {
    read_code(complaint.code, *object);
    add_words(complaint.words, string_at(*object, "message"));
    return;
  }
  collect(complaint.words, *inner);
}

}  // namespace

bool is_complaint(const json::value& body) {
  const auto* object = body.if_object();
  if (object == nullptr) return false;
  if (holds_something(object->if_contains("error")) || holds_something(object->if_contains("errors"))) return true;
  constexpr std::array<std::string_view, 7> good = {"id",    "returns", "webhooks",    "notes",
                                                    "items", "data",    "destinations"};
  if (std::any_of(good.begin(), good.end(), [&](auto name) { return object->contains(name); })) return false;
  return holds_something(object->if_contains("message")) || holds_something(object->if_contains("content"));
}

Complaint read_complaint(const json::value& body) {
  Complaint complaint;
  const auto* object = body.if_object();
  if (object == nullptr) return complaint;
  add_words(complaint.words, string_at(*object, "message"));
  read_inner(complaint, object->if_contains("error"));
  read_inner(complaint, object->if_contains("errors"));
  read_code(complaint.code, *object);
  if (complaint.words.empty()) add_words(complaint.words, string_at(*object, "content"));
  return complaint;
}

bool names_no_return(const Complaint& complaint) {
  return complaint.code == "NOT_FOUND" || lower(complaint.words).find("no return found") != std::string::npos;
}

bool is_about_the_key(const Complaint& complaint) {
  return complaint.code == "NOT_AUTHORIZED" || complaint.code == "GEN-UNAUTHORIZED" ||
         lower(trimmed(complaint.words)).starts_with("unauthorized");
}

}  // namespace backhaul::connectors::loop
