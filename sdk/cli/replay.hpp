#pragma once

#include <filesystem>
#include <string>

#include "cli/cli.hpp"
#include "cli/project.hpp"

namespace atrium {

struct ReplayArguments {
  std::filesystem::path recording;  // A file with one call a line.
  std::string options;              // The plugin's, as YAML or JSON; empty: the manifest's defaults.
  bool record = false;              // Write the answers into the file instead of comparing them.
};

// Feeds every recorded call to the plugin and compares its answer with the one that was recorded. A line that answers otherwise is told as
// `file:line`, with both answers.
[[nodiscard]] CliExit replay(const BuiltPlugin& plugin, const ReplayArguments& arguments, const CliContext& context);

}  // namespace atrium
