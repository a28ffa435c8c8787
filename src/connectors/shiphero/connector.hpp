#pragma once
// ShipHero as a destination: an RMA per return, receipts read back. What it can and cannot do: README.md.

#include "connectors/connector.hpp"

namespace backhaul::connectors::shiphero {

// The entry for connectors/registry.cpp.
[[nodiscard]] const Connector& shiphero_connector();

}  // namespace backhaul::connectors::shiphero
