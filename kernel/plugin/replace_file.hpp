#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.hpp"

namespace atrium {

// Writes `text` beside `path`, syncs it and renames it into place: after a crash the old file is there, or the new one. Fails with
// plugin_failed and one sentence. Blocks on the disk. Any thread.
[[nodiscard]] Result<void> replaceFile(const std::filesystem::path& path, std::string_view text);

// Renames `path` to `path`.damaged when something other than a regular file lies there, which could hold up whoever opens it or lead
// elsewhere. True: something did.
bool putAsideUnlessRegular(const std::filesystem::path& path);

}  // namespace atrium
