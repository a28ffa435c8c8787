#include "connectors/loop/retry_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cstdio>

#include "connectors/loop/complaint.hpp"
#include "connectors/loop/wording.hpp"

namespace backhaul::connectors::loop {
namespace {

namespace json = boost::json;
using Kind = Failure::Kind;

// Loop documents neither Retry-After nor a wait ("pause briefly"); another connector starts at 5 s (contract 1.4).
constexpr Millis wait_after_429{5'000};
constexpr Millis wait_min{1'000};
constexpr Millis wait_max{15 * 60 * 1'000};

constexpr std::size_t message_bytes_max = 500;  // Failure::message

Failure failure(Kind kind, std::string code, std::string_view message) {
  Failure result;
  result.kind = kind;
  result.code = std::move(code);
  result.message = cut_utf8(message, message_bytes_max);
  return result;
}

// For what may or may not have taken place.
Kind undecided(Call::Asked asked) {
  return asked == Call::Asked::read ? Kind::retry : Kind::unknown;
}

Failure lost(Call::Asked asked, const net::HttpError& error) {
  const auto words = presentable(error.message);
  switch (error.kind) {
    case net::HttpError::Kind::not_sent:
      return failure(Kind::retry, "unreachable", "Loop cannot be reached: " + words);
    case net::HttpError::Kind::too_large:
      return failure(undecided(asked), "answer_too_large", "Loop's answer is larger than the hub takes: " + words);
    case net::HttpError::Kind::unknown:
      break;
  }
  return failure(undecided(asked), "timeout", "no answer came from Loop: " + words);
}

Failure unauthorized(const Call& call) {
  return failure(
      Kind::blocked, "unauthorized",
      fmt::format("Loop does not accept the API key, or the key lacks the scope {}. Look in Loop Admin → Returns "
                  "management → Tools & integrations → Developer Tools, and give the hub the key again if it "
                  "was replaced.",
                  call.scope));
}

Failure refusal(const Complaint& complaint, std::string fallback_code, int status) {
  auto words = presentable(complaint.words);
  if (words.empty()) words = fmt::format("Loop refused without a reason (HTTP {})", status);
  auto code = complaint.code.empty() ? std::move(fallback_code) : complaint.code;
  if (names_no_return(complaint)) code = "not_found";
  return failure(Kind::refused, std::move(code), std::move(words));
}

// Complaints that mean the same whatever the status.
std::optional<Failure> common(const Call& call, const Complaint& complaint) {
  if (is_about_the_key(complaint)) return unauthorized(call);
  if (complaint.code == "UNEXPECTED_ERROR") {
    return failure(undecided(call.asked), complaint.code,
                   "Loop had an error of its own: " + presentable(complaint.words));
  }
  return std::nullopt;
}

Failure judge_bad_status(const Call& call, const net::HttpResponse& response, const json::value* body, Time now) {
  const int status = response.status;
  auto code = std::to_string(status);
  const auto complaint = body == nullptr ? Complaint{} : read_complaint(*body);
  if (status == 401) return unauthorized(call);
  const auto wait = parse_retry_after(net::find_header(response.headers, "Retry-After"), now);
  if (status == 429) {
    auto slow = failure(Kind::retry, code, "Loop's rate limit is reached");
    slow.throttled = true;
    slow.wait = wait.value_or(wait_after_429);
    return slow;
  }
  if (status >= 500 || status == 408) {
    auto words = fmt::format("Loop answered {}", status);
    if (!complaint.words.empty()) words += ": " + presentable(complaint.words);
    auto broken = failure(undecided(call.asked), code, words);
    broken.wait = wait;
    return broken;
  }
  if (status < 400) {
    return failure(Kind::retry, "redirected", fmt::format("Loop answered {}; is the API address right?", status));
  }
  if (auto known = common(call, complaint)) return *known;
  const bool said_something = !complaint.words.empty() || !complaint.code.empty();
  if (status == 403 && !(call.asked == Call::Asked::effect && said_something)) {
    return failure(
        Kind::blocked, "forbidden",
        fmt::format("Loop, or a firewall before it, forbids this (HTTP 403); it needs the scope {}", call.scope));
  }
  if (status == 404 && body == nullptr) {
    return failure(Kind::blocked, "no_such_api",
                   "there is no Loop API here (HTTP 404): check the API address and version");
  }
  if (status == 410) {
    return failure(Kind::blocked, "version_gone", "Loop no longer offers this API version: choose a newer one");
  }
  if (status == 403) code = "forbidden";
  if (status == 404) return refusal(Complaint{.code = "not_found", .words = complaint.words}, code, status);
  return refusal(complaint, code, status);
}

bool is_true(const json::value& body) {
  if (const auto* flag = body.if_bool()) return *flag;
  const auto* text = body.if_string();
  return text != nullptr && lower(std::string_view(*text)) == "true";
}

Outcome<Answer> judge_success(const Call& call, const net::HttpResponse& response, json::value* body) {
  if (body == nullptr && call.good != Call::Good::nothing) return fail(garbled(call.asked, "it is not JSON"));
  if (body == nullptr) return Answer{.body = nullptr, .raw = response.body};
  if (is_complaint(*body)) {
    const auto complaint = read_complaint(*body);
    if (auto known = common(call, complaint)) return fail(std::move(*known));
    return fail(refusal(complaint, "refused", response.status));
  }
  if (call.good == Call::Good::truth && !is_true(*body)) {
    if (body->is_bool()) return fail(refusal(Complaint{}, "refused", response.status));
    return fail(garbled(call.asked, "it is neither true nor a refusal"));
  }
  if (call.good == Call::Good::body && body->is_null()) return fail(garbled(call.asked, "it is empty"));
  return Answer{.body = std::move(*body), .raw = response.body};
}

std::optional<Time> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto comma = text.find(", ");
  if (comma == std::string_view::npos || text.size() > 64) return std::nullopt;
  const std::string rest(text.substr(comma + 2));
  int day = 0;
  int year = 0;
  std::array<char, 4> month{};
  std::array<char, 9> clock{};
  if (std::sscanf(rest.c_str(), "%2d %3s %4d %8s GMT", &day, month.data(), &year, clock.data()) != 4)
    return std::nullopt;
  const auto* found = std::find(months.begin(), months.end(), std::string_view(month.data()));
  if (found == months.end()) return std::nullopt;
  return parse_time(fmt::format("{:04}-{:02}-{:02} {}", year, found - months.begin() + 1, day, clock.data()));
}

}  // namespace

Failure garbled(Call::Asked asked, std::string_view what) {
  return failure(undecided(asked), "garbled_answer",
                 presentable(fmt::format("Loop's answer cannot be read: {}", what)));
}

std::optional<Millis> parse_retry_after(std::string_view value, Time now) {
  value = trimmed(value);
  if (value.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (end == value.data() + value.size()) {
    if (error == std::errc::result_out_of_range) return wait_max;
    return std::clamp(Millis{std::clamp<std::int64_t>(seconds, 0, 86'400) * 1'000}, wait_min, wait_max);
  }
  if (const auto date = parse_http_date(value)) return std::clamp(*date - now, wait_min, wait_max);
  return std::nullopt;
}

Outcome<Answer> judge(const Call& call, const Result<net::HttpResponse, net::HttpError>& sent, Time now) {
  if (!sent) return fail(lost(call.asked, sent.error()));
  // Its parts live and end together, so they share a block.
  json::value parsed(json::make_shared_resource<json::monotonic_resource>());
  json::value* body = &parsed;
  if (const auto text = trimmed(sent->body); !text.empty()) {
    boost::system::error_code error;
    parsed = json::parse({text.data(), text.size()}, error, parsed.storage());
    if (error) body = nullptr;
  }
  if (sent->status >= 200 && sent->status < 300) return judge_success(call, *sent, body);
  if (body != nullptr && body->is_null()) body = nullptr;  // says nothing
  return fail(judge_bad_status(call, *sent, body, now));
}

}  // namespace backhaul::connectors::loop
