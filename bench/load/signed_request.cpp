#include "bench/load/signed_request.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace backhaul::bench {

namespace {

constexpr std::string_view id_in_body = "\"id\":9000000000";
constexpr std::size_t id_digits = 10;
constexpr std::size_t signature_bytes = 44;  // base64 of 32 bytes

auto make_hmac(const std::string& secret) {
  std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> hmac{EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free};
  std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context{EVP_MAC_CTX_new(hmac.get()), EVP_MAC_CTX_free};
  std::string digest = "SHA256";
  std::array<OSSL_PARAM, 2> settings{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                     OSSL_PARAM_construct_end()};
  auto* key = reinterpret_cast<const unsigned char*>(secret.data());
  if (!context || EVP_MAC_init(context.get(), key, secret.size(), settings.data()) != 1)
    throw std::runtime_error("setting up HMAC-SHA256");
  return context;
}

}  // namespace

SignedRequest::SignedRequest(Parts parts) : mac_(make_hmac(parts.secret)) {
  auto at = parts.body.find(id_in_body);
  if (at == std::string::npos) throw std::runtime_error("the body has no \"id\":9000000000 to replace");
  request_ =
      "POST " + parts.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nX-Loop-Signature: ";
  signature_at_ = request_.size();
  request_.append(signature_bytes, '=');
  request_ += "\r\nContent-Length: " + std::to_string(parts.body.size()) + "\r\n\r\n";
  body_at_ = request_.size();
  id_at_ = body_at_ + at + id_in_body.size() - id_digits;
  request_ += parts.body;
}

std::string_view SignedRequest::for_id(std::int64_t id) {
  std::to_chars(request_.data() + id_at_, request_.data() + id_at_ + id_digits, id);
  std::array<unsigned char, 32> digest{};
  std::size_t length = 0;
  EVP_MAC_init(mac_.get(), nullptr, 0, nullptr);
  EVP_MAC_update(mac_.get(), reinterpret_cast<const unsigned char*>(request_.data()) + body_at_,
                 request_.size() - body_at_);
  EVP_MAC_final(mac_.get(), digest.data(), &length, digest.size());
  std::array<unsigned char, signature_bytes + 1> text{};  // EVP_EncodeBlock ends with a NUL
  EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  request_.replace(signature_at_, signature_bytes, reinterpret_cast<const char*>(text.data()), signature_bytes);
  return request_;
}

}  // namespace backhaul::bench
