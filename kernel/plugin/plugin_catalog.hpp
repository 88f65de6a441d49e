#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/problem.hpp"
#include "config/yaml.hpp"
#include "plugin/manifest.hpp"
#include "plugin/plugin_file.hpp"

// Which plugins there are and which of them the operator wants: everything that is known before a line of their code runs.
namespace atrium {

// What the configuration says of one plugin, under its id. A value.
struct PluginUse {
  bool enabled = true;
  YamlNode config;                // The options as written; null: none.
  SourcePlace place;              // Of the entry, for what is said of it.
  std::string sha256;             // The one file that may be loaded, in lower-case hexadecimal; empty: any that is sound.
  bool allow_on_failure = false;  // What a failed hook of a room type counts as.
};
using PluginUses = std::map<std::string, PluginUse, std::less<>>;

// One file of a plugin directory: sound, or refused with a reason.
struct CatalogEntry {
  PluginFile file;                     // The path alone when it was refused before it could be read.
  std::unique_ptr<Manifest> manifest;  // Null: refused, or not readable.
  std::string refused;                 // One sentence without its full stop; empty: sound.
};

// A sound plugin that is wanted, with its options as it will get them.
struct ResolvedPlugin {
  CatalogEntry* entry;
  const PluginUse* use;
  std::string options;  // One JSON object.
};

class PluginCatalog {
 public:
  static constexpr std::size_t files_max = 1000;

  // Reads and verifies every file in the directories, in order of path; files whose names begin with a dot are passed over. Runs
  // nothing of them. Fails with plugin_failed when a directory cannot be used. Blocks on the disk. Any thread.
  [[nodiscard]] static Result<PluginCatalog> scan(std::span<const std::filesystem::path> directories);

  [[nodiscard]] std::span<CatalogEntry> entries() { return entries_; }
  [[nodiscard]] std::span<const CatalogEntry> entries() const { return entries_; }

  // The plugins that `uses` switches on, in order of id, or everything that keeps one of them from being used. The result points into
  // the catalog and into `uses`.
  [[nodiscard]] std::expected<std::vector<ResolvedPlugin>, ConfigProblems> resolve(const PluginUses& uses);

 private:
  void add(const std::filesystem::path& path);
  void refuseDoubles();
  ResolvedPlugin resolveOne(std::string_view id, const PluginUse& use, ConfigProblems& problems);

  std::vector<CatalogEntry> entries_;
};

}  // namespace atrium
