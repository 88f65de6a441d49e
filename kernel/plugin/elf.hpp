#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace atrium {

// What a plugin's file says of itself without being run.
struct ElfContents {
  std::string_view manifest;    // plugin.yaml as it was written; a view into the file.
  std::size_t seal_offset = 0;  // Where the 32 bytes of the seal stand (see seal.hpp).
  std::string build_id;         // Lower-case hexadecimal; empty when the linker wrote none.
};

// Reads a 64-bit ELF shared library of this machine's kind from memory. Nothing in `file` is believed: every offset and size is checked
// against the bytes there are, and only program headers and notes are looked at, so that a stripped library reads the same.
// Fails with plugin_failed and one sentence; a file that ends before its segments do (truncated) is refused. Any thread.
[[nodiscard]] Result<ElfContents> readElf(std::span<const std::byte> file);

}  // namespace atrium
