#pragma once
// A vendor's answer as an input: the first line says "<status> <read, effect, token> <what was asked> <Retry-After>",
// the rest is the body. Reproducers can be read, and written, by hand.

#include "connectors/connector.hpp"
#include "fuzz.hpp"

namespace backhaul::fuzz {

struct Answer {
  std::string_view kind;
  std::string_view what;
  net::HttpResponse response;
};

inline Answer take_answer(std::string_view input) {
  auto line = take_until(input, '\n');
  Answer answer;
  answer.response.status = std::atoi(std::string(take_until(line, ' ')).c_str());
  answer.kind = take_until(line, ' ');
  answer.what = take_until(line, ' ');
  answer.response.headers.emplace_back("Retry-After", std::string(line));
  answer.response.body = input;
  return answer;
}

// What connector.hpp promises of every failure.
inline void check_failure(const connectors::Failure& failure) {
  check_words(failure.message);
  check(failure.message.size() <= 500, "a failure's words are at most 500 bytes");
  check(!failure.code.empty() && failure.code.size() <= 100, "a failure has a short code");
  check(failure.code.find(personal) == std::string::npos, "a code holds nothing personal");
  check(!failure.wait || (*failure.wait >= Millis{1'000} && *failure.wait <= Millis{3'600'000}), "a wait is bounded");
}

}  // namespace backhaul::fuzz
