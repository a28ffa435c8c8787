#include "cli/toml.hpp"

#include <fmt/format.h>

namespace backhaul::cli {

Result<toml::table, Problem> parse_toml(std::string_view text, const std::string& file) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return fail(Problem{fmt::format("{}:{}: {}", file, error.source().begin.line, error.description())});
  }
}

}  // namespace backhaul::cli
