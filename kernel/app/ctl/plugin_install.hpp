#pragma once

#include <filesystem>

#include "ctl/ctl.hpp"

namespace atrium {

// Puts a packed plugin (.atrium) into a plugin directory as <id>.so: checked, written beside what is there, synced and renamed, so that a
// server never sees half a file. Replaces another version of the same plugin and nothing else.
[[nodiscard]] ExitCode installPlugin(const std::filesystem::path& package, const std::filesystem::path& directory,
                                     const CtlContext& context);

}  // namespace atrium
