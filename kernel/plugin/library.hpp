#pragma once

#include <filesystem>
#include <memory>

#include "base/result.hpp"

namespace atrium {

// A loaded shared library: the one place that knows Boost.DLL. Symbols are resolved at once and stay invisible to other libraries.
// One thread.
class Library {
 public:
  // `file` is an absolute path that was never loaded before. Runs the library's constructors. Fails with plugin_failed and the system
  // linker's reason.
  [[nodiscard]] static Result<Library> load(const std::filesystem::path& file);

  Library(Library&&) noexcept;
  Library& operator=(Library&&) noexcept;
  ~Library();  // Unloads.

  // The address of an exported symbol; null when there is none. Valid until unload().
  [[nodiscard]] const void* symbol(const char* name) const;

  // Closes the library. True when it is proven to have left the process; false when something pins it (a thread-local object, a unique
  // symbol), and its code stays.
  [[nodiscard]] bool unload();

 private:
  struct Handle;
  explicit Library(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

}  // namespace atrium
