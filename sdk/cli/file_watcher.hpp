#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/result.hpp"

namespace atrium {

// Tells when a file of a project changes, by inotify: in the folder and all below it, but for build/ and what begins with a dot. One
// thread.
class FileWatcher {
 public:
  // Fails with plugin_failed when the system gives no more watches.
  [[nodiscard]] static Result<FileWatcher> open(const std::filesystem::path& directory);
  FileWatcher(FileWatcher&& other) noexcept;
  FileWatcher& operator=(FileWatcher&&) = delete;
  ~FileWatcher();

  // To be polled: readable when something happened.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  // The name of a file that changed since, without waiting; empty when what happened is of no interest, such as an editor's own files.
  [[nodiscard]] std::string changed();

 private:
  explicit FileWatcher(int descriptor) : descriptor_(descriptor) {}
  bool add(const std::filesystem::path& directory, bool top);

  int descriptor_ = -1;
  std::map<int, std::filesystem::path> directories_;
};

}  // namespace atrium
