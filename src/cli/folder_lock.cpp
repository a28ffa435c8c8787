#include "cli/folder_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace backhaul::cli {

Result<void, Problem> make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Problem{fmt::format("cannot make the folder {}: {}", folder.string(), error.message())});
  return {};
}

Result<FolderLock, Problem> FolderLock::take(const std::filesystem::path& folder) {
  const auto file = folder / "backhaul.lock";
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Problem{fmt::format("cannot open {}: {}", file.string(), std::strerror(errno))});
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return fail(Problem{fmt::format("another backhaul serves this data folder already ({} is locked)", file.string())});
  }
  return FolderLock(fd);
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace backhaul::cli
