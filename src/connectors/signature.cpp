#include "connectors/signature.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <stdexcept>

namespace backhaul::connectors {
namespace {

constexpr std::size_t encoded_size = 44;  // base64 of 32 bytes

const unsigned char* bytes_of(std::string_view text) {
  // A null pointer would mean "the key as before" to OpenSSL.
  return reinterpret_cast<const unsigned char*>(text.data() == nullptr ? "" : text.data());
}

}  // namespace

void HmacSignature::Free::operator()(evp_mac_ctx_st* context) const {
  EVP_MAC_CTX_free(context);
}

HmacSignature::HmacSignature(std::string_view secret) : empty_(secret.empty()) {
  const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free);
  keyed_.reset(hmac ? EVP_MAC_CTX_new(hmac.get()) : nullptr);
  char sha256[] = "SHA256";
  const OSSL_PARAM with[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
                             OSSL_PARAM_construct_end()};
  if (!keyed_ || EVP_MAC_init(keyed_.get(), bytes_of(secret), secret.size(), with) != 1)
    throw std::runtime_error("OpenSSL offers no HMAC-SHA256");
}

HmacSignature::Mac HmacSignature::mac(std::string_view body) const {
  Mac result{};
  std::size_t size = 0;
  // Without a key: begins anew with the one that is set.
  if (EVP_MAC_init(keyed_.get(), nullptr, 0, nullptr) != 1 ||
      EVP_MAC_update(keyed_.get(), bytes_of(body), body.size()) != 1 ||
      EVP_MAC_final(keyed_.get(), result.data(), &size, result.size()) != 1 || size != result.size())
    throw std::runtime_error("OpenSSL failed to compute an HMAC");
  return result;
}

bool HmacSignature::verify(std::string_view signature, std::string_view body, Mac& digest) const {
  // Anyone can compute an HMAC with an empty key.
  if (empty_ || signature.size() != encoded_size) return false;
  const auto computed = mac(body);
  // Comparing the encoded forms leaves nothing to decode, so nothing malformed to handle.
  std::array<unsigned char, encoded_size + 1> encoded{};  // EVP_EncodeBlock ends with a zero
  EVP_EncodeBlock(encoded.data(), computed.data(), static_cast<int>(computed.size()));
  if (CRYPTO_memcmp(encoded.data(), signature.data(), encoded_size) != 0) return false;
  digest = computed;
  return true;
}

}  // namespace backhaul::connectors
