#pragma once

#include <expected>
#include <string>
#include <vector>

#include "config/environment.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

namespace atrium {

// A configuration that passed every check. A value.
struct LoadedConfig {
  Settings settings;
  std::vector<std::string> files;  // Everything that was read, included files before those that include them.
};

inline constexpr unsigned config_files_max = 32;

// Reads the file and what it includes, then the environment variables that override it. An included file is read first and gives
// way to what includes it; mappings are joined, everything else is replaced. A relative name in `include` starts at the directory of
// the file it stands in. Fails with every problem of all files. Blocks on the file system; any thread.
[[nodiscard]] std::expected<LoadedConfig, ConfigProblems> loadConfig(const std::string& path, const Environment& environment);

}  // namespace atrium
