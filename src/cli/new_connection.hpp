#pragma once
// A connection as it is stored, from the values of its vendor's fields.

#include <boost/json/object.hpp>
#include <string>

#include "cli/session.hpp"
#include "connections/metadata.hpp"

namespace backhaul::cli {

struct StoredConnection {
  store::Connection row;
  connections::Secrets secrets;
};

// A new row with an id and an inbound address of its own; settings and secrets are filled in by `fill_in`.
[[nodiscard]] StoredConnection new_connection(Session& session, const connectors::Connector& connector,
                                              std::string merchant, std::string name);

// Sorts the values of the fields into settings and secrets and seals the latter. The problem names the field.
[[nodiscard]] Result<void, Problem> fill_in(const Session& session, StoredConnection& into,
                                            const connections::Metadata& metadata, const boost::json::object& values);

}  // namespace backhaul::cli
