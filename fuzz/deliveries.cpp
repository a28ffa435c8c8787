// Vendors' webhooks: signature, filing, body. The input is a body; each vendor's side gets it.

#include <algorithm>

#include "connectors/loop/inbound.hpp"
#include "connectors/loop/mapping.hpp"
#include "connectors/shiphero/auth.hpp"
#include "connectors/shiphero/inbound.hpp"
#include "connectors/shiphero/mapping.hpp"
#include "connectors/signature.hpp"
#include "fuzz.hpp"

using namespace backhaul;
using namespace backhaul::connectors;
using namespace backhaul::fuzz;

namespace {

constexpr const char* secret = "whsec-3f9a";

void check_signatures(const Inbound& inbound, const std::string& header, std::string_view body) {
  const auto mac = HmacSignature(secret).mac(body);
  const auto right = shiphero::to_base64({reinterpret_cast<const char*>(mac.data()), mac.size()});
  std::array<unsigned char, 32> digest{};
  net::Headers headers{{header, right}};
  check(inbound.verify({headers, body}, digest), "the right signature is accepted");
  check(digest == mac, "a digest tells bodies apart");

  digest = {};
  std::string changed(body);
  changed += ' ';
  check(!inbound.verify({headers, changed}, digest), "a signature covers every byte");
  // The input as a signature: any length, any bytes.
  headers = {{header, std::string(body)}};
  check(body == right || !inbound.verify({headers, body}, digest), "a wrong signature is refused");
  headers = {{header, right.substr(0, body.size() % right.size())}};
  check(!inbound.verify({headers, body}, digest), "a part of a signature is refused");
  check(!inbound.verify({{}, body}, digest), "no signature is refused");
  check(digest == std::array<unsigned char, 32>{}, "a refused delivery has no digest");
}

void check_filing(const Inbound& inbound, std::string_view body) {
  const net::Headers headers{{"X-Shiphero-Message-ID", " m-1 "}};
  const auto routed = inbound.route({headers, body});
  if (!routed) {
    check_words(routed.error());
    const bool given_away = body.find(secret) != std::string_view::npos;
    check(given_away || routed.error().find(secret) == std::string::npos, "an error repeats no secret");
    return;
  }
  const auto& subject = routed->subject.value;
  check(!subject.empty() && subject.size() <= 200, "a delivery is filed under something short");
  check(!routed->topic.empty() && routed->topic.size() <= 200, "a topic is short");
  check(std::ranges::none_of(subject + routed->topic, is_control), "what it is filed under can be shown");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = view(data, size);
  static const auto loop_inbound = loop::make_loop_inbound(secret);
  static const auto shiphero_inbound = shiphero::make_shiphero_inbound(secret);
  check_signatures(*loop_inbound, "X-Loop-Signature", body);
  check_signatures(*shiphero_inbound, "x-shiphero-hmac-sha256", body);
  check_filing(*loop_inbound, body);
  check_filing(*shiphero_inbound, body);

  if (const auto delivery = loop::read_delivery(body)) {
    const auto hint = loop::to_hint(*delivery);
    check(hint.message.find(personal) == std::string::npos, "a failure's words hold nothing personal");
  } else {
    check_words(delivery.error());
  }
  if (const auto update = shiphero::read_return_update(body)) {
    (void)shiphero::normalise_status(update->status);
  } else {
    check_words(update.error());
  }
  return 0;
}
