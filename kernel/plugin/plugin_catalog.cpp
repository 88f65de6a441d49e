// Which files there are, and what each of them holds.
#include "plugin/plugin_catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "atrium/abi.h"
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
      const bool other = file->path().filename().string().starts_with('.') || file->path().extension() != ".so";
      std::error_code unreadable;
      const bool is_directory = !file->is_symlink(unreadable) && file->is_directory(unreadable);
      if (!other && !is_directory) paths.push_back(file->path());
    }
    if (error)
      return fail(Code::plugin_failed, fmt::format("the plugin directory {} cannot be read: {}", directory.string(), error.message()));
    if (paths.size() + catalog.entries_.size() > files_max)
      return fail(Code::plugin_failed, fmt::format("the plugin directories hold more than {} files", files_max));
    std::ranges::sort(paths);
    for (const std::filesystem::path& path : paths) catalog.entries_.push_back(read(path));
  }
  catalog.refuseDoubles();
  return catalog;
}

CatalogEntry PluginCatalog::read(const std::filesystem::path& path) {
  CatalogEntry entry;
  entry.file.path = path;
  auto file = readPluginFile(path);
  if (!file) {
    entry.refused = file.error().detail;
    return entry;
  }
  entry.file = *std::move(file);
  auto manifest = parseManifest(entry.file.manifest, "plugin.yaml");
  if (!manifest) {
    entry.refused = "its manifest is wrong: " + manifest.error().detail;
    return entry;
  }
  entry.manifest = std::make_shared<const Manifest>(*std::move(manifest));
  if (entry.manifest->abi_major != ATRIUM_ABI_MAJOR || entry.manifest->abi_minor > ATRIUM_ABI_MINOR)
    entry.refused = fmt::format("it was built for plugin interface {}.{}, and this server has {}.{}: build it with this server's SDK",
                                entry.manifest->abi_major, entry.manifest->abi_minor, ATRIUM_ABI_MAJOR, ATRIUM_ABI_MINOR);
  return entry;
}

void PluginCatalog::reread(std::string_view id) {
  for (CatalogEntry& entry : entries_)
    if (entry.manifest && entry.manifest->id == id) entry = read(entry.file.path);
  refuseDoubles();
}

const CatalogEntry* PluginCatalog::find(std::string_view id) const {
  const CatalogEntry* found = nullptr;
  for (const CatalogEntry& entry : entries_)
    if (entry.manifest && entry.manifest->id == id && (!found || entry.refused.empty())) found = &entry;
  return found;
}

// Two files with one id are both refused: which of them was meant, only the operator knows.
void PluginCatalog::refuseDoubles() {
  std::map<std::string_view, std::vector<CatalogEntry*>> by_id;
  for (CatalogEntry& entry : entries_) {
    if (std::exchange(entry.doubled, false)) entry.refused.clear();
    if (entry.manifest) by_id[entry.manifest->id].push_back(&entry);
  }
  for (const auto& [id, same] : by_id)
    for (CatalogEntry* entry : same)
      if (same.size() > 1) {
        entry->doubled = true;
        const CatalogEntry* other = same.front() == entry ? same.back() : same.front();
        entry->refused = fmt::format("the id {} is also that of {}: remove one of them", id, other->file.path.string());
      }
}

}  // namespace atrium
