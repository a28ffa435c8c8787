#pragma once
// Loop's and ShipHero's signature of a body: base64 of HMAC-SHA256.

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace backhaul::bench::http {

class Signer {
 public:
  explicit Signer(const std::string& secret);
  // 44 characters, valid until the next call.
  [[nodiscard]] std::string_view sign(std::string_view body);

 private:
  std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> keyed_;
  std::array<char, 45> text_{};  // EVP_EncodeBlock ends with a NUL
};

}  // namespace backhaul::bench::http
