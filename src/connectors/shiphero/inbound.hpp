#pragma once
// ShipHero's deliveries: signature, filing, answer (contract 6.3 and 6.4).

#include <memory>
#include <string>

#include "connectors/connector.hpp"

namespace backhaul::connectors::shiphero {

// `secret` is the webhook's shared_signature_secret; with an empty one every signature is wrong.
[[nodiscard]] std::unique_ptr<Inbound> make_shiphero_inbound(std::string secret);

}  // namespace backhaul::connectors::shiphero
