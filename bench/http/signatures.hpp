#pragma once
// The body of a delivery for any return's id, and its signatures: made ahead, so that the generator does not take
// the time for them from what is measured on the same machine.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/http/hmac.hpp"

namespace backhaul::bench::http {

class Signatures {
 public:
  static constexpr std::size_t size = 44;  // base64 of 32 bytes

  // `body` holds `"id":9000000000`, or `"return_id":9000000000`, once or more; the first is the one replaced. Throws
  // std::runtime_error without one.
  Signatures(const std::string& secret, std::string body);

  void prepare(std::int64_t first_id, std::size_t count);
  // Valid until the next call.
  [[nodiscard]] std::string_view of(std::int64_t id);

  [[nodiscard]] const std::string& body() const { return body_; }
  // Writes the id, of ten digits, into a body.
  void put(std::int64_t id, char* body) const;

 private:
  [[nodiscard]] std::string_view sign(std::int64_t id);

  std::string body_;
  std::size_t id_at_ = 0;
  Signer signer_;
  std::int64_t first_ = 0;
  std::vector<std::array<char, size>> prepared_;
};

}  // namespace backhaul::bench::http
