#include "ctl/plugin_install.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <ostream>
#include <span>
#include <system_error>

#include "base/read_all.hpp"
#include "plugin/package.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

namespace fs = std::filesystem;

std::unexpected<Error> systemFailure(const fs::path& path, std::string_view what) {
  return fail(Code::plugin_failed, fmt::format("{} cannot be {}: {}", path.string(), what, std::generic_category().message(errno)));
}

bool writeWhole(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return true;
}

// The new file under its name, on the disk; the directory keeps what it had when any step fails. A name that begins with a dot is passed
// over by the server, so that what a crash leaves behind does no harm.
Result<void> putInPlace(const fs::path& target, std::span<const std::byte> bytes) {
  const fs::path temporary = target.parent_path() / fmt::format(".{}.{}", target.filename().string(), ::getpid());
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (file < 0) return systemFailure(temporary, "made");
  // Whatever the umask says: readable by the server's user, writable by its owner alone.
  const bool written = ::fchmod(file, 0644) == 0 && writeWhole(file, bytes) && ::fsync(file) == 0;
  ::close(file);
  if (!written || ::rename(temporary.c_str(), target.c_str()) != 0) {
    auto failure = systemFailure(target, "written");
    ::unlink(temporary.c_str());
    return failure;
  }
  if (const int directory = ::open(target.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
  return {};
}

// The version of the same plugin that is at `target`; empty when nothing is. Fails when something else is there.
Result<std::string> presentVersion(const fs::path& target, const std::string& id) {
  std::error_code absent;
  if (!fs::exists(fs::symlink_status(target, absent))) return std::string();
  const auto file = readPluginFile(target);
  const auto manifest = file ? parseManifest(file->manifest, "plugin.yaml") : fail(file.error());
  if (manifest && manifest->id == id) return manifest->version;
  return fail(Code::plugin_failed, fmt::format("{} is there and is no sound file of {} ({}): look at it, and remove it if it is of no use",
                                               target.string(), id, manifest ? "it is " + manifest->id : manifest.error().detail));
}

// A file of another name that is the same plugin: a server that finds both takes neither. Empty: there is none.
fs::path sameUnderAnotherName(const fs::path& target, const std::string& id) {
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(target.parent_path(), unreadable)) {
    if (entry.path().extension() != ".so" || entry.path() == target) continue;
    const auto file = readPluginFile(entry.path());
    const auto manifest = file ? parseManifest(file->manifest, "plugin.yaml") : fail(file.error());
    if (manifest && manifest->id == id) return entry.path();
  }
  return {};
}

Result<PluginPackage> readFrom(const fs::path& path) {
  std::error_code problem;
  const auto size = fs::file_size(path, problem);
  if (problem) return fail(Code::plugin_failed, problem.message());
  if (size > package_size_max) return fail(Code::plugin_failed, "it is larger than any packed plugin may be");
  std::ifstream file(path, std::ios::binary);
  return readPackage(readAll(file));
}

}  // namespace

ExitCode installPlugin(const fs::path& path, const fs::path& directory, const CtlContext& context) {
  const auto refuse = [&](std::string_view sentence) {
    context.err << sentence << '\n';
    return ExitCode::failed;
  };
  const auto package = readFrom(path);
  if (!package) return refuse(fmt::format("{}: {}", path.string(), package.error().detail));
  if (const auto sound = checkPluginDirectory(directory); !sound) return refuse(sound.error().detail);
  const Manifest& manifest = package->manifest;
  const fs::path target = directory / (manifest.id + ".so");
  const auto before = presentVersion(target, manifest.id);
  if (!before) return refuse(before.error().detail);
  if (const fs::path other = sameUnderAnotherName(target, manifest.id); !other.empty())
    return refuse(fmt::format("{} is {}, too, and a server that finds both takes neither: remove it, and install again", other.string(),
                              manifest.id));
  if (const auto put = putInPlace(target, *package->file.bytes); !put) return refuse(put.error().detail);
  context.out << fmt::format("{} {} is installed as {}{}\n", manifest.id, manifest.version, target.string(),
                             before->empty() ? "" : fmt::format(", where {} was", *before));
  context.err << fmt::format(
      "A server finds it at its next start, or by atriumctl plugin rescan, and uses it unless plugins.use.{} or "
      "plugins.enabled_by_default says otherwise{}.\n",
      manifest.id, manifest.has("storage-backend") ? "; a storage backend is used when storage.backend names it" : "");
  return ExitCode::done;
}

}  // namespace atrium
