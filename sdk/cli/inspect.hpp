#pragma once

#include <filesystem>

#include "cli/cli.hpp"

namespace atrium {

// Tells what a plugin (.so) or a packed one (.atrium) says of itself, without running anything of it.
[[nodiscard]] CliExit inspect(const std::filesystem::path& file, const CliContext& context);

}  // namespace atrium
