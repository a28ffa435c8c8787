#pragma once
// Signatures of the form base64(HMAC-SHA256(secret, raw body)), as Loop and ShipHero send them with each delivery.
// https://docs.loopreturns.com/webhook-reference/validation, contract loop 5.3; ShipHero's header is named in its
// inbound.cpp.

#include <array>
#include <memory>
#include <string_view>

struct evp_mac_ctx_st;

namespace backhaul::connectors {

// A webhook secret, its key schedule worked out once. For one thread at a time.
class HmacSignature {
 public:
  using Mac = std::array<unsigned char, 32>;

  // The key is the secret's bytes. Throws std::runtime_error when OpenSSL has no HMAC-SHA256.
  explicit HmacSignature(std::string_view secret);

  // Whether `signature` belongs to these bytes. Compares in constant time; a signature of another length or alphabet is
  // a wrong one, and so is every one while the secret is empty. When right, `digest` is the HMAC, else it is left
  // alone.
  [[nodiscard]] bool verify(std::string_view signature, std::string_view body, Mac& digest) const;

  [[nodiscard]] Mac mac(std::string_view body) const;

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> keyed_;
  bool empty_;
};

}  // namespace backhaul::connectors
