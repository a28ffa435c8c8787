#pragma once
// A signed Loop delivery that can be made new again without allocating: the id and the signature are overwritten in
// place.

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/http/hmac.hpp"

namespace backhaul::bench {

class SignedRequest {
 public:
  struct Parts {
    std::string path;
    std::string secret;
    std::string body;  // holds `"id":9000000000` once or more; the first is the one replaced
  };
  // Throws std::runtime_error when the body has no such id.
  explicit SignedRequest(Parts parts);

  // The whole request for this id, which must have ten digits. Valid until the next call.
  [[nodiscard]] std::string_view for_id(std::int64_t id);

 private:
  std::string request_;
  std::size_t signature_at_ = 0;
  std::size_t id_at_ = 0;
  std::size_t body_at_ = 0;
  http::Signer signer_;
};

}  // namespace backhaul::bench
