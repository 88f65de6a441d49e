#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace atrium {

// What of a plugin's file decides whether it can be loaded, swapped and unloaded cleanly.
struct ElfTraits {
  std::vector<std::string> exports;         // Defined symbols others may bind to.
  std::vector<std::string> unique_symbols;  // STB_GNU_UNIQUE: one of them keeps the library in memory for ever.
  std::vector<std::string> needed;          // Other libraries, as the linker wrote them.
  std::string run_path;                     // DT_RPATH or DT_RUNPATH; empty: neither.
  bool text_relocations = false;            // The loader would have to write into code.
  bool executable_stack = false;
  bool no_delete = false;           // DF_1_NODELETE: dlclose does nothing.
  bool thread_destructors = false;  // Has thread_local objects with destructors, which hold it until their threads end.
};

// Reads them from the program headers and what these lead to; nothing in `file` is believed. At most 1,000 names of a kind are kept.
// Fails with plugin_failed and one sentence when it is no library that readElf() takes, or what these lead to lies outside it. Any thread.
[[nodiscard]] Result<ElfTraits> readElfTraits(std::span<const std::byte> file);

}  // namespace atrium
