#pragma once

#include <filesystem>

#include "cli/cli.hpp"

namespace atrium {

// Builds the project in `directory` and runs its tests, and atrium-validate where it is installed, by ctest.
[[nodiscard]] CliExit testProject(const std::filesystem::path& directory, const CliContext& context);

}  // namespace atrium
