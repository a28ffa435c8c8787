#pragma once
// Sends signed deliveries over kept-alive connections, one request under way per connection, and takes down how each
// ended.
//
// Closed loop (rate 0): every connection sends its next request when the last is answered; measures how much the server
// can take. Open loop: requests fall due at a fixed rate whether or not the server keeps up, and latency counts from
// the due time, so a server that stalls pays for everyone who would have come meanwhile (no coordinated omission).

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/http/signed_request.hpp"

namespace backhaul::bench {

struct Plan {
  std::uint16_t port = 0;
  int connections = 64;
  double rate = 0;  // per second; 0: closed loop
  double seconds = 8;
  double warmup_seconds = 1;  // sent and answered, but not counted
  std::int64_t count = 0;     // end after so many requests, warm-up among them; 0: only by time
  std::int64_t first_id = 9'000'000'001;
};

// One counted request; CLOCK_MONOTONIC. `due` and `sent` differ when all connections were busy or we woke late.
struct Sent {
  std::int64_t id = 0;
  std::int64_t due_ns = 0;
  std::int64_t sent_ns = 0;
  std::int64_t answered_ns = 0;  // 0: no answer came
  int status = 0;
};

struct Tally {
  std::vector<Sent> requests;  // all that fell due in the counted time
  std::int64_t accepted = 0;   // answered 200
  std::map<int, std::int64_t> other_statuses;
  std::int64_t unanswered = 0;  // the connection broke, or five seconds after the end were not enough
  std::int64_t connections_lost = 0;
  double elapsed_seconds = 0;  // of the counted time, up to the last answer
};

// Sends the requests in turn. Runs for warmup + seconds, and at most five seconds more for answers still out. Throws
// std::system_error when the server cannot be reached.
[[nodiscard]] Tally generate_load(const Plan& plan, std::vector<http::SignedRequest>& requests);

}  // namespace backhaul::bench
