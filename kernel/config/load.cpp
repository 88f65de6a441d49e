#include "config/load.hpp"

#include <fmt/format.h>

#include <utility>

#include "config/cross_checks.hpp"
#include "config/files.hpp"
#include "config/settings_reader.hpp"

namespace atrium {

std::expected<LoadedConfig, ConfigProblems> loadConfig(const std::string& path, const Environment& environment) {
  ConfigProblems problems;
  ConfigFiles files = readConfigFiles(path, environment, problems);
  const bool whole = problems.empty();  // What stands in a file that could not be read is not known to be missing.
  LoadedConfig loaded{readSettings(files.root, environment, whole, problems), std::move(files.read)};
  checkTogether(loaded.settings, files.root, environment, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return loaded;
}

}  // namespace atrium
