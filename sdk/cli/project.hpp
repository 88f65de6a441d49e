#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/cli.hpp"
#include "plugin/manifest.hpp"
#include "plugin/plugin_file.hpp"

namespace atrium {

// A plugin that was built, read without running it.
struct BuiltPlugin {
  PluginFile file;
  Manifest manifest;
};

// The interface of that manifest and why nobody takes it; empty: a server of this SDK does.
[[nodiscard]] std::string foreignInterface(const Manifest& manifest);

// An author's folder: a CMakeLists.txt that calls atrium_add_plugin(), built into its folder build/.
class Project {
 public:
  // Fails with plugin_failed and what to do, when `directory` is none.
  [[nodiscard]] static Result<Project> open(const std::filesystem::path& directory, const CliContext& context);

  // Configures, the first time, and builds. False when that failed, with the output of the compiler on context.err.
  [[nodiscard]] bool build(const CliContext& context) const;
  // What the build made, in order of file name. Fails with plugin_failed and one sentence when there is none, or one is not sound.
  [[nodiscard]] Result<std::vector<BuiltPlugin>> plugins() const;

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  [[nodiscard]] std::filesystem::path buildDirectory() const { return directory_ / "build"; }
  [[nodiscard]] std::filesystem::path pluginDirectory() const { return buildDirectory() / "plugins"; }

 private:
  explicit Project(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::filesystem::path directory_;
};

}  // namespace atrium
