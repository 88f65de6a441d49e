#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

// The plainest form of tar (POSIX ustar): regular files in one folder, uncompressed. Read and written here, so that a packed plugin needs
// no further library and the same files always make the same bytes; `tar tf` lists it.
namespace atrium {

struct TarFile {
  std::string name;  // 1 to 100 letters, digits, dots, dashes and underscores; no dot in front.
  std::string content;
};

// Files in the order given, mode 0644, owned by nobody and dated 1970. The names are as above. Any thread.
[[nodiscard]] std::string writeTar(std::span<const TarFile> files);

// Reads such an archive from memory; nothing in it is believed. At most `files_max` files, each name once. Fails with plugin_failed and one
// sentence, also for what tar can hold and this cannot: folders, links, long names, padding that is not zero. Any thread.
[[nodiscard]] Result<std::vector<TarFile>> readTar(std::string_view archive, std::size_t files_max);

}  // namespace atrium
