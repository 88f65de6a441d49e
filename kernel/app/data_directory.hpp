#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <utility>

namespace atrium {

// The directory everything is kept in, locked against a second server for as long as this object lives. The lock is the kernel's, so it
// ends with the process however that ends.
class DataDirectory {
 public:
  // Makes the directory (for its owner alone) when it is missing. Fails with one sentence for the operator.
  [[nodiscard]] static std::expected<DataDirectory, std::string> open(const std::filesystem::path& path);

  DataDirectory(DataDirectory&& other) noexcept : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}
  DataDirectory& operator=(DataDirectory&&) = delete;
  ~DataDirectory();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }  // Absolute.

 private:
  DataDirectory(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path path_;
  int lock_;  // Descriptor; -1 after a move.
};

}  // namespace atrium
