#include "bench/stub/course.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <optional>

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
  const auto deliveries = [&](std::string_view name) {
    std::vector<Delivery> read;
    for (const auto& one : with.at(name).as_array()) read.emplace_back(one);
    return read;
  };
  received_ = deliveries("received");
  processed_ = deliveries("processed");
  const auto delay_ns = with.at("delay_ms").to_number<std::int64_t>() * 1'000'000;
  notifier_ = std::make_unique<Notifier>(with.at("port").to_number<std::uint16_t>(), delay_ns);
}

void Course::rma_made(std::string_view id) {
  if (const auto number = number_of(id)) tell(received_, *number);
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
  if (!goes_on()) return;
  for (auto& delivery : deliveries) notifier_->send(delivery.for_id(id));
}

}  // namespace backhaul::bench::stub
