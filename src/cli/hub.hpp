#pragma once
// The hub as a whole: builds every part, passes references down, and ends them in order.

#include <functional>
#include <memory>
#include <string>

#include "cli/config.hpp"
#include "types/result.hpp"

namespace backhaul::cli {

// Serves until SIGTERM or SIGINT, then drains. `ready` is told the address once deliveries are accepted. The problem
// says why the hub could not start.
[[nodiscard]] Result<void, Problem> run_hub(const Config& config,
                                            const std::function<void(const std::string& url)>& ready);

}  // namespace backhaul::cli
