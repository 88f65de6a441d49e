#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace atrium {

// Which files a throw-away process has loaded and lived, so that each is tried once. Kept in one text file, a SHA-256 a line, written whole
// and renamed into place; when it is lost or damaged, files are tried again. One thread.
class ProbedFiles {
 public:
  static constexpr std::size_t files_max = 1000;  // The oldest give way.

  // Reads the list at `file`; an empty path keeps nothing. Blocks on the disk.
  explicit ProbedFiles(std::filesystem::path file);

  [[nodiscard]] bool contains(std::string_view sha256) const;
  void add(std::string sha256);
  // Writes what was added; fails with plugin_failed and the reason, and then holds for this process alone.
  [[nodiscard]] Result<void> keep();

 private:
  std::filesystem::path file_;
  std::deque<std::string> files_;
  bool changed_ = false;
};

}  // namespace atrium
