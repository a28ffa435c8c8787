#include "returns/numbering.hpp"

#include <fmt/format.h>

namespace backhaul::returns {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::string make_reference(std::string_view pattern, const ReturnState& state, std::int64_t generation) {
  std::string_view order = state.view.order_name;
  if (order.starts_with('#')) order.remove_prefix(1);
  const std::string suffix = generation > 1 ? fmt::format("-{}", generation) : "";
  std::string reference(pattern);
  replace_all(reference, "{order_name}", order);
  if (pattern.find("{generation}") == std::string_view::npos) reference += suffix;
  replace_all(reference, "{generation}", suffix);
  // Last, so that a source id can never be taken for a template.
  replace_all(reference, "{return_id}", state.source_id.value);
  return reference;
}

Result<void, Problem> check_reference(std::string_view pattern) {
  if (pattern.find("{return_id}") == std::string_view::npos) {
    return fail(Problem{fmt::format(
        "reference = \"{}\": must contain {{return_id}}; an order can have several returns, and each needs its own",
        pattern)});
  }
  return {};
}

}  // namespace backhaul::returns
