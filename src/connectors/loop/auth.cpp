#include "connectors/loop/auth.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <climits>

#include "connectors/loop/wording.hpp"

namespace backhaul::connectors::loop {

bool verify_signature(std::string_view secret, std::string_view signature, std::string_view body,
                      std::array<unsigned char, 32>& digest) {
  constexpr std::size_t encoded_size = 44;  // base64 of 32 bytes
  signature = trimmed(signature);
  // Anyone can compute an HMAC with an empty key.
  if (secret.empty() || secret.size() > INT_MAX || signature.size() != encoded_size) return false;

  std::array<unsigned char, EVP_MAX_MD_SIZE> computed{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(body.data()), body.size(), computed.data(), &size) == nullptr ||
      size != digest.size()) {
    return false;
  }
  // Comparing the encoded forms leaves nothing to decode, so nothing malformed to handle.
  std::array<unsigned char, encoded_size + 1> encoded{};
  EVP_EncodeBlock(encoded.data(), computed.data(), static_cast<int>(size));
  if (CRYPTO_memcmp(encoded.data(), signature.data(), encoded_size) != 0) return false;
  std::copy_n(computed.begin(), digest.size(), digest.begin());
  return true;
}

}  // namespace backhaul::connectors::loop
