#pragma once
// Reads just enough of a GraphQL request to know what is asked: the fields at the top level and their arguments. What
// is selected below them is not looked at; the stub answers with more than anyone selects.

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace backhaul::bench::stub {

struct TopField {
  std::string key;        // under which `data` must hold the answer: the alias, or the name
  std::string_view name;  // points into the query
  std::string_view arguments;
};

// The top-level fields of the first operation, in order. Strings, comments and nested braces are passed over.
[[nodiscard]] std::vector<TopField> top_fields(std::string_view query);

// The value of an argument: a literal string, an input object, or the variable it names. Null when absent, and for
// literals of other types.
[[nodiscard]] boost::json::value argument(const TopField& field, std::string_view name,
                                          const boost::json::value& variables);

// `argument` when it is a string or a number; empty otherwise.
[[nodiscard]] std::string text_argument(const TopField& field, std::string_view name,
                                        const boost::json::value& variables);

// The value at `name` of an object when it is a string; empty otherwise.
[[nodiscard]] std::string text_of(const boost::json::value& object, std::string_view name);

}  // namespace backhaul::bench::stub
