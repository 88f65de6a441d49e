#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "plugin/manifest.hpp"
#include "plugin/plugin_file.hpp"

// A plugin in one file to hand on, <id>-<version>.atrium: a tar archive of SHA256SUMS, <id>.so, plugin.yaml, and README.md and LICENSE
// where there are any. The same files make the same bytes.
namespace atrium {

inline constexpr std::size_t package_size_max = plugin_size_max + 4 * 1024 * 1024;

// A packed plugin that passed every check that runs nothing of it. A value that moves.
struct PluginPackage {
  PluginFile file;
  Manifest manifest;
  std::string readme;   // Empty: none.
  std::string license;  // Empty: none.

  // "com.acme.poll-1.0.0.atrium"
  [[nodiscard]] std::string name() const { return manifest.id + "-" + manifest.version + ".atrium"; }
};

// The whole archive.
[[nodiscard]] std::string packPlugin(const PluginPackage& package);

// Reads one from memory: names and sums as above, and the library as readPluginFile() wants it, but for owner and mode, which an archive
// has none of. Fails with plugin_failed and one sentence. Any thread.
[[nodiscard]] Result<PluginPackage> readPackage(std::string_view archive);

}  // namespace atrium
