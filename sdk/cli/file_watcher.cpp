#include "cli/file_watcher.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <system_error>
#include <utility>

#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR;

// What editors and tools leave for themselves.
bool isOfInterest(std::string_view name) { return !name.empty() && name.front() != '.' && name.back() != '~' && name.front() != '#'; }

}  // namespace

Result<FileWatcher> FileWatcher::open(const std::filesystem::path& directory) {
  FileWatcher watcher(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (watcher.descriptor_ >= 0 && watcher.add(directory, true)) return watcher;
  return fail(Code::plugin_failed, "the folder cannot be watched: " + std::generic_category().message(errno));
}

FileWatcher::FileWatcher(FileWatcher&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), directories_(std::move(other.directories_)) {}

FileWatcher::~FileWatcher() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool FileWatcher::add(const std::filesystem::path& directory, bool top) {
  const int watch = ::inotify_add_watch(descriptor_, directory.c_str(), mask);
  if (watch < 0) return false;
  directories_[watch] = directory;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator(directory, gone)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory(gone) && !entry.is_symlink(gone) && isOfInterest(name) && !(top && name == "build")) add(entry.path(), false);
  }
  return true;
}

std::string FileWatcher::changed() {
  std::string found;
  alignas(inotify_event) std::array<char, 8192> buffer{};
  ssize_t got = 0;
  while ((got = ::read(descriptor_, buffer.data(), buffer.size())) > 0) {
    for (ssize_t at = 0; at < got;) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string name = event.len == 0 ? "" : buffer.data() + at + sizeof event;
      at += static_cast<ssize_t>(sizeof event + event.len);
      const auto directory = directories_.find(event.wd);
      if (directory == directories_.end() || !isOfInterest(name)) continue;
      const std::filesystem::path path = directory->second / name;
      const bool top = directory == directories_.begin();
      if (event.mask & IN_ISDIR) {
        if (!(top && name == "build") && (event.mask & (IN_CREATE | IN_MOVED_TO))) add(path, false);
        continue;
      }
      // A file that was only made is told when it is written.
      if (!path.string().ends_with(".atrium") && (event.mask & (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE))) found = name;
    }
  }
  return found;
}

}  // namespace atrium
