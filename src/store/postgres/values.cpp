#include "store/postgres/values.hpp"

#include <endian.h>
#include <libpq-fe.h>

#include <cstdlib>
#include <cstring>

namespace backhaul::store::postgres {
namespace {

// Object identifiers of types, from PostgreSQL's pg_type.dat; they are part of its protocol and do not change.
constexpr std::uint32_t oid_bool = 16;
constexpr std::uint32_t oid_bytea = 17;
constexpr std::uint32_t oid_int8 = 20;
constexpr std::uint32_t oid_text = 25;
constexpr std::uint32_t oid_bool_array = 1'000;
constexpr std::uint32_t oid_bytea_array = 1'001;
constexpr std::uint32_t oid_text_array = 1'009;
constexpr std::uint32_t oid_int8_array = 1'016;

// The length of the UTF-8 sequence `text` begins with; 0 when it begins with none that PostgreSQL takes.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first == 0 ? 0 : 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool surrogate = first == 0xed && byte(1) > 0x9f;
  const bool beyond = first == 0xf4 && byte(1) > 0x8f;
  return overlong || surrogate || beyond ? 0 : length;
}

// How many bytes, from the first, PostgreSQL takes as text.
std::size_t good_length(std::string_view text) {
  std::size_t good = 0;
  while (good < text.size()) {
    const auto length = sequence_length(text.substr(good));
    if (length == 0) break;
    good += length;
  }
  return good;
}

void append_text(std::string& to, std::string_view text) {
  while (!text.empty()) {
    const auto good = good_length(text);
    to.append(text.substr(0, good));
    if (good == text.size()) return;
    to.push_back('?');
    text.remove_prefix(good + 1);
  }
}

bool in_class(const std::string& state, std::string_view name) {
  return state.starts_with(name);
}

}  // namespace

// 57P0x: the server is going away; 25P03: it waited too long for us; 25006: it is not the primary any more.
bool PgError::lost() const {
  return state.empty() || in_class(state, "08") || in_class(state, "57P") || state == "25P03" || state == "25006";
}

// 55P03: a lock was not had in time; whoever asks next would wait as long.
bool PgError::concerns_all() const {
  return lost() || state == "55P03" || in_class(state, "53") || in_class(state, "57") || in_class(state, "58") ||
         in_class(state, "XX");
}

bool PgError::try_again() const {
  return state == "40P01" || state == "40001";
}

Error to_error(const PgError& error) {
  if (error.state == "53100") return {Error::Kind::unavailable, "the database server's disk is full"};
  const bool contradicts = in_class(error.state, "23") || in_class(error.state, "22");
  return {contradicts ? Error::Kind::invalid : Error::Kind::unavailable, error.message};
}

void make_text(std::string& text) {
  std::string cleaned;
  append_text(cleaned, text);
  text = std::move(cleaned);
}

bool is_text(std::string_view text) {
  return good_length(text) == text.size();
}

void Params::begin(std::uint32_t type) {
  types_.push_back(type);
  values_.push_back({.from = bytes_.size()});
}
void Params::end() {
  values_.back().size = bytes_.size() - values_.back().from;
}
void Params::put32(std::uint32_t value) {
  const std::uint32_t wire = htobe32(value);
  bytes_.append(reinterpret_cast<const char*>(&wire), sizeof wire);
}
void Params::put64(std::int64_t value) {
  const std::uint64_t wire = htobe64(static_cast<std::uint64_t>(value));
  bytes_.append(reinterpret_cast<const char*>(&wire), sizeof wire);
}
// dimensions, whether it has NULLs, the elements' type, how many, the first one's index
void Params::begin_array(std::uint32_t type, std::uint32_t element, std::size_t count) {
  begin(type);
  put32(count == 0 ? 0 : 1);
  put32(0);
  put32(element);
  if (count == 0) return;
  put32(static_cast<std::uint32_t>(count));
  put32(1);
}

void Params::add(std::int64_t value) {
  begin(oid_int8);
  put64(value);
  end();
}
void Params::add(bool value) {
  begin(oid_bool);
  bytes_.push_back(value ? 1 : 0);
  end();
}
void Params::add(std::string_view text) {
  begin(oid_text);
  append_text(bytes_, text);
  end();
}
void Params::add(Blob blob) {
  begin(oid_bytea);
  bytes_.append(blob.bytes);
  end();
}

void Params::add(const std::vector<std::int64_t>& values) {
  begin_array(oid_int8_array, oid_int8, values.size());
  for (const auto value : values) {
    put32(8);
    put64(value);
  }
  end();
}
void Params::add(const std::vector<bool>& values) {
  begin_array(oid_bool_array, oid_bool, values.size());
  for (const bool value : values) {
    put32(1);
    bytes_.push_back(value ? 1 : 0);
  }
  end();
}
void Params::add(const std::vector<std::string_view>& values) {
  begin_array(oid_text_array, oid_text, values.size());
  for (const auto value : values) {
    // The length comes first, and is known only when the bytes are checked.
    const auto at = bytes_.size();
    put32(0);
    append_text(bytes_, value);
    const std::uint32_t wire = htobe32(static_cast<std::uint32_t>(bytes_.size() - at - 4));
    std::memcpy(bytes_.data() + at, &wire, sizeof wire);
  }
  end();
}
void Params::add(const std::vector<std::string>& values) {
  add(std::vector<std::string_view>(values.begin(), values.end()));
}
void Params::add(const std::vector<Blob>& values) {
  begin_array(oid_bytea_array, oid_bytea, values.size());
  for (const auto& value : values) {
    put32(static_cast<std::uint32_t>(value.bytes.size()));
    bytes_.append(value.bytes);
  }
  end();
}

Params::Raw Params::raw() const {
  Raw raw;
  for (const auto& value : values_) {
    raw.values.push_back(value.null ? nullptr : bytes_.data() + value.from);
    raw.lengths.push_back(static_cast<int>(value.size));
    raw.formats.push_back(1);
  }
  return raw;
}

std::int64_t Row::number(int column) const {
  const auto bytes = text(column);
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  // Sign-extends what came in fewer than eight bytes.
  const auto missing = 64 - 8 * static_cast<int>(bytes.size());
  if (bytes.empty() || bytes.size() == 1) return static_cast<std::int64_t>(value);  // 1: a boolean
  return static_cast<std::int64_t>(value << missing) >> missing;
}

std::string_view Row::text(int column) const {
  const auto* result = rows_->get();
  return {PQgetvalue(result, at_, column), static_cast<std::size_t>(PQgetlength(result, at_, column))};
}

bool Row::is_null(int column) const {
  return PQgetisnull(rows_->get(), at_, column) == 1;
}

int Rows::size() const {
  return result_ == nullptr ? 0 : PQntuples(result_.get());
}

std::int64_t Rows::changed() const {
  return result_ == nullptr ? 0 : std::strtoll(PQcmdTuples(result_.get()), nullptr, 10);
}

void Rows::clear(pg_result* result) {
  PQclear(result);
}

}  // namespace backhaul::store::postgres
