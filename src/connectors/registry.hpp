#pragma once
// The vendors this build knows. A new one is one line here and one folder beside it.

#include <span>

#include "connectors/connector.hpp"

namespace backhaul::connectors {

[[nodiscard]] std::span<const Connector* const> all_connectors();
// nullptr when there is none.
[[nodiscard]] const Connector* find_connector(std::string_view vendor);

}  // namespace backhaul::connectors
