#include "returns/rules.hpp"

#include <fmt/format.h>
extern "C" {
#include <jq.h>  // 1.6 does not say so itself
}

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>
#include <string_view>

namespace backhaul::returns {
namespace {

constexpr std::size_t expression_bytes_max = 4096;  // a screenful; jq compiles it in milliseconds

// Bounded by their input, and free of effects. Keywords of the language are among them, `def`, `reduce`, `foreach`,
// `while`, `until`, `repeat`, `recurse`, `range`, `limit`, `input`, `env` and their kind are not.
constexpr std::array allowed_words{"add",          "all",      "and",        "any",      "as",         "ascii_downcase",
                                   "ascii_upcase", "ceil",     "contains",   "elif",     "else",       "empty",
                                   "end",          "endswith", "error",      "false",    "first",      "flatten",
                                   "floor",        "group_by", "has",        "if",       "in",         "index",
                                   "inside",       "join",     "keys",       "last",     "length",     "ltrimstr",
                                   "map",          "max",      "max_by",     "min",      "min_by",     "not",
                                   "null",         "or",       "round",      "rtrimstr", "select",     "sort",
                                   "sort_by",      "split",    "startswith", "then",     "to_entries", "tonumber",
                                   "tostring",     "true",     "type",       "unique",   "unique_by",  "values",
                                   "with_entries"};

bool is_word_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// The first word used as a function that is not on the list. Field names (after a dot) and variables are no functions;
// object keys are taken for some, so write them in quotes. Strings are skipped, and interpolation in strings is not
// allowed, so they hide nothing.
std::optional<std::string> forbidden_word(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return "a NUL";  // jq would read up to there only
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\' && ++i < text.size() && text[i] == '(') return "\\( ) inside a string";
      }
      // jq loses memory over it.
      if (i >= text.size()) return "\" without an end";
      ++i;
    } else if (c == '#') {
      return "# comment";
    } else if (std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_') {
      const std::size_t start = i;
      while (i < text.size() && is_word_char(text[i])) ++i;
      const auto word = text.substr(start, i - start);
      const bool is_field = start > 0 && (text[start - 1] == '.' || text[start - 1] == '$');
      if (!is_field && std::ranges::find(allowed_words, word) == allowed_words.end()) return std::string(word);
      if (start > 0 && text[start - 1] == '$' && word == "ENV") return "$ENV";
    } else if (c == '@' || text.substr(i, 2) == "..") {
      return c == '@' ? "@ formats" : "..";
    } else {
      ++i;
    }
  }
  return std::nullopt;
}

void collect_error(void* out, jv message) {
  auto& text = *static_cast<std::string*>(out);
  if (text.empty() && jv_get_kind(message) == JV_KIND_STRING) text = jv_string_value(message);
  jv_free(message);
}

// One compiled expression.
class Program {
 public:
  explicit Program(const std::string& expression) : jq_(jq_init()) {
    if (jq_ == nullptr) throw std::bad_alloc{};
    jq_set_error_cb(jq_, collect_error, &error_);
    compiled_ = jq_compile(jq_, expression.c_str()) != 0;
  }
  ~Program() { jq_teardown(&jq_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] bool compiled() const { return compiled_; }
  [[nodiscard]] const std::string& error() const { return error_; }

  // True for a first output other than false and null.
  bool matches(const std::string& json, std::string& error) const {
    jq_start(jq_, jv_parse_sized(json.data(), static_cast<int>(json.size())), 0);
    const jv result = jq_next(jq_);
    bool matched = false;
    if (jv_is_valid(result)) {
      const auto kind = jv_get_kind(result);
      matched = kind != JV_KIND_FALSE && kind != JV_KIND_NULL;
      jv_free(result);
    } else if (jv_invalid_has_msg(jv_copy(result)) != 0) {
      const jv message = jv_invalid_get_msg(result);
      error = jv_get_kind(message) == JV_KIND_STRING ? jv_string_value(message) : "failed";
      jv_free(message);
    } else {
      jv_free(result);
    }
    return matched;
  }

 private:
  jq_state* jq_;
  std::string error_;
  bool compiled_ = false;
};

class JqRules final : public RuleSet {
 public:
  void add(const std::string& name, std::unique_ptr<Program> program) {
    programs_.emplace_back(name, std::move(program));
  }

  std::optional<std::size_t> first_match(const boost::json::object& facts,
                                         std::vector<std::string>& errors) const override {
    const std::string json = boost::json::serialize(facts);
    for (std::size_t i = 0; i < programs_.size(); ++i) {
      const auto& [name, program] = programs_[i];
      if (program == nullptr) return i;
      std::string error;
      if (program->matches(json, error)) return i;
      if (!error.empty()) errors.push_back(fmt::format("rule {}: {}", name, error));
    }
    return std::nullopt;
  }

 private:
  std::vector<std::pair<std::string, std::unique_ptr<Program>>> programs_;  // no program: always
};

}  // namespace

Result<std::shared_ptr<const RuleSet>, Problem> compile_rules(const std::vector<Rule>& rules) {
  auto set = std::make_shared<JqRules>();
  for (const auto& rule : rules) {
    if (rule.when.empty()) {
      set->add(rule.name, nullptr);
      continue;
    }
    if (rule.when.size() > expression_bytes_max) {
      return fail(Problem{fmt::format("rule \"{}\": `when` is longer than {} bytes", rule.name, expression_bytes_max)});
    }
    if (const auto word = forbidden_word(rule.when)) {
      return fail(
          Problem{fmt::format("rule \"{}\": `when` uses `{}`, which is not among the functions rules may use "
                              "(docs/policy.md lists them)",
                              rule.name, *word)});
    }
    auto program = std::make_unique<Program>(rule.when);
    if (!program->compiled()) {
      return fail(Problem{fmt::format("rule \"{}\": `when` is not a jq expression: {}", rule.name, program->error())});
    }
    set->add(rule.name, std::move(program));
  }
  return std::shared_ptr<const RuleSet>(std::move(set));
}

}  // namespace backhaul::returns
