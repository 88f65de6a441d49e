#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace atrium {

// A plugin's file that is not to be loaded again until an operator says so, or brings another file. A value.
struct QuarantinedFile {
  std::string plugin;
  std::string sha256;
  std::string reason;  // One sentence without its full stop.
  std::string by;      // "server", or who asked for it.
  Wall since{};
};

// Which files are in quarantine, kept in one file so that a restart does not forget it. Written whole and renamed into place: a crash
// leaves the old list or the new one. One thread.
class Quarantine {
 public:
  static constexpr std::size_t files_max = 1000;  // The oldest give way.

  // Reads the list at `file`; an empty path keeps nothing. A list that cannot be understood is moved aside to `file`.damaged and told in
  // `damage`; the server is not to stay down for it. Blocks on the disk.
  [[nodiscard]] static Quarantine open(std::filesystem::path file, std::string& damage);

  [[nodiscard]] const QuarantinedFile* find(std::string_view plugin, std::string_view sha256) const;
  [[nodiscard]] const std::vector<QuarantinedFile>& files() const { return files_; }
  // Both hold from now on even when they cannot be written; then they fail with plugin_failed and the reason.
  [[nodiscard]] Result<void> add(QuarantinedFile file);
  // Lets all files of the plugin go; false: there was none.
  [[nodiscard]] Result<bool> lift(std::string_view plugin);

 private:
  explicit Quarantine(std::filesystem::path file) : file_(std::move(file)) {}
  [[nodiscard]] Result<void> write() const;

  std::filesystem::path file_;
  std::vector<QuarantinedFile> files_;
};

}  // namespace atrium
