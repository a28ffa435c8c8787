#include "bench/http/signatures.hpp"

#include <charconv>
#include <stdexcept>
#include <utility>

namespace backhaul::bench::http {

namespace {

constexpr std::string_view id_in_body = "id\":9000000000";
constexpr std::size_t id_digits = 10;

}  // namespace

Signatures::Signatures(const std::string& secret, std::string body) : body_(std::move(body)), signer_(secret) {
  const auto at = body_.find(id_in_body);
  if (at == std::string::npos) throw std::runtime_error("the body has no id 9000000000 to replace");
  id_at_ = at + id_in_body.size() - id_digits;
}

void Signatures::prepare(std::int64_t first_id, std::size_t count) {
  first_ = first_id;
  prepared_.resize(count);
  for (std::size_t i = 0; i < count; ++i) sign(first_id + static_cast<std::int64_t>(i)).copy(prepared_[i].data(), size);
}

std::string_view Signatures::of(std::int64_t id) {
  const auto index = static_cast<std::size_t>(id - first_);
  if (id < first_ || index >= prepared_.size()) return sign(id);
  return {prepared_[index].data(), size};
}

void Signatures::put(std::int64_t id, char* body) const {
  std::to_chars(body + id_at_, body + id_at_ + id_digits, id);
}

std::string_view Signatures::sign(std::int64_t id) {
  put(id, body_.data());
  return signer_.sign(body_);
}

}  // namespace backhaul::bench::http
