#include "bench/http/signed_request.hpp"

namespace backhaul::bench::http {

SignedRequest::SignedRequest(const std::string& path, const std::string& signature_header, Signatures& signatures)
    : signatures_(signatures) {
  const auto& body = signatures.body();
  request_ =
      "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" + signature_header + ": ";
  signature_at_ = request_.size();
  request_.append(Signatures::size, '=');
  request_ += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  body_at_ = request_.size();
  request_ += body;
}

std::string_view SignedRequest::for_id(std::int64_t id) {
  signatures_.put(id, request_.data() + body_at_);
  signatures_.of(id).copy(request_.data() + signature_at_, Signatures::size);
  return request_;
}

}  // namespace backhaul::bench::http
