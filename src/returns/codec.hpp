#pragma once
// The core's values as JSON, for the store. Absent fields keep their defaults, so that a state written by an older
// version reads.

#include <string>
#include <string_view>

#include "returns/effect.hpp"
#include "returns/model.hpp"
#include "types/result.hpp"

namespace backhaul::returns {

[[nodiscard]] std::string encode(const ReturnState& state);
[[nodiscard]] std::string encode(const Work& work);
[[nodiscard]] std::string encode(const SourceView& view);
[[nodiscard]] std::string encode(const Receipt& receipt);

// The error says what is malformed; these are our own bytes, so it means damage or a newer version's data.
[[nodiscard]] Result<ReturnState, Problem> decode_state(std::string_view json);
[[nodiscard]] Result<Work, Problem> decode_work(std::string_view json);
[[nodiscard]] Result<SourceView, Problem> decode_view(std::string_view json);
[[nodiscard]] Result<Receipt, Problem> decode_receipt(std::string_view json);

}  // namespace backhaul::returns
