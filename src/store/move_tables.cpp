// The tables that are moved, their marks, and their keys as bytes.

#include <fmt/format.h>

#include <array>

#include "store/move.hpp"

namespace backhaul::store {
namespace {

using enum Column::Kind;

constexpr std::array states{std::string_view("none"), std::string_view("arriving"), std::string_view("arrived"),
                            std::string_view("left")};

void put_number(std::string& to, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) to.push_back(static_cast<char>(number >> shift & 0xff));
}

std::uint64_t take_number(std::string_view& from, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes; ++i) number = number << 8 | static_cast<unsigned char>(from.at(i));
  from.remove_prefix(bytes);
  return number;
}

}  // namespace

const std::vector<Table>& moved_tables() {
  static const std::vector<Table> tables{
      {"connections",
       1,
       {{"number"},
        {"id", text},
        {"merchant", text},
        {"vendor", text},
        {"role", text},
        {"name", text},
        {"settings", text},
        {"sealed", bytes},
        {"created_at"},
        {"removed_at"}}},
      {"policies", 2, {{"connection"}, {"version"}, {"body", text}, {"created_at"}}},
      {"maps", 3, {{"connection"}, {"kind", text}, {"source", text}, {"target", text}}},
      {"cursors", 2, {{"connection"}, {"name", text}, {"value", text}}},
      {"setup", 1, {{"one", small}, {"version"}}},
      {"returns",
       1,
       {{"id"},
        {"merchant", text},
        {"subject"},
        {"order_name", text},
        {"state", text},
        {"stage", text},
        {"version"},
        {"body", text},
        {"wake_at"},
        {"created_at"},
        {"updated_at"}}},
      {"subjects",
       1,
       {{"id"},
        {"connection"},
        {"external_id", text},
        {"return_id"},
        {"news"},
        {"last_news"},
        {"parked"},
        {"digest", bytes},
        {"read_digest", text},
        {"read_event"},
        {"digest_event", integer, false}}},
      {"rmas",
       3,
       {{"connection"}, {"return_id"}, {"generation"}, {"external_id", text}, {"reference", text}, {"made_at"}}},
      {"jobs",
       1,
       {{"id"},
        {"return_id"},
        {"connection"},
        {"effect_key", text},
        {"kind", text},
        {"state", text},
        {"priority"},
        {"run_at"},
        {"attempt"},
        {"failures"},
        {"node", text},
        {"lease_until"},
        {"unknown_since"},
        {"work", text},
        {"rule", text},
        {"policy_version"},
        {"causes", text},
        {"decision"},
        {"last_error", text},
        {"created_at"},
        {"ended_at"}}},
      {"attempts",
       1,
       {{"id"},
        {"job"},
        {"number"},
        {"started_at"},
        {"ended_at"},
        {"outcome", text},
        {"code", text},
        {"message", text},
        {"retry_at"}}},
      {"attention",
       3,
       {{"return_id"}, {"connection"}, {"kind", text}, {"why", text}, {"todo", text}, {"since"}, {"times"}}},
      // Before the journal: SQLite's journal repeats what events say.
      {"events",
       1,
       {{"seq"}, {"subject"}, {"kind", text}, {"topic", text}, {"message_id", text}, {"duplicate_of"}, {"at"}}},
      {"journal", 1, {{"seq"}, {"body", bytes}}}};
  return tables;
}

std::string_view to_string(MoveMark::State state) {
  return states.at(static_cast<std::size_t>(state));
}

MoveMark::State move_state(std::string_view text) {
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (states.at(i) == text) return static_cast<MoveMark::State>(i);
  }
  return MoveMark::State::none;
}

std::optional<std::string> closed_by(const MoveMark& mark) {
  if (mark.state == MoveMark::State::arriving) {
    return fmt::format(
        "the move of {} to here is not complete; give the same `backhaul move` again, it goes on where it stopped",
        mark.other);
  }
  if (mark.state == MoveMark::State::left) {
    return fmt::format(
        "it was moved to {} ({}); set store.url of the configuration to that (\"\" for SQLite), or give the same "
        "`backhaul move` with --undo",
        mark.other, to_iso(mark.at));
  }
  return std::nullopt;
}

std::string key_of(const Table& table, const Values& row) {
  std::string key;
  for (std::size_t i = 0; i < table.keys; ++i) {
    if (table.columns[i].is_number()) {
      put_number(key, static_cast<std::uint64_t>(row[i].number), 8);
    } else {
      put_number(key, row[i].bytes.size(), 4);
      key += row[i].bytes;
    }
  }
  return key;
}

Values key_values(const Table& table, std::string_view key) {
  Values values(table.keys);
  for (std::size_t i = 0; i < table.keys; ++i) {
    if (table.columns[i].is_number()) {
      values[i].number = static_cast<std::int64_t>(take_number(key, 8));
    } else {
      const auto size = static_cast<std::size_t>(take_number(key, 4));
      values[i].bytes = key.substr(0, size);
      key.remove_prefix(size);
    }
  }
  return values;
}

}  // namespace backhaul::store
