#include "app/data_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace atrium {

std::expected<DataDirectory, std::string> DataDirectory::open(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  const bool made = !error && std::filesystem::create_directories(absolute, error);
  if (error || !std::filesystem::is_directory(absolute, error))
    return std::unexpected("the data directory " + path.string() +
                           " cannot be made: " + (error ? error.message() : "there is a file of that name"));
  if (made) std::filesystem::permissions(absolute, std::filesystem::perms::owner_all, error);

  const std::filesystem::path lock_file = absolute / "lock";
  const int lock = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (lock < 0) return std::unexpected("the data directory " + path.string() + " cannot be used: " + std::strerror(errno));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const int why = errno;
    ::close(lock);
    if (why == EWOULDBLOCK) return std::unexpected("the data directory " + path.string() + " is in use by another server");
    return std::unexpected("the data directory " + path.string() + " cannot be locked: " + std::strerror(why));
  }
  return DataDirectory(absolute, lock);
}

DataDirectory::~DataDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace atrium
