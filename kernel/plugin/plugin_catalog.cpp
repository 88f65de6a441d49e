#include "plugin/plugin_catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "atrium/abi.h"
#include "config/option_value.hpp"
#include "protocol/errors.hpp"

namespace atrium {

Result<PluginCatalog> PluginCatalog::scan(std::span<const std::filesystem::path> directories) {
  PluginCatalog catalog;
  for (const std::filesystem::path& directory : directories) {
    if (auto usable = checkPluginDirectory(directory); !usable) return fail(usable.error());
    std::vector<std::filesystem::path> paths;
    std::error_code error;
    std::filesystem::directory_iterator file(directory, error);
    for (; !error && file != std::filesystem::directory_iterator(); file.increment(error)) {
      const bool hidden = file->path().filename().string().starts_with('.');
      std::error_code unreadable;
      const bool is_directory = !file->is_symlink(unreadable) && file->is_directory(unreadable);
      if (!hidden && !is_directory) paths.push_back(file->path());
    }
    if (error)
      return fail(Code::plugin_failed, fmt::format("the plugin directory {} cannot be read: {}", directory.string(), error.message()));
    if (paths.size() + catalog.entries_.size() > files_max)
      return fail(Code::plugin_failed, fmt::format("the plugin directories hold more than {} files", files_max));
    std::ranges::sort(paths);
    for (const std::filesystem::path& path : paths) catalog.add(path);
  }
  catalog.refuseDoubles();
  return catalog;
}

void PluginCatalog::add(const std::filesystem::path& path) {
  CatalogEntry& entry = entries_.emplace_back();
  entry.file.path = path;
  auto file = readPluginFile(path);
  if (!file) {
    entry.refused = file.error().detail;
    return;
  }
  entry.file = *std::move(file);
  auto manifest = parseManifest(entry.file.manifest, "plugin.yaml");
  if (!manifest) {
    entry.refused = "its manifest is wrong: " + manifest.error().detail;
    return;
  }
  entry.manifest = std::make_unique<Manifest>(*std::move(manifest));
  if (entry.manifest->abi_major != ATRIUM_ABI_MAJOR || entry.manifest->abi_minor > ATRIUM_ABI_MINOR)
    entry.refused = fmt::format("it was built for plugin interface {}.{}, and this server has {}.{}: build it with this server's SDK",
                                entry.manifest->abi_major, entry.manifest->abi_minor, ATRIUM_ABI_MAJOR, ATRIUM_ABI_MINOR);
}

// Two files with one id are both refused: which of them was meant, only the operator knows.
void PluginCatalog::refuseDoubles() {
  std::map<std::string_view, std::vector<CatalogEntry*>> by_id;
  for (CatalogEntry& entry : entries_)
    if (entry.manifest) by_id[entry.manifest->id].push_back(&entry);
  for (const auto& [id, same] : by_id)
    for (CatalogEntry* entry : same)
      if (same.size() > 1) {
        const CatalogEntry* other = same.front() == entry ? same.back() : same.front();
        entry->refused = fmt::format("the id {} is also that of {}: remove one of them", id, other->file.path.string());
      }
}

ResolvedPlugin PluginCatalog::resolveOne(std::string_view id, const PluginUse& use, ConfigProblems& problems) {
  const auto complain = [&](std::string message, std::string hint = {}) {
    problems.push_back(problemAt(use.place, std::move(message), std::move(hint)));
    return ResolvedPlugin{nullptr, &use, {}};
  };
  const auto entry = std::ranges::find_if(entries_, [&](const CatalogEntry& one) { return one.manifest && one.manifest->id == id; });
  if (entry == entries_.end()) {
    std::vector<std::string_view> ids;
    for (const CatalogEntry& one : entries_)
      if (one.manifest) ids.emplace_back(one.manifest->id);
    std::string hint = suggestion(id, ids);
    for (const CatalogEntry& one : entries_)  // The file may be there and unreadable: then that is what to say.
      if (hint.empty() && !one.manifest) hint = fmt::format("{} was refused: {}", one.file.path.string(), one.refused);
    return complain(fmt::format("no sound file in the plugin directories holds the plugin {}", id), std::move(hint));
  }
  if (!entry->refused.empty())
    return complain(fmt::format("the plugin {} ({}) was refused: {}", id, entry->file.path.string(), entry->refused));
  if (!use.sha256.empty() && use.sha256 != entry->file.sha256)
    return complain(fmt::format("the plugin {} ({}) is not the file that was pinned: its SHA-256 is {}", id, entry->file.path.string(),
                                entry->file.sha256),
                    "if the new file is meant, write this sum into the configuration");
  auto options = entry->manifest->options.complete(use.config, use.place);
  if (!options) {
    problems.insert(problems.end(), options.error().begin(), options.error().end());
    return {nullptr, &use, {}};
  }
  return {&*entry, &use, *std::move(options)};
}

std::expected<std::vector<ResolvedPlugin>, ConfigProblems> PluginCatalog::resolve(const PluginUses& uses) {
  ConfigProblems problems;
  std::vector<ResolvedPlugin> resolved;
  for (const auto& [id, use] : uses)
    if (use.enabled) resolved.push_back(resolveOne(id, use, problems));
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return resolved;
}

}  // namespace atrium
