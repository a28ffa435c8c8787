#include "connectors/loop/inbound.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "connectors/loop/wording.hpp"
#include "connectors/signature.hpp"

namespace backhaul::connectors::loop {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t id_bytes_max = 64;  // ids have 18 digits at most; older label requests are UUIDs of 36 characters
constexpr std::size_t topic_bytes_max = 128;  // the longest documented trigger has 25

struct Fields {
  std::string topic;
  std::string trigger;
  std::string id;
  std::string return_id;
};

// simdjson wants room to read past the end. One buffer per thread: intake has few threads and bounds its bodies.
simdjson::padded_string_view padded(std::string_view body) {
  thread_local std::string buffer;
  buffer.assign(body);
  buffer.append(simdjson::SIMDJSON_PADDING, ' ');
  return simdjson::padded_string_view(buffer.data(), body.size(), buffer.size());
}

std::string wrong(std::string_view what, simdjson::error_code error) {
  return fmt::format("{}: {}", what, simdjson::error_message(error));
}

bool is_printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; });
}

// Text or whole number, as text with every digit; empty for null, "" and "N/A"; an error for what names nothing.
Result<std::string, std::string> take_id(std::string_view name, ondemand::value& value) {
  ondemand::json_type type{};
  if (const auto error = value.type().get(type)) return fail(wrong(name, error));
  if (type == ondemand::json_type::null) return std::string();
  std::string_view text;
  if (type == ondemand::json_type::string) {
    if (const auto error = value.get_string().get(text)) return fail(wrong(name, error));
    if (text.empty() || text == "N/A") return std::string();
  } else if (type == ondemand::json_type::number) {
    text = trimmed(value.raw_json_token());
    if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      return fail(fmt::format("{} is not a whole number", name));
    }
  } else {
    return fail(fmt::format("{} is neither text nor a number", name));
  }
  if (text.size() > id_bytes_max || !is_printable(text)) return fail(fmt::format("{} is not an id", name));
  return std::string(text);
}

Result<std::string, std::string> take_topic(std::string_view name, ondemand::value& value) {
  if (bool null = false; value.is_null().get(null) == simdjson::SUCCESS && null) return std::string();
  std::string_view text;
  if (const auto error = value.get_string().get(text)) return fail(wrong(name, error));
  if (text.size() > topic_bytes_max || !is_printable(text)) return fail(fmt::format("{} is not a topic", name));
  return std::string(text);
}

Result<void, std::string> take_field(ondemand::field& field, Fields& fields) {
  std::string_view name;
  if (const auto error = field.unescaped_key().get(name)) return fail(wrong("a field's name", error));
  std::string* target = nullptr;
  if (name == "topic") target = &fields.topic;
  if (name == "trigger") target = &fields.trigger;
  if (name == "id") target = &fields.id;
  if (name == "return_id") target = &fields.return_id;
  if (target == nullptr) return {};
  const bool is_topic = target == &fields.topic || target == &fields.trigger;
  // The name lives in the parser's string buffer, which taking the value leaves alone.
  auto text = is_topic ? take_topic(name, field.value()) : take_id(name, field.value());
  if (!text) return fail(std::move(text.error()));
  *target = std::move(*text);
  return {};
}

Result<Fields, std::string> take_fields(std::string_view body) {
  const auto content = trimmed(body);
  if (content.empty()) return fail(std::string("the body is empty"));
  if (content.front() != '{') return fail(std::string("the body does not begin with {"));
  if (content.back() != '}')
    return fail(fmt::format("the body is cut off: its {} bytes do not end with }}", body.size()));

  thread_local ondemand::parser parser;
  ondemand::document document;
  if (const auto error = parser.iterate(padded(content)).get(document))
    return fail(wrong("the body is not JSON", error));
  ondemand::object object;
  if (const auto error = document.get_object().get(object)) return fail(wrong("the body is not an object", error));
  Fields fields;
  // To the end, not to the last field wanted: that is what finds a body cut off inside a nested object.
  for (auto element : object) {
    ondemand::field field;
    if (const auto error = std::move(element).get(field)) return fail(wrong("the body is broken", error));
    auto taken = take_field(field, fields);
    if (!taken) return fail(std::move(taken.error()));
  }
  // There is nowhere to be once everything has been read.
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::SUCCESS) {
    return fail(std::string("the body goes on after its object"));
  }
  return fields;
}

// Which return a delivery is about (contract 5.4). Only topics `return` and `restock` are known to mean the return by
// `id`; in `label`, `id` and `return_id` are the same thing in two spellings; elsewhere `id` is the thing's own.
std::string subject_of(const Fields& fields) {
  if (fields.topic == "return" || fields.topic == "restock") return fields.id.empty() ? fields.return_id : fields.id;
  if (!fields.return_id.empty()) return fields.return_id;
  const bool id_is_its_own =
      fields.topic == "return.processing" || fields.topic == "label.request" || fields.topic == "giftcard";
  return id_is_its_own ? std::string() : fields.id;
}

class LoopInbound final : public Inbound {
 public:
  explicit LoopInbound(std::string_view secret) : signature_(secret) {}

  bool verify(const Delivery& delivery, std::array<unsigned char, 32>& digest) const override {
    return signature_.verify(trimmed(net::find_header(delivery.headers, "X-Loop-Signature")), delivery.body, digest);
  }

  Result<Routed, std::string> route(const Delivery& delivery) const override {
    auto fields = take_fields(delivery.body);
    if (!fields) return fail(std::move(fields.error()));
    auto subject = subject_of(*fields);
    auto& topic = fields->trigger.empty() ? fields->topic : fields->trigger;
    if (topic.empty()) return fail(std::string("neither trigger nor topic is given"));
    if (subject.empty()) return fail(fmt::format("no return id in a delivery of topic {}", presentable(topic)));
    return Routed{.subject = ExternalId{std::move(subject)}, .topic = std::move(topic), .message_id = {}};
  }

  Ack ack() const override { return {.content_type = "application/json", .body = R"({"received":true})"}; }

  // Loop never sends again after 400, 401, 403, 404 or 405 (contract 5.2), and the usual cause of a wrong signature is
  // a secret that was changed in Loop and not here yet. 503 makes it try five more times, which leaves time to repair
  // that.
  int status_for_bad_signature() const override { return 503; }

 private:
  HmacSignature signature_;
};

}  // namespace

std::unique_ptr<Inbound> make_loop_inbound(std::string webhook_secret) {
  return std::make_unique<LoopInbound>(webhook_secret);
}

}  // namespace backhaul::connectors::loop
