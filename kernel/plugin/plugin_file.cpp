#include "plugin/plugin_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>
#include <utility>

#include "base/descriptor.hpp"
#include "plugin/digest.hpp"
#include "plugin/elf.hpp"
#include "plugin/refusal.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

bool ownerIsTrusted(const struct stat& status) { return status.st_uid == 0 || status.st_uid == ::geteuid(); }

Result<std::vector<std::byte>> readWhole(int descriptor, std::size_t size) {
  std::vector<std::byte> bytes(size + 1);  // One more, to notice a file that grows meanwhile.
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(descriptor, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse("it cannot be read: " + systemError());
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (filled != size) return refuse("it was being changed while it was read");
  bytes.resize(size);
  return bytes;
}

Result<void> writeWhole(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return refuse("its private copy cannot be written: " + systemError());
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace

Result<void> checkPluginDirectory(const std::filesystem::path& directory) {
  struct stat status{};
  if (::stat(directory.c_str(), &status) != 0)
    return refuse(fmt::format("the plugin directory {} cannot be used: {}; make it, or take it out of plugins.directories",
                              directory.string(), systemError()));
  if (!S_ISDIR(status.st_mode)) return refuse(fmt::format("{} is not a directory", directory.string()));
  if (!ownerIsTrusted(status))
    return refuse(fmt::format("the plugin directory {} belongs neither to root nor to the server's user: chown it to one of them",
                              directory.string()));
  if (status.st_mode & S_IWOTH)
    return refuse(fmt::format("the plugin directory {} is writable by everyone: chmod o-w it", directory.string()));
  return {};
}

bool sealIsWhole(std::span<const std::byte> file, std::size_t seal_offset) {
  const Digest seal = sha256(file, seal_offset, digest_size);
  return std::memcmp(seal.data(), file.data() + seal_offset, digest_size) == 0;
}

Result<PluginFile> readPluginFile(const std::filesystem::path& path) {
  // Without blocking, so that a named pipe in the directory cannot hold the server up.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file) return refuse(errno == ELOOP ? "it is a symbolic link" : "it cannot be opened: " + systemError());
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return refuse("it cannot be examined: " + systemError());
  if (!S_ISREG(status.st_mode)) return refuse("it is not a regular file");
  if (!ownerIsTrusted(status)) return refuse("it belongs neither to root nor to the server's user");
  if (status.st_mode & (S_IWGRP | S_IWOTH)) return refuse("others than its owner may write to it");
  if (std::cmp_greater(status.st_size, plugin_size_max)) return refuse("it is larger than 64 MiB");

  auto bytes = readWhole(file.get(), static_cast<std::size_t>(status.st_size));
  if (!bytes) return fail(std::move(bytes.error()));
  return checkPluginBytes(path, *std::move(bytes));
}

Result<PluginFile> checkPluginBytes(const std::filesystem::path& path, std::vector<std::byte> bytes) {
  if (bytes.size() > plugin_size_max) return refuse("it is larger than 64 MiB");
  const auto contents = readElf(bytes);
  if (!contents) return fail(contents.error());
  if (!sealIsWhole(bytes, contents->seal_offset)) return refuse("its seal is broken: the file was changed after it was built");
  PluginFile result{path, {}, toHex(sha256(bytes)), contents->build_id, std::string(contents->manifest)};
  result.bytes = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  return result;
}

Result<PluginCopies> PluginCopies::open(std::filesystem::path directory) {
  std::error_code error;
  directory = std::filesystem::absolute(directory, error);
  if (!error) std::filesystem::create_directories(directory, error);
  if (error) return refuse(fmt::format("the directory {} cannot be made: {}", directory.string(), error.message()));
  struct stat status{};
  if (::lstat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() ||
      ::chmod(directory.c_str(), 0700) != 0)
    return refuse(fmt::format("{} is not a directory of the server's own", directory.string()));
  std::filesystem::directory_iterator left_over(directory, error);
  while (!error && left_over != std::filesystem::directory_iterator())
    if (std::filesystem::remove(left_over->path(), error); !error) left_over.increment(error);
  if (error) return refuse(fmt::format("{} cannot be emptied: {}", directory.string(), error.message()));
  return PluginCopies(std::move(directory));
}

Result<std::filesystem::path> PluginCopies::write(const PluginFile& file, std::string_view id) {
  const std::filesystem::path path = directory_ / fmt::format("{}.{}.{}.so", id, file.sha256.substr(0, 12), ++generation_);
  const Descriptor copy(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!copy) return refuse("its private copy cannot be written: " + systemError());
  if (auto written = writeWhole(copy.get(), *file.bytes); !written) {
    ::unlink(path.c_str());
    return fail(std::move(written.error()));
  }
  return path;
}

}  // namespace atrium
