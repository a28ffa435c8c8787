#pragma once
// The reference an RMA carries, by which it can be found again.

#include <string>

#include "returns/model.hpp"
#include "types/result.hpp"

namespace backhaul::returns {

// Fills a template. `{return_id}`: the source's id; `{order_name}`: without a leading '#'; `{generation}`: "" for the
// first RMA of the return, "-2" for the second. A template without {return_id} gives the same reference for two returns
// of one order, so check_reference refuses it.
[[nodiscard]] std::string make_reference(std::string_view pattern, const ReturnState& state, std::int64_t generation);

[[nodiscard]] Result<void, Problem> check_reference(std::string_view pattern);

}  // namespace backhaul::returns
