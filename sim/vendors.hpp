#pragma once
// The simulated vendors behind the connector interface: what a connector would be, per life of the hub.

#include "platform.hpp"
#include "warehouse.hpp"

namespace backhaul::sim {

[[nodiscard]] const connectors::Connector& source_entry();
[[nodiscard]] const connectors::Connector& destination_entry();
[[nodiscard]] std::unique_ptr<connectors::Inbound> make_inbound(bool with_message_ids);
[[nodiscard]] std::unique_ptr<connectors::Source> make_source(Stage& stage, Platform& platform, Caller caller);
[[nodiscard]] std::unique_ptr<connectors::Destination> make_destination(Stage& stage, Warehouse& warehouse,
                                                                        Caller caller);

}  // namespace backhaul::sim
