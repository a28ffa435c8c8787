#include "bench/load/signed_request.hpp"

#include <charconv>
#include <stdexcept>

namespace backhaul::bench {

namespace {

constexpr std::string_view id_in_body = "\"id\":9000000000";
constexpr std::size_t id_digits = 10;
constexpr std::size_t signature_bytes = 44;  // base64 of 32 bytes

}  // namespace

SignedRequest::SignedRequest(Parts parts) : signer_(parts.secret) {
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
  auto text = signer_.sign(std::string_view{request_}.substr(body_at_));
  request_.replace(signature_at_, signature_bytes, text);
  return request_;
}

}  // namespace backhaul::bench
