#pragma once
// Loop's signatures: header X-Loop-Signature = base64(HMAC-SHA256(key, raw body)), the key being the bytes of the
// webhook secret as Loop Admin shows it.  https://docs.loopreturns.com/webhook-reference/validation, contract 5.3

#include <array>
#include <string_view>

namespace backhaul::connectors::loop {

// Whether `signature`, the header's value, belongs to these bytes. Compares in constant time; a malformed or missing
// header is a wrong signature, and so is everything while `secret` is empty. When right, `digest` is the HMAC, else it
// is left alone.
[[nodiscard]] bool verify_signature(std::string_view secret, std::string_view signature, std::string_view body,
                                    std::array<unsigned char, 32>& digest);

}  // namespace backhaul::connectors::loop
