#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"
#include "plugin/manifest.hpp"
#include "plugin/plugin_file.hpp"
#include "plugin/services/grants.hpp"

// Which plugins there are and which of them the operator wants: everything that is known before a line of their code runs.
namespace atrium {

// One file of a plugin directory: sound, or refused with a reason. A value; copies share the file's bytes and the manifest.
struct CatalogEntry {
  PluginFile file;                           // The path alone when it was refused before it was read.
  std::shared_ptr<const Manifest> manifest;  // Null when none could be read.
  std::string refused;                       // One sentence without its full stop; empty: sound.
  bool doubled = false;                      // Refused because another file has the same id.
};

// What the configuration says of plugins. A value.
struct PluginWishes {
  bool enabled_by_default = true;                  // Whether a plugin that `use` does not name is wanted.
  std::map<std::string, PluginUse> use;            // By id.
  std::map<std::string, RoomTypeWish> room_types;  // By name; what is not named is on.
  std::map<std::string, Switch> message_types;
  std::string storage;                   // The name or id of the one storage backend that is wanted; empty: none.
  std::vector<PlacedName> scorers = {};  // That routing policies name.
};

[[nodiscard]] PluginWishes wishesOf(const Settings& settings);
// Where the configuration says that plugins lie; relative paths start at `program_directory`.
[[nodiscard]] std::vector<std::filesystem::path> pluginDirectories(const Settings& settings,
                                                                   const std::filesystem::path& program_directory);

// What becomes of one sound plugin.
struct ResolvedPlugin {
  const CatalogEntry* entry = nullptr;
  const PluginUse* use = nullptr;   // Null: the configuration does not name it.
  std::string off;                  // Why it is not wanted, a sentence without its full stop; empty: it is.
  bool lacking = false;             // `off` because it lacks another plugin that it needs.
  bool kept_out = false;            // Likewise, and that one is kept out, or lacks one that is.
  std::string options;              // When it is wanted: its options as it will get them, one JSON object.
  PluginRights rights{};            // Likewise, what it may use.
  std::vector<std::string> offers;  // Which of the manifest's kinds of extension are switched on.
  // Whether the configuration asks for it by its id, as the storage or by the name of its type: one that cannot be used ends the start.
  bool named = false;
};

// A value; copies share what is large.
class PluginCatalog {
 public:
  static constexpr std::size_t files_max = 1000;

  // Reads and verifies every *.so file in the directories, in order of path; others, and those whose names begin with a dot, are passed
  // over. Runs nothing of them. Fails with plugin_failed when a directory cannot be used. Blocks on the disk. Any thread.
  [[nodiscard]] static Result<PluginCatalog> scan(std::span<const std::filesystem::path> directories);

  // Reads the file that held the plugin `id` anew, where one did. Blocks on the disk.
  void reread(std::string_view id);

  [[nodiscard]] std::span<const CatalogEntry> entries() const { return entries_; }
  // The sound entry of that id, or one that is not; null: there is none.
  [[nodiscard]] const CatalogEntry* find(std::string_view id) const;

  // What becomes of every sound plugin, in order of file but behind those it requires; or everything in the wishes that cannot be granted:
  // names that nothing provides, plugins that are named and refused, options that are wrong. A plugin that is not named and lacks an option
  // it needs is off. The result points into the catalog and into `wishes`.
  // Who requires a plugin that is kept out is off even when it is named: no mistake of the configuration's.
  // `kept_out` says why a sound file is not to be loaded though it is wanted, a sentence's end; nothing: it may be.
  using KeptOut = std::function<std::string(const CatalogEntry&)>;
  [[nodiscard]] std::expected<std::vector<ResolvedPlugin>, ConfigProblems> resolve(const PluginWishes& wishes,
                                                                                   const KeptOut& kept_out = {}) const;

 private:
  [[nodiscard]] static CatalogEntry read(const std::filesystem::path& path);
  void refuseDoubles();
  void checkNamed(const PluginWishes& wishes, ConfigProblems& problems) const;
  void checkSwitches(const std::map<std::string, Switch>& switches, std::string_view kind, ConfigProblems& problems) const;
  void checkRoomTypes(const PluginWishes& wishes, ConfigProblems& problems) const;
  void checkStorage(const PluginWishes& wishes, ConfigProblems& problems) const;
  void checkScorers(const PluginWishes& wishes, ConfigProblems& problems) const;
  // Whether its calls can have the deadline and the meaning of a failure that are wanted.
  static void checkCalls(const ResolvedPlugin& plugin, ConfigProblems& problems);
  // Whether a plugin can be where it is wanted to run.
  static void checkPlacement(const ResolvedPlugin& plugin, ConfigProblems& problems);
  static void giveRights(ResolvedPlugin& plugin, ConfigProblems& problems);
  static ResolvedPlugin resolveOne(const CatalogEntry& entry, const PluginWishes& wishes, ConfigProblems& problems);
  static void checkVersion(const ResolvedPlugin& plugin, ConfigProblems& problems);
  // Whoever lacks another plugin, or stands in a circle with it, is a problem when it is named and off when it is not; then in an order in
  // which each follows what it requires.
  void checkRequirements(std::vector<ResolvedPlugin>& resolved, const KeptOut& kept_out, ConfigProblems& problems) const;
  struct Lack {
    std::string why;  // A sentence's end; empty: nothing is lacking.
    bool kept_out = false;
  };
  [[nodiscard]] Lack lackOf(const ManifestRequirement& requirement, const std::vector<ResolvedPlugin>& resolved,
                            const KeptOut& kept_out) const;
  // That no two provide the same, and each shadow what another one does.
  static void checkNames(const std::vector<ResolvedPlugin>& resolved, ConfigProblems& problems);

  std::vector<CatalogEntry> entries_;
};

}  // namespace atrium
