#pragma once
// One server per data folder: a second would take the first one's running jobs for lost. Held by `serve`, and by the
// verbs that need the database for themselves.

#include <filesystem>
#include <utility>

#include "types/result.hpp"

namespace backhaul::cli {

// Makes a folder and those above it, unless they are there.
[[nodiscard]] Result<void, Problem> make_folder(const std::filesystem::path& folder);

class FolderLock {
 public:
  // Locks `folder`/backhaul.lock, without waiting. The lock goes with the process, however that ends; the file stays.
  [[nodiscard]] static Result<FolderLock, Problem> take(const std::filesystem::path& folder);
  FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace backhaul::cli
