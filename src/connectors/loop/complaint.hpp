#pragma once
// Loop's ways of saying no: the shapes of contract 1.3, read into one.

#include <boost/json/fwd.hpp>
#include <string>

namespace backhaul::connectors::loop {

struct Complaint {
  std::string code;   // Loop's; empty in shapes without one
  std::string words;  // Loop's, as they came
};

// Whether the body of a 2xx answer is a refusal: `error` or `errors` that hold something, or `message` or `content` in
// an object without any field of a good answer (so that a new field `message` in a return does not turn every read into
// a refusal).
[[nodiscard]] bool is_complaint(const boost::json::value& body);

// Finds code and words in any of the shapes; empty when there are none.
//   {"error":{"code","http_code","message"}}   http_code is the code: Loop has the two names swapped
//   {"errors":"words"}   {"errors":{"message","code"}}   {"errors":[{"message"}]}   {"errors":{"code"}}
//   {"message","errors":{"<field>":["words"]}}   {"error":{"message"}}   {"code","message"}   {"message"}   {"content"}
[[nodiscard]] Complaint read_complaint(const boost::json::value& body);

// Loop has no code for an unknown return, only the words "No return found with this ID.".
[[nodiscard]] bool names_no_return(const Complaint& complaint);
// NOT_AUTHORIZED, GEN-UNAUTHORIZED, or the newest spec's bare "Unauthorized.".
[[nodiscard]] bool is_about_the_key(const Complaint& complaint);

}  // namespace backhaul::connectors::loop
