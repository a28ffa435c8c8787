#include "connections/vault.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace backhaul::connections {
namespace {

void need_sodium() {
  // Idempotent and cheap after the first time.
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
}

Result<void, Problem> read_hex(std::string_view hex, std::array<unsigned char, 32>& key, std::string_view where) {
  while (!hex.empty() && (hex.back() == '\n' || hex.back() == '\r' || hex.back() == ' ')) hex.remove_suffix(1);
  std::size_t size = 0;
  const int code = sodium_hex2bin(key.data(), key.size(), hex.data(), hex.size(), nullptr, &size, nullptr);
  if (code != 0 || size != key.size() || hex.size() != 2 * key.size()) {
    return fail(Problem{fmt::format("the master key in {} is not 64 hexadecimal digits", where)});
  }
  return {};
}

}  // namespace

Vault::~Vault() {
  sodium_memzero(key_.data(), key_.size());
}

Result<Vault, Problem> Vault::open(const std::filesystem::path& file) {
  need_sodium();
  Key key{};
  if (const char* from_environment = std::getenv("BACKHAUL_MASTER_KEY"); from_environment != nullptr) {
    if (auto read = read_hex(from_environment, key, "BACKHAUL_MASTER_KEY"); !read) return fail(read.error());
    return Vault(key);
  }
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) {
    return fail(Problem{
        fmt::format("no master key: {} cannot be read ({}); `backhaul init` makes one, or set BACKHAUL_MASTER_KEY",
                    file.string(), std::strerror(errno))});
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(Problem{fmt::format("{} can be read by others (mode {:03o}); run `chmod 600 {}`", file.string(),
                                    info.st_mode & 0777U, file.string())});
  }
  std::ifstream in(file);
  std::string hex;
  std::getline(in, hex);
  if (auto read = read_hex(hex, key, file.string()); !read) return fail(read.error());
  return Vault(key);
}

Result<void, Problem> Vault::create_key(const std::filesystem::path& file) {
  need_sodium();
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) {
    return fail(Problem{fmt::format("cannot create {}: {}", file.string(), std::strerror(errno))});
  }
  Key key{};
  randombytes_buf(key.data(), key.size());
  std::array<char, 65> hex{};
  sodium_bin2hex(hex.data(), hex.size(), key.data(), key.size());
  hex.back() = '\n';
  const bool written = ::write(fd, hex.data(), hex.size()) == static_cast<ssize_t>(hex.size()) && fsync(fd) == 0;
  ::close(fd);
  sodium_memzero(key.data(), key.size());
  sodium_memzero(hex.data(), hex.size());
  if (!written) return fail(Problem{fmt::format("cannot write {}: {}", file.string(), std::strerror(errno))});
  return {};
}

std::string Vault::seal(std::string_view plain) const {
  std::string sealed(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.size(), '\0');
  auto* out = reinterpret_cast<unsigned char*>(sealed.data());
  randombytes_buf(out, crypto_secretbox_NONCEBYTES);
  crypto_secretbox_easy(out + crypto_secretbox_NONCEBYTES, reinterpret_cast<const unsigned char*>(plain.data()),
                        plain.size(), out, key_.data());
  return sealed;
}

Result<std::string, Problem> Vault::unseal(std::string_view sealed) const {
  constexpr std::size_t overhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  if (sealed.size() < overhead) return fail(Problem{"stored credentials are damaged"});
  std::string plain(sealed.size() - overhead, '\0');
  const auto* in = reinterpret_cast<const unsigned char*>(sealed.data());
  if (crypto_secretbox_open_easy(reinterpret_cast<unsigned char*>(plain.data()), in + crypto_secretbox_NONCEBYTES,
                                 sealed.size() - crypto_secretbox_NONCEBYTES, in, key_.data()) != 0) {
    return fail(
        Problem{"stored credentials cannot be opened: the master key is another one than that which sealed them"});
  }
  return plain;
}

std::string random_token(std::size_t bytes) {
  need_sodium();
  std::string raw(bytes, '\0');
  randombytes_buf(raw.data(), raw.size());
  std::string text(sodium_base64_encoded_len(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(raw.data()), raw.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.resize(std::strlen(text.c_str()));
  return text;
}

std::uint64_t random_number() {
  need_sodium();
  std::uint64_t number = 0;
  randombytes_buf(&number, sizeof number);
  return number;
}

}  // namespace backhaul::connections
