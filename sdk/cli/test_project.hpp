#pragma once

#include <filesystem>

#include "cli/cli.hpp"
#include "cli/replay.hpp"

namespace atrium {

// Builds the project in `directory` and runs its tests, and atrium-validate where it is installed, by ctest. With a recording, the calls
// in it are replayed instead.
[[nodiscard]] CliExit testProject(const std::filesystem::path& directory, const ReplayArguments& recorded, const CliContext& context);

}  // namespace atrium
