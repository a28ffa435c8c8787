#pragma once
// The SQLite file as one side of a move. The caller holds the data folder's lock, so no hub uses it.

#include <filesystem>
#include <memory>

#include "store/move.hpp"

namespace backhaul::store {

// Opens or creates the file and brings its schema up to date. The problem says what to do.
[[nodiscard]] Result<std::unique_ptr<MovableStore>, Problem> open_sqlite_to_move(const std::filesystem::path& file);

}  // namespace backhaul::store
