#pragma once
// Fields of JSON that may be anything: each function has an answer for absent, null and wrongly typed members, and none
// throws. Included by the json*.cpp files and by those that look into answers; it pulls in Boost.JSON.

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/shiphero/types.hpp"

namespace backhaul::connectors::shiphero {

// A member as text: strings as they are, whole numbers in digits, anything else as "".
[[nodiscard]] std::string text_of(const boost::json::value& value);
[[nodiscard]] std::string text_at(const boost::json::object& from, std::string_view name);
[[nodiscard]] std::vector<std::string> texts_at(const boost::json::object& from, std::string_view name);

// The value, or the member, as an object; an empty one when it is none.
[[nodiscard]] const boost::json::object& fields_of(const boost::json::value& value);
[[nodiscard]] const boost::json::object& object_at(const boost::json::object& from, std::string_view name);
// Null when there is no array.
[[nodiscard]] const boost::json::array* array_at(const boost::json::object& from, std::string_view name);

[[nodiscard]] bool flag_at(const boost::json::object& from, std::string_view name, bool otherwise);
// A count: absent and null are 0; anything that is not a whole number of at most nine digits is 0 too and says so in
// `error`.
[[nodiscard]] std::int64_t count_at(const boost::json::object& from, std::string_view name, std::string& error);
// A number of any kind; 0 when there is none.
[[nodiscard]] double amount_at(const boost::json::object& from, std::string_view name);

// Reads `parent.name` as {pageInfo {hasNextPage endCursor} edges [{cursor node}]}. `read_node` turns a json::object
// into Read<T>.
template <class T, class ReadNode>
Read<Connection<T>> read_connection(const boost::json::object& parent, std::string_view name, ReadNode read_node) {
  const boost::json::object& from = object_at(parent, name);
  const boost::json::array* edges = array_at(from, "edges");
  if (edges == nullptr) return fail(std::string(name) + ".edges is missing");
  Connection<T> connection;
  const boost::json::object& page = object_at(from, "pageInfo");
  connection.has_next_page = flag_at(page, "hasNextPage", false);
  connection.end_cursor = text_at(page, "endCursor");
  for (const boost::json::value& edge : *edges) {
    const boost::json::object& entry = fields_of(edge);
    const boost::json::value* node = entry.if_contains("node");
    if (node == nullptr || !node->is_object()) continue;
    Read<T> read = read_node(node->get_object());
    if (!read) return fail(std::move(read.error()));
    connection.edges.push_back({std::move(*read), text_at(entry, "cursor")});
  }
  if (connection.has_next_page && connection.end_cursor.empty()) {
    return fail(std::string(name) + " has a next page and no endCursor");
  }
  return connection;
}

}  // namespace backhaul::connectors::shiphero
