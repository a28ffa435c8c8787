#pragma once
// A signed delivery that can be made new again without allocating: the id and the signature are overwritten in
// place.

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/http/signatures.hpp"

namespace backhaul::bench::http {

class SignedRequest {
 public:
  SignedRequest(const std::string& path, const std::string& signature_header, Signatures& signatures);

  // The whole request for this id, which must have ten digits. Valid until the next call.
  [[nodiscard]] std::string_view for_id(std::int64_t id);

 private:
  Signatures& signatures_;
  std::string request_;
  std::size_t signature_at_ = 0;
  std::size_t body_at_ = 0;
};

}  // namespace backhaul::bench::http
