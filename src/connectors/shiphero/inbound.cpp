#include "connectors/shiphero/inbound.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "connectors/shiphero/settings.hpp"
#include "connectors/shiphero/text.hpp"
#include "connectors/signature.hpp"

namespace backhaul::connectors::shiphero {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view signature_header = "x-shiphero-hmac-sha256";
constexpr std::string_view message_id_header = "X-Shiphero-Message-ID";

// What deliveries are filed under. ShipHero's ids have some 30 characters and its webhook types 25; a body's largest
// string must not become an index entry.
constexpr std::size_t label_bytes_max = 200;

struct Filing {
  std::string webhook_type, return_uuid, return_id;
};

// A string, or a number's digits exactly as written: ids may be longer than a double holds. Null and the rest are "".
simdjson::error_code take_text(ondemand::value value, std::string& into) {
  ondemand::json_type type{};
  if (const auto error = value.type().get(type)) return error;
  if (type == ondemand::json_type::string) {
    std::string_view text;
    if (const auto error = value.get_string().get(text)) return error;
    into = trimmed(text);
  } else if (type == ondemand::json_type::number) {
    into = trimmed(value.raw_json_token());
  }
  return simdjson::SUCCESS;
}

bool is_label(std::string_view text) {
  return text.size() <= label_bytes_max &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// Walks all members of the top-level object, so that a body cut anywhere is noticed.
simdjson::error_code read_filing(std::string_view body, Filing& filing) {
  // One of each per intake thread: simdjson wants padding behind the body, and both keep what they have allocated.
  thread_local ondemand::parser parser;
  thread_local std::string padded;
  padded.assign(body);
  padded.resize(body.size() + simdjson::SIMDJSON_PADDING);

  ondemand::document document;
  const simdjson::padded_string_view view(padded.data(), body.size(), padded.size());
  if (const auto error = parser.iterate(view).get(document)) return error;
  ondemand::object object;
  if (const auto error = document.get_object().get(object)) return error;
  for (auto member : object) {
    std::string_view key;
    if (const auto error = member.unescaped_key().get(key)) return error;
    ondemand::value value;
    if (const auto error = member.value().get(value)) return error;
    std::string* into = key == "webhook_type"  ? &filing.webhook_type
                        : key == "return_uuid" ? &filing.return_uuid
                        : key == "return_id"   ? &filing.return_id
                                               : nullptr;
    if (into == nullptr) continue;
    if (const auto error = take_text(value, *into)) return error;
  }
  // Behind the object there is no location left: anything else there would be one.
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS ? simdjson::SUCCESS
                                                                        : simdjson::TRAILING_CONTENT;
}

class ShipHeroInbound final : public Inbound {
 public:
  explicit ShipHeroInbound(std::string_view secret) : signature_(secret) {}

  bool verify(const Delivery& delivery, std::array<unsigned char, 32>& digest) const override {
    return signature_.verify(trimmed(net::find_header(delivery.headers, signature_header)), delivery.body, digest);
  }

  Result<Routed, std::string> route(const Delivery& delivery) const override {
    const std::string_view body = trimmed(delivery.body);
    if (!body.starts_with('{') || !body.ends_with('}')) return fail(std::string("the body is not a whole JSON object"));
    Filing filing;
    if (const auto error = read_filing(body, filing)) {
      return fail(fmt::format("the body is not a whole JSON object: {}", simdjson::error_message(error)));
    }
    for (const auto& [name, text] : {std::pair<std::string_view, std::string_view>{"return_uuid", filing.return_uuid},
                                     {"return_id", filing.return_id},
                                     {"webhook_type", filing.webhook_type}}) {
      if (!is_label(text)) return fail(fmt::format("{} is longer than {} bytes, or not text", name, label_bytes_max));
    }
    Routed routed;
    if (!filing.return_uuid.empty()) {
      routed.subject = ExternalId{std::move(filing.return_uuid)};
    } else if (all_digits(filing.return_id)) {
      routed.subject = ExternalId{to_global_id("Return", filing.return_id)};
    } else {
      return fail(fmt::format("the body names no return: webhook_type \"{}\" without return_uuid and return_id",
                              shown(filing.webhook_type, 60)));
    }
    routed.topic = filing.webhook_type.empty() ? "unknown" : std::move(filing.webhook_type);
    routed.message_id = trimmed(net::find_header(delivery.headers, message_id_header));
    return routed;
  }

  // The documentation asks for this very body; only the 2xx is known to matter.
  Ack ack() const override { return Ack{"application/json", R"({"code": "200", "Status": "Success"})"}; }

  // ShipHero retries anything but 2xx five times and disables a webhook whose errors persist, whatever the code. So the
  // honest one.
  int status_for_bad_signature() const override { return 401; }

 private:
  HmacSignature signature_;
};

}  // namespace

std::unique_ptr<Inbound> make_shiphero_inbound(std::string secret) {
  return std::make_unique<ShipHeroInbound>(secret);
}

}  // namespace backhaul::connectors::shiphero
