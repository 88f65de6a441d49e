#include "plugin/replace_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <string>

#include "plugin/refusal.hpp"

namespace atrium {

Result<void> replaceFile(const std::filesystem::path& path, std::string_view text) {
  const std::string fresh = path.string() + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  errno = ENOSPC;  // What a write means that took a part.
  const bool written = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  const std::string why = written ? std::string() : systemError();
  if (file >= 0) ::close(file);
  if (!written || ::rename(fresh.c_str(), path.c_str()) != 0)
    return fail(Code::plugin_failed, fmt::format("{} cannot be written: {}", path.string(), written ? systemError() : why));
  const int directory = ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return {};
  ::fsync(directory);
  ::close(directory);
  return {};
}

bool putAsideUnlessRegular(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::symlink_status(path, ignored);
  if (!std::filesystem::exists(status) || std::filesystem::is_regular_file(status)) return false;
  std::filesystem::rename(path, path.string() + ".damaged", ignored);
  return true;
}

}  // namespace atrium
