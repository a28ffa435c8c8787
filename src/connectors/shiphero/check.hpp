#pragma once
// The connection's self-test: token, permissions, warehouses, returns, webhooks. Reads only.

#include "connectors/shiphero/client.hpp"

namespace backhaul::connectors::shiphero {

// As Destination::check. What failed to be asked is an item too; it never ends early except without a token, when
// nothing else can be asked. The graphql, client and settings must outlive the task.
[[nodiscard]] async::Task<CheckReport> check_connection(GraphQl& graphql, Client& client, const Settings& settings,
                                                        bool secret_known);

}  // namespace backhaul::connectors::shiphero
