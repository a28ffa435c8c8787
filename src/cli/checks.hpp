#pragma once
// Checking a connection and showing what was found; shared by connect and doctor.

#include <boost/json/array.hpp>

#include "cli/session.hpp"
#include "connectors/connector.hpp"

namespace backhaul::cli {

[[nodiscard]] async::Task<connectors::CheckReport> check_connection(connections::LivePtr connection);
[[nodiscard]] boost::json::array checks_json(const connectors::CheckReport& report);
void print_checks(const std::string& name, const connectors::CheckReport& report);
void print_checks_or_json(const Globals& globals, const std::string& name, const connectors::CheckReport& report);

}  // namespace backhaul::cli
