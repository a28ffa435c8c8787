#include "connectors/shiphero/retry_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <optional>

#include "connectors/shiphero/json_fields.hpp"
#include "connectors/shiphero/text.hpp"
#include "connectors/shiphero/waits.hpp"

namespace backhaul::connectors::shiphero {
namespace {

namespace json = boost::json;
using Kind = Failure::Kind;

constexpr std::size_t message_bytes_max = 500;  // Failure::message
constexpr Millis wait_min{1'000};
constexpr Millis retry_after_max{15 * 60 * 1'000};
constexpr Millis time_remaining_max{60 * 60 * 1'000};
constexpr Millis wait_unsaid{30'000};     // half a bucket refills in that time
constexpr Millis wait_after_403{60'000};  // a network block lifts by itself, not soon
constexpr std::string_view renew_token =
    "Make a developer user in ShipHero (My Account > Developer Users) and enter its refresh token here.";

Failure make(Kind kind, std::string code, const std::string& message) {
  return Failure{kind, std::move(code), shown(message, message_bytes_max), std::nullopt, false};
}

Failure throttled(std::string code, const std::string& message, Millis wait) {
  return Failure{Kind::retry, std::move(code), shown(message, message_bytes_max), wait, true};
}

// Whether the effect may have taken place decides between asking again and finding out first.
Kind doubtful(Call call) {
  return call == Call::effect ? Kind::unknown : Kind::retry;
}

Failure of_transport(const net::HttpError& error, const Asked& asked) {
  const std::string words = fmt::format("{}: {}", asked.operation, error.message);
  switch (error.kind) {
    case net::HttpError::Kind::not_sent:
      return make(Kind::retry, "unreachable", words);
    case net::HttpError::Kind::too_large:
      return make(doubtful(asked.call), "too_large", words);
    case net::HttpError::Kind::unknown:
      break;
  }
  return make(doubtful(asked.call), "timeout", words);
}

Failure of_unauthorized(const Asked& asked) {
  if (asked.call == Call::token) {
    return make(Kind::blocked, "token_refused",
                fmt::format("ShipHero refuses the refresh token (HTTP 401). {}", renew_token));
  }
  if (!asked.token_is_fresh) {
    return make(Kind::blocked, "unauthorized",
                fmt::format("{}: ShipHero refuses the token (HTTP 401). {}", asked.operation, renew_token));
  }
  return make(
      Kind::blocked, "account_inactive",
      fmt::format(
          "{}: account inactive: ShipHero gives out tokens for this account and then refuses them (HTTP 401), as it "
          "does for cancelled, suspended or inactive accounts. Have the account made active again in ShipHero; "
          "if it is active, enter a new refresh token (My Account > Developer Users).",
          asked.operation));
}

// ShipHero's tokens come from Auth0, whose word for a refresh token it does not know is "invalid_grant", with status
// 403.
bool says_invalid_grant(const net::HttpResponse& response) {
  return response.body.find("invalid_grant") != std::string::npos;
}

Failure of_status(const net::HttpResponse& response, const Asked& asked) {
  const int status = response.status;
  const std::string code = fmt::format("http_{}", status);
  const std::string words = fmt::format("{}: HTTP {}", asked.operation, status);
  if (status == 401) return of_unauthorized(asked);
  if (status == 429) {
    const auto wait = parse_retry_after(net::find_header(response.headers, "Retry-After"), asked.now);
    return throttled("rate_limited", words, std::clamp(wait.value_or(wait_unsaid), wait_min, retry_after_max));
  }
  if (status >= 500) return make(doubtful(asked.call), code, words);
  if (asked.call == Call::token) {
    if (status == 400 || status == 404 || status == 422 || (status == 403 && says_invalid_grant(response))) {
      return make(Kind::blocked, "token_refused",
                  fmt::format("ShipHero refuses the refresh token (HTTP {}). {}", status, renew_token));
    }
    return make(Kind::retry, code, words);
  }
  if (status == 403) {
    Failure failure =
        make(Kind::retry, code, words + ": refused on the way, not by the account (seen for some networks)");
    failure.wait = wait_after_403;
    return failure;
  }
  if (status == 408) return make(doubtful(asked.call), code, words);
  if (status == 404 || status < 400) return make(Kind::retry, code, words + ": is base_url right?");
  return make(Kind::refused, code, words);
}

// --- GraphQL errors ---

struct VendorError {
  std::string message, request_id, time_remaining;
  std::optional<std::int64_t> code;
  double required_credits = 0, remaining_credits = 0;
  bool from_within = false;  // raised while executing: it has a path, or names its operation
  bool names_operation = false;
  bool names_place = false;  // in the document, as validation errors do
};

VendorError read_error(const json::object& from) {
  VendorError error;
  error.message = text_at(from, "message");
  error.request_id = text_at(from, "request_id");
  error.time_remaining = text_at(from, "time_remaining");
  std::string code = text_at(from, "code");
  if (code.empty()) code = text_at(object_at(from, "extensions"), "code");
  if (all_digits(code) && code.size() <= 9) error.code = std::stol(code);
  error.required_credits = amount_at(from, "required_credits");
  error.remaining_credits = amount_at(from, "remaining_credits");
  error.names_operation = !text_at(from, "operation").empty();
  error.names_place = array_at(from, "locations") != nullptr;
  error.from_within = error.names_operation || array_at(from, "path") != nullptr;
  return error;
}

// Words of an outage. ShipHero's glossary has more codes than are known, so an error with none of the known ones is
// judged by them.
bool speaks_of_outage(std::string_view message) {
  static constexpr std::array<std::string_view, 8> words{"internal", "unexpected error",    "try again",
                                                         "timeout",  "timed out",           "unavailable",
                                                         "deadlock", "something went wrong"};
  const std::string low = lowered(message);
  return std::ranges::any_of(words, [&](std::string_view word) { return low.find(word) != std::string::npos; });
}

// Lower is graver: what a person must mend comes before what time mends, and both before what was wrong with this
// request.
int gravity(const VendorError& error) {
  if (error.code == 7) return 0;
  if (error.code == 30) return 1;
  if (error.code == 5) return 2;
  return 3;
}

Millis credits_wait(const VendorError& error, const Asked& asked) {
  if (const auto said = parse_time_remaining(error.time_remaining))
    return std::clamp(*said, wait_min, time_remaining_max);
  const double missing = error.required_credits - error.remaining_credits;
  if (missing <= 0 || asked.credits_per_second <= 0) return wait_unsaid;
  const double seconds = std::min(std::ceil(missing / asked.credits_per_second), 3600.0);
  return std::clamp(Millis{static_cast<std::int64_t>(seconds * 1000)}, wait_min, time_remaining_max);
}

Failure of_error(const VendorError& error, const Asked& asked, bool executed) {
  const std::string request = error.request_id.empty() ? "" : fmt::format(" [request {}]", shown(error.request_id, 60));
  const std::string words = fmt::format("{}: {}{}", asked.operation, shown(error.message, 300), request);
  if (error.code == 7) {
    return make(Kind::blocked, "missing_scope",
                words + ". Give the developer user this scope in ShipHero, then enter its new refresh token.");
  }
  if (error.code == 30) {
    if (error.required_credits > asked.bucket) return make(Kind::refused, "too_expensive", words);
    return throttled("throttled", words, credits_wait(error, asked));
  }
  if (error.code == 5) return make(Kind::refused, "not_found", words);
  const bool before_execution = !error.code && !executed && !error.from_within;
  if (before_execution && error.names_place) return make(Kind::refused, "schema", words);
  if (speaks_of_outage(error.message)) return make(doubtful(asked.call), "vendor_error", words);
  if (error.code) return make(Kind::refused, fmt::format("shiphero_{}", *error.code), words);
  if (error.names_operation) return make(Kind::refused, "shiphero_error", words);
  if (before_execution) return make(Kind::refused, "schema", words);
  return make(doubtful(asked.call), "vendor_error", words);
}

std::vector<VendorError> read_errors(const json::object& body) {
  std::vector<VendorError> errors;
  const json::array* list = array_at(body, "errors");
  if (list == nullptr) return errors;
  for (const json::value& entry : *list) errors.push_back(read_error(fields_of(entry)));
  return errors;
}

Failure gravest(const std::vector<VendorError>& errors, const Asked& asked, bool executed) {
  const auto by_gravity = [](const VendorError& a, const VendorError& b) { return gravity(a) < gravity(b); };
  return of_error(*std::ranges::min_element(errors, by_gravity), asked, executed);
}

// A mutation's answer that shows what it made or changed, beside request_id and complexity.
bool shows_result(const json::value& found) {
  return std::ranges::any_of(fields_of(found), [](const auto& member) { return member.value().is_object(); });
}

Outcome<json::value> of_body(json::object& body, const Asked& asked) {
  auto* member = body.if_contains("data");
  auto* data = member == nullptr ? nullptr : member->if_object();
  auto* found = data == nullptr ? nullptr : data->if_contains(asked.operation);
  const bool filled = found != nullptr && !found->is_null();
  if (const auto errors = read_errors(body); !errors.empty()) {
    // A mutation that shows its result took place, whatever else could not be shown beside it.
    if (filled && asked.call == Call::effect && shows_result(*found)) return std::move(*found);
    return fail(gravest(errors, asked, data != nullptr && !data->empty()));
  }
  if (filled) return std::move(*found);
  return fail(make(doubtful(asked.call), "no_data",
                   fmt::format("{}: the answer holds neither data nor errors", asked.operation)));
}

}  // namespace

Outcome<json::value> judge(const Result<net::HttpResponse, net::HttpError>& answer, const Asked& asked) {
  if (!answer) return fail(of_transport(answer.error(), asked));
  json::error_code error;
  // Its parts live and end together, so they share a block.
  json::value body = json::parse(answer->body, error, json::make_shared_resource<json::monotonic_resource>());
  const bool readable = !error && body.is_object();
  if (answer->status < 200 || answer->status > 299) {
    // Some GraphQL servers answer an invalid document with 400 and the errors in the body.
    if (readable && answer->status == 400 && asked.call != Call::token) {
      if (const auto errors = read_errors(body.get_object()); !errors.empty())
        return fail(gravest(errors, asked, false));
    }
    return fail(of_status(*answer, asked));
  }
  if (!readable) return fail(garbled(asked.operation, asked.call, "it is not a JSON object"));
  if (asked.call == Call::token) return body;
  return of_body(body.get_object(), asked);
}

Failure garbled(std::string_view operation, Call call, std::string_view why) {
  return make(doubtful(call), "garbled_answer", fmt::format("{}: the answer cannot be read: {}", operation, why));
}

}  // namespace backhaul::connectors::shiphero
