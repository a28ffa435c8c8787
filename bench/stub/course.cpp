#include "bench/stub/course.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

namespace backhaul::bench::stub {

namespace {

namespace json = boost::json;

constexpr std::size_t id_digits = 10;

std::string text_at(const json::value& object, std::string_view name) {
  return std::string{object.at(name).as_string()};
}

std::optional<std::int64_t> number_of(std::string_view id) {
  std::int64_t number = 0;
  const auto* end = id.data() + id.size();
  const auto read = std::from_chars(id.data(), end, number);
  if (id.size() != id_digits || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

Course::Delivery::Delivery(const json::value& from)
    : signatures_(std::make_unique<http::Signatures>(text_at(from, "secret"), text_at(from, "body"))),
      request_(std::make_unique<http::SignedRequest>(text_at(from, "path"), text_at(from, "signature_header"),
                                                     *signatures_)) {}

void Course::go_on(const json::value& with) {
  if (goes_on()) throw std::runtime_error("it goes on already");
  const auto deliveries = [&](std::string_view name) {
    std::vector<Delivery> read;
    for (const auto& one : with.at(name).as_array()) read.emplace_back(one);
    return read;
  };
  auto received = deliveries("received");
  auto processed = deliveries("processed");
  const auto delay_ns = with.at("delay_ms").to_number<std::int64_t>() * 1'000'000;
  notifier_ = std::make_unique<Notifier>(with.at("port").to_number<std::uint16_t>(), delay_ns);
  received_ = std::move(received);
  processed_ = std::move(processed);
  delay_ns_ = delay_ns;
}

void Course::rma_made(std::string_view id) {
  const auto number = number_of(id);
  if (!number || !goes_on()) return;
  received_at_ns_.emplace(*number, http::monotonic_ns() + delay_ns_);
  tell(received_, *number);
}

bool Course::is_received(std::string_view id) const {
  const auto number = number_of(id);
  const auto found = number ? received_at_ns_.find(*number) : received_at_ns_.end();
  return found != received_at_ns_.end() && found->second <= http::monotonic_ns();
}

void Course::processed(std::string_view id) {
  const auto number = number_of(id);
  if (!number || !goes_on()) return;
  closed_.insert(*number);
  tell(processed_, *number);
}

bool Course::is_closed(std::string_view id) const {
  const auto number = number_of(id);
  return number && closed_.contains(*number);
}

void Course::tell(std::vector<Delivery>& deliveries, std::int64_t id) {
  for (auto& delivery : deliveries) notifier_->send(delivery.for_id(id));
}

}  // namespace backhaul::bench::stub
