#pragma once

#include <filesystem>

#include "cli/cli.hpp"

namespace atrium {

// Builds the project in `directory` and writes each of its plugins, with its README.md and LICENSE, as <id>-<version>.atrium into `out`
// (empty: the project's folder). The same input makes the same bytes.
[[nodiscard]] CliExit pack(const std::filesystem::path& directory, const std::filesystem::path& out, const CliContext& context);

}  // namespace atrium
