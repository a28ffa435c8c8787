#include "bench/http/hmac.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <stdexcept>

namespace backhaul::bench::http {

namespace {

auto make_keyed(const std::string& secret) {
  std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> hmac{EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free};
  std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context{EVP_MAC_CTX_new(hmac.get()), EVP_MAC_CTX_free};
  std::string digest = "SHA256";
  std::array<OSSL_PARAM, 2> settings{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                     OSSL_PARAM_construct_end()};
  const auto* key = reinterpret_cast<const unsigned char*>(secret.data());
  if (!context || EVP_MAC_init(context.get(), key, secret.size(), settings.data()) != 1)
    throw std::runtime_error("setting up HMAC-SHA256");
  return context;
}

}  // namespace

Signer::Signer(const std::string& secret) : keyed_(make_keyed(secret)) {}

std::string_view Signer::sign(std::string_view body) {
  std::array<unsigned char, 32> digest{};
  std::size_t length = 0;
  EVP_MAC_init(keyed_.get(), nullptr, 0, nullptr);
  EVP_MAC_update(keyed_.get(), reinterpret_cast<const unsigned char*>(body.data()), body.size());
  EVP_MAC_final(keyed_.get(), digest.data(), &length, digest.size());
  auto written =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text_.data()), digest.data(), static_cast<int>(digest.size()));
  return {text_.data(), static_cast<std::size_t>(written)};
}

}  // namespace backhaul::bench::http
