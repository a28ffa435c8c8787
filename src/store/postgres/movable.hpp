#pragma once
// The PostgreSQL database as one side of a move.

#include <memory>
#include <string>

#include "store/move.hpp"

namespace backhaul::store {

// Connects, brings the schema up to date, and keeps other moves away. The problem says what to do.
[[nodiscard]] Result<std::unique_ptr<MovableStore>, Problem> open_postgres_to_move(const std::string& url);

}  // namespace backhaul::store
