#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

// A plugin's file between the plugin directory and dlopen. dlopen runs constructors before anything can be asked, and a file that is
// truncated or changed while it is mapped is a SIGBUS. So a file is read whole, everything is checked on the bytes in memory, and what
// is loaded is a private copy of exactly these bytes.
namespace atrium {

inline constexpr std::size_t plugin_size_max = 64 * 1024 * 1024;

// A file that passed every check that needs no code of it to run. A value; copies share the bytes.
struct PluginFile {
  std::filesystem::path path;
  std::shared_ptr<const std::vector<std::byte>> bytes;
  std::string sha256;    // Lower-case hexadecimal.
  std::string build_id;  // Lower-case hexadecimal; empty when the linker wrote none.
  std::string manifest;
};

// Whether plugins may be taken from `directory`: owned by root or by the server's user, not writable by everyone.
// Fails with plugin_failed and one sentence.
[[nodiscard]] Result<void> checkPluginDirectory(const std::filesystem::path& directory);

// Whether the seal of 32 bytes at `seal_offset`, which lies within the file (see readElf()), is that of these bytes. Any thread.
[[nodiscard]] bool sealIsWhole(std::span<const std::byte> file, std::size_t seal_offset);

// Reads and verifies one file: no symbolic link, a regular file of at most plugin_size_max, owned by root or the server's user,
// writable by its owner alone, a whole ELF library for this machine, with a manifest and an unbroken seal.
// Fails with plugin_failed and one sentence that does not repeat the path. Blocks on the disk. Any thread.
[[nodiscard]] Result<PluginFile> readPluginFile(const std::filesystem::path& path);

// The checks of readPluginFile() that need the bytes alone; `path` is kept as it is. Any thread.
[[nodiscard]] Result<PluginFile> checkPluginBytes(const std::filesystem::path& path, std::vector<std::byte> bytes);

// The directory of private copies. Each copy has a name of its own, because dlopen answers a known name with the old code.
// One thread.
class PluginCopies {
 public:
  // Makes the directory with mode 0700 and removes what an earlier run left in it. Fails with plugin_failed.
  [[nodiscard]] static Result<PluginCopies> open(std::filesystem::path directory);

  // Writes `file` under a new name, mode 0600; the absolute path of the copy. The caller removes it when nothing is loaded from it.
  [[nodiscard]] Result<std::filesystem::path> write(const PluginFile& file, std::string_view id);

 private:
  explicit PluginCopies(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::filesystem::path directory_;
  unsigned generation_ = 0;
};

}  // namespace atrium
