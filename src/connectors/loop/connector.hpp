#pragma once
// The entry of Loop Returns in the list of connectors (connectors/registry.cpp).

#include "connectors/connector.hpp"

namespace backhaul::connectors::loop {

[[nodiscard]] const Connector& loop_connector();

}  // namespace backhaul::connectors::loop
