#pragma once
// The one place that says what an answer of Loop's means. Loop answers business refusals with HTTP 200, in seven
// shapes, so the body decides, not the status (contract 1.3).

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/connector.hpp"

namespace backhaul::connectors::loop {

// What was asked, as far as it matters for judging the answer.
struct Call {
  enum class Asked : std::uint8_t { read, effect };
  enum class Good : std::uint8_t {
    body,     // JSON that is no complaint
    truth,    // `true`, or the string "true": a return action that was taken
    nothing,  // any 2xx without a complaint
  };
  Asked asked = Asked::read;
  Good good = Good::body;
  std::string_view scope;  // the key's scope it needs, as Loop Admin labels it
};

// A good answer.
struct Answer {
  boost::json::value body;  // null for an empty one
  std::string raw;
};

//                       read                         effect
//   not sent            retry unreachable            retry unreachable
//   no answer           retry timeout                unknown timeout
//   2xx, complaint      refused, vendor's code or "refused", "not_found" for an unknown return
//   2xx, unexpected     retry garbled_answer         unknown garbled_answer
//   401                 blocked unauthorized: the key is wrong or lacks the scope; Loop does not say which
//   403                 blocked forbidden            refused forbidden when the body is Loop's (a line of another shop)
//   404                 refused not_found; blocked no_such_api when the body is not JSON
//   410                 blocked version_gone
//   408, 5xx            retry                        unknown: it may have taken place
//   429                 retry, throttled, Retry-After or 5 s
//   3xx                 retry redirected
//   other 4xx           refused, vendor's code or the status
// UNEXPECTED_ERROR in any of them is treated as a 500, NOT_AUTHORIZED as a 401. A Retry-After is clamped to 1 s .. 15
// min.
[[nodiscard]] Outcome<Answer> judge(const Call& call, const Result<net::HttpResponse, net::HttpError>& sent, Time now);

// A body that is JSON and no complaint, but not what the contract says.
[[nodiscard]] Failure garbled(Call::Asked asked, std::string_view what);

// Seconds, or an HTTP date, as a wait from `now`, clamped to 1 s .. 15 min. Nothing when it is neither.
[[nodiscard]] std::optional<Millis> parse_retry_after(std::string_view value, Time now);

}  // namespace backhaul::connectors::loop
