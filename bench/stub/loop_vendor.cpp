#include "bench/stub/loop_vendor.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <stdexcept>

namespace backhaul::bench::stub {

namespace {

namespace json = boost::json;

constexpr std::int64_t first_listed = 9'800'000'001;
constexpr std::string_view id_and_state = R"("id":9000000000,"state":"open")";
constexpr std::string_view open_state = R"(,"state":"open")";
constexpr std::string_view closed_state = R"(,"state":"closed")";
constexpr std::string_view return_path = "/warehouse/return/";

constexpr std::string_view destinations =
    R"({"destinations":[{"id":20417,"type":"warehouse","name":"Main","enabled":true,"provider_location_id":null,)"
    R"("address":{"address1":"1 Dock St","address2":null,"city":"Columbus","state":"OH","zip":"43215",)"
    R"("country":"United States","country_code":"US"}}]})";

bool is_between(std::string_view path, std::string_view start, std::string_view end) {
  return path.starts_with(start) && path.ends_with(end);
}

std::int64_t number_or(std::string_view text, std::int64_t otherwise) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return text.empty() || read.ec != std::errc{} ? otherwise : number;
}

// For counting, a return's own path is the path of all of them.
std::string without_id(std::string_view path) {
  auto verb = path.rfind('/');
  if (!path.starts_with(return_path) || verb < return_path.size()) return std::string{path};
  return std::string{return_path} + "{id}" + std::string{path.substr(verb)};
}

}  // namespace

LoopVendor::LoopVendor(std::string details, std::int64_t listed, Course& course, Ledger& ledger)
    : course_(course), ledger_(ledger), listed_(listed) {
  auto at = details.find(id_and_state);
  if (at == std::string::npos) throw std::runtime_error("the details lack " + std::string{id_and_state});
  before_id_ = details.substr(0, at + std::string_view{"\"id\":"}.size());
  after_state_ = details.substr(at + id_and_state.size());
}

Reply LoopVendor::answer(std::string_view path, const Request& request) {
  ledger_.count("loop " + std::string{request.target.method} + " " + without_id(path));
  bool post = request.target.method == "POST";
  if (path == "/warehouse/return/details") {
    return details_of(http::query_value(request.target.query, "return_id"), request.arrived_ns);
  }
  if (path == "/warehouse/return/list") return list(request.target.query);
  if (path == "/destinations") return {.body = std::string{destinations}};
  if (path.starts_with("/webhooks")) return webhooks(path, request);
  // Loop's way of saying that there are no notes.
  if (is_between(path, return_path, "/notes")) return {.status = 422, .body = "false"};
  if (post && path.starts_with(return_path)) return act(path, request.arrived_ns);
  if (post && path.starts_with("/dispositioning/")) return {.body = "[]"};
  return {.status = 404, .body = R"({"code":"NOT_FOUND","message":"Not found."})"};
}

// Whatever is asked for is done.
Reply LoopVendor::act(std::string_view path, std::int64_t arrived_ns) {
  if (const auto verb = path.rfind('/'); path.substr(verb) == "/process") {
    const auto id = path.substr(return_path.size(), verb - return_path.size());
    ledger_.processes.note(id, arrived_ns);
    course_.processed(id);
  }
  return {.body = "true"};
}

Reply LoopVendor::details_of(std::string_view id, std::int64_t arrived_ns) {
  bool is_number = !id.empty() && id.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_number) return {.body = R"({"error":{"message":"No return found with this ID."}})"};
  const bool closed = course_.is_closed(id);
  if (closed) ledger_.closings.note(id, arrived_ns);
  return {.body = before_id_ + std::string{id} + std::string{closed ? closed_state : open_state} + after_state_};
}

// Whatever the window, all of them are open and have changed in it.
Reply LoopVendor::list(std::string_view query) const {
  const auto from = number_or(http::query_value(query, "cursor"), 0);
  const auto size = number_or(http::query_value(query, "pageSize"), 100);
  const auto to = http::query_value(query, "state") == "open" ? std::min(from + size, listed_) : from;
  std::string rows;
  rows.reserve(static_cast<std::size_t>(to - from) * (before_id_.size() + after_state_.size() + 32));
  for (auto i = from; i < to; ++i)
    rows += (rows.empty() ? "" : ",") + before_id_ + std::to_string(first_listed + i) + std::string{open_state} +
            after_state_;
  const auto next = to < listed_ && to > from ? "\"?cursor=" + std::to_string(to) + "\"" : std::string{"null"};
  return {.body = R"({"returns":[)" + rows + R"(],"nextPageUrl":)" + next + R"(,"previousPageUrl":null})"};
}

Reply LoopVendor::webhooks(std::string_view path, const Request& request) {
  if (request.target.method == "GET") {
    std::string rows;
    for (const auto& webhook : webhooks_) rows += (rows.empty() ? "" : ",") + webhook;
    return {.body = R"({"webhooks":[)" + rows + "]}"};
  }
  // A hub with a new address every run never updates or deletes what it has just made.
  if (path != "/webhooks" || request.target.method != "POST") return {.status = 204, .body = {}};
  json::error_code error;
  auto asked = json::parse({request.body.data(), request.body.size()}, error);
  if (error || !asked.is_object()) return {.status = 422, .body = R"({"message":"Invalid.","errors":{}})"};
  json::object made{{"id", webhooks_.size() + 1}, {"shop_id", 48213}};
  for (const auto& [name, value] : asked.get_object()) made[name] = value;
  webhooks_.push_back(json::serialize(made));
  return {.status = 201, .body = webhooks_.back()};
}

}  // namespace backhaul::bench::stub
