#pragma once
// Bodies as the journal keeps them: long ones as an LZ4 block. A webhook's JSON takes half the bytes then, in the
// write-ahead log, in its copy and on disk (docs/decisions/0012-packed-bodies.md).

#include <cstdint>
#include <string>

struct sqlite3;

namespace backhaul::store::sqlite {

struct Packed {
  std::string bytes;
  std::int64_t from = 0;  // bytes of the text that `bytes` is packed from; 0: `bytes` is the text
};

// Packs a text that is worth it.
[[nodiscard]] Packed pack(std::string text);

// Makes `unpacked(bytes, from)` known to the SQL of this connection: the text that was packed. The statement fails on
// what pack() did not give. Gives SQLite's result code.
[[nodiscard]] int add_unpacked(sqlite3* db);

}  // namespace backhaul::store::sqlite
