#pragma once
// Loop's deliveries as intake sees them. Made by connector.cpp.

#include <memory>
#include <string>

#include "connectors/connector.hpp"

namespace backhaul::connectors::loop {

[[nodiscard]] std::unique_ptr<Inbound> make_loop_inbound(std::string webhook_secret);

}  // namespace backhaul::connectors::loop
