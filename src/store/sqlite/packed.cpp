#include "store/sqlite/packed.hpp"

#include <lz4.h>
#include <sqlite3.h>

namespace backhaul::store::sqlite {
namespace {

// Below this the few bytes saved are not worth the time.
constexpr std::size_t packed_at_least = 512;

void unpacked(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(values[0]));
  const int size = sqlite3_value_bytes(values[0]);
  const auto from = sqlite3_value_int64(values[1]);
  if (from == 0) return sqlite3_result_value(context, values[0]);
  if (from < 0 || from > LZ4_MAX_INPUT_SIZE) return sqlite3_result_error(context, "a packed body says no size", -1);
  auto* text = static_cast<char*>(sqlite3_malloc64(static_cast<sqlite3_uint64>(from)));
  if (text == nullptr) return sqlite3_result_error_nomem(context);
  if (LZ4_decompress_safe(bytes, text, size, static_cast<int>(from)) != from) {
    sqlite3_free(text);
    return sqlite3_result_error(context, "a packed body is damaged", -1);
  }
  sqlite3_result_blob64(context, text, static_cast<sqlite3_uint64>(from), sqlite3_free);
}

}  // namespace

Packed pack(std::string text) {
  if (text.size() < packed_at_least || text.size() > LZ4_MAX_INPUT_SIZE) return {.bytes = std::move(text)};
  const auto size = static_cast<int>(text.size());
  std::string bytes(static_cast<std::size_t>(LZ4_compressBound(size)), '\0');
  const int packed = LZ4_compress_default(text.data(), bytes.data(), size, static_cast<int>(bytes.size()));
  // What hardly shrinks is kept as it is, and readable.
  if (packed <= 0 || packed > size - size / 8) return {.bytes = std::move(text)};
  bytes.resize(static_cast<std::size_t>(packed));
  return {.bytes = std::move(bytes), .from = size};
}

int add_unpacked(sqlite3* db) {
  return sqlite3_create_function_v2(db, "unpacked", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nullptr,
                                    unpacked, nullptr, nullptr, nullptr);
}

}  // namespace backhaul::store::sqlite
