#pragma once
// The texts of migrations/*.sql, compiled in by the build.

#include <string_view>

namespace backhaul::store::sqlite {
extern const std::string_view migration_0001_spine_up;
extern const std::string_view migration_0001_spine_down;
extern const std::string_view migration_0002_moves_up;
extern const std::string_view migration_0002_moves_down;
extern const std::string_view migration_0003_packed_bodies_up;
extern const std::string_view migration_0003_packed_bodies_down;
extern const std::string_view migration_0004_looks_up;
extern const std::string_view migration_0004_looks_down;
}  // namespace backhaul::store::sqlite
