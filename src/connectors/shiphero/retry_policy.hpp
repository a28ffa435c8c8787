#pragma once
// What an answer of ShipHero means for the call it answers: the one place that decides between done, refused, retry,
// unknown and blocked. Facts: contract 1.5, 2.4, 3.3.
//
//   answer                      read                        effect                    token refresh
//   not sent                    retry unreachable           same                      same
//   sent, no answer             retry timeout               unknown timeout           retry timeout
//   larger than allowed         retry too_large             unknown too_large         retry too_large
//   HTTP 5xx                    retry http_5xx              unknown http_5xx          retry http_5xx
//   HTTP 429                    retry rate_limited (1)      same                      same
//   HTTP 401                    blocked unauthorized (2)    same                      blocked token_refused
//   HTTP 403                    retry http_403 (3)          same                      retry http_403 (3)
//   HTTP 400, 404, 422          as below                    as below                  blocked token_refused
//   HTTP 408                    retry http_408              unknown http_408          retry http_408
//   HTTP 3xx, 404               retry http_nnn              same                      retry http_3xx
//   other HTTP 4xx              refused http_4xx (4)        same                      retry http_4xx
//   no JSON object              retry garbled_answer        unknown garbled_answer    retry garbled_answer
//   error code 7                blocked missing_scope       same
//   error code 30               retry throttled (5)         same
//   error code 5                refused not_found           same
//   no code, before execution   refused schema              same
//   no code, while executing    retry vendor_error          unknown vendor_error
//   words of an outage          retry vendor_error          unknown vendor_error
//   any other error             refused shiphero_n (6)      same
//   errors beside a result      as above                    done
//   data.<operation> null       retry no_data               unknown no_data
//
//   (1) throttled; waits Retry-After, clamped to 1 s .. 15 min, 30 s when absent
//   (2) account_inactive when the token was fetched for this very request
//   (3) seen for network blocks; a refresh whose 403 says "invalid_grant" is token_refused
//   (4) a 400 with GraphQL errors is judged by them
//   (5) throttled; waits time_remaining, clamped to 1 s .. 1 h; refused too_expensive above the bucket's size
//   (6) n is ShipHero's code; shiphero_error without one
//
// Of several errors the gravest counts: 7, then 30, then 5, then the first.

#include <boost/json/value.hpp>
#include <string_view>

#include "connectors/connector.hpp"

namespace backhaul::connectors::shiphero {

enum class Call : std::uint8_t { read, effect, token };

struct Asked {
  std::string_view operation;  // the GraphQL root field; "auth/refresh" for a token
  Call call = Call::read;
  double bucket = 4004;            // credits one operation can ever have
  double credits_per_second = 60;  // for a refusal that does not say how long
  bool token_is_fresh = false;     // this is the repetition after a 401 and a successful refresh
  Time now{};
};

// The value under data.<operation> (of a token refresh: the whole body), or why there is none. Never throws.
[[nodiscard]] Outcome<boost::json::value> judge(const Result<net::HttpResponse, net::HttpError>& answer,
                                                const Asked& asked);

// A well-formed answer in which a field we need is missing or wrong; `why` names it.
[[nodiscard]] Failure garbled(std::string_view operation, Call call, std::string_view why);

}  // namespace backhaul::connectors::shiphero
