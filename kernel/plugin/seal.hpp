#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace atrium {

// Writes the SHA-256 of the plugin at `path`, taken with the seal's own bytes as zeros, into its seal note, and takes write permission
// from group and others, as the server wants it. The last step of a build; `atrium seal` and atrium_add_plugin() call it.
// Fails with plugin_failed and one sentence that does not repeat the path; then nothing was changed. Blocks on the disk. Any thread.
[[nodiscard]] Result<void> sealPluginFile(const std::filesystem::path& path);

}  // namespace atrium
