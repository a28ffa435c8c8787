#pragma once
// Secrets at rest: sealed with XChaCha20-Poly1305 (libsodium's secretbox) under the master key, which lives outside the
// database.

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "types/result.hpp"

namespace backhaul::connections {

class Vault {
 public:
  // Reads the key from BACKHAUL_MASTER_KEY (64 hexadecimal digits) if set, else from `file`. Refuses a file others may
  // read.
  [[nodiscard]] static Result<Vault, Problem> open(const std::filesystem::path& file);
  // Writes a new random key to `file`, mode 0600. Never overwrites one.
  [[nodiscard]] static Result<void, Problem> create_key(const std::filesystem::path& file);

  Vault(const Vault&) = default;
  Vault& operator=(const Vault&) = default;
  ~Vault();

  [[nodiscard]] std::string seal(std::string_view plain) const;
  // The problem says that the key is another one than that which sealed.
  [[nodiscard]] Result<std::string, Problem> unseal(std::string_view sealed) const;

 private:
  using Key = std::array<unsigned char, 32>;
  explicit Vault(const Key& key) : key_(key) {}
  Key key_;
};

// `bytes` random bytes as URL-safe base64 without padding.
[[nodiscard]] std::string random_token(std::size_t bytes);
[[nodiscard]] std::uint64_t random_number();

}  // namespace backhaul::connections
