#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugin/hook_figures.hpp"
#include "plugin/isolated/isolated_plugin.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/process_hooks.hpp"

namespace atrium {

[[nodiscard]] inline Placement placementOf(const PluginUse* use) {
  if (!use || use->run == RunPlacement::in_process) return Placement::in_process;
  return use->run == RunPlacement::isolated ? Placement::isolated : Placement::shadow;
}

// One load of a plugin, with everything it was made of, so that it can be made again.
struct PluginHost::Generation {
  std::uint64_t number = 1;
  CatalogEntry entry;
  std::optional<PluginUse> use;
  std::string options;
  PluginRights rights;
  std::vector<std::string> offers;
  HookSource source;
  std::unique_ptr<LoadedPlugin> loaded;
  std::vector<std::shared_ptr<HookTarget>> hooks;  // One a shard, until they are published.
  std::shared_ptr<EveryShard> left;                // Of one that was replaced: the shards that have let go of it.
  std::shared_ptr<ShadowLedger> shadow;            // Of a shadow: where its answers are counted.
  bool stuck = false;                              // A job of it never ended: it stays for as long as the process lives.

  [[nodiscard]] bool offersKind(std::string_view kind) const { return std::ranges::find(offers, kind) != offers.end(); }
  // Whether it is in a runner.
  [[nodiscard]] bool isolated() const { return placement() != Placement::in_process; }
  [[nodiscard]] Placement placement() const { return placementOf(use ? &*use : nullptr); }
  // What of it is found in the registry.
  [[nodiscard]] std::vector<std::string> found() const { return shadow ? std::vector<std::string>() : offers; }
  [[nodiscard]] const std::string& sha256() const { return entry.file.sha256; }
  [[nodiscard]] bool stores() const { return offersKind("storage-backend"); }
  // What it was made of, to make it again; nothing of what was made.
  [[nodiscard]] std::unique_ptr<Generation> recipe() const;
  [[nodiscard]] HookSettings hookSettings() const;
  // How its hooks and types are published; nothing: it has none.
  [[nodiscard]] std::optional<TypesPublication> publication() const;
  // What would make it again. Points into it.
  [[nodiscard]] ResolvedPlugin resolved() const {
    return {.entry = &entry,
            .use = use ? &*use : nullptr,
            .off = {},
            .lacking = false,
            .options = options,
            .rights = rights,
            .offers = offers,
            .named = true};
  }
};

// What the host knows of one plugin or of one file that is none.
struct PluginHost::Record {
  static constexpr std::size_t history_max = 16;
  static constexpr unsigned pinned_max = 10;  // Generations of one plugin that cannot leave the memory; more are not made.

  CatalogEntry entry;                         // As it was found last; what runs may be older.
  std::string off;                            // Why it is not wanted.
  bool lacking = false;                       // What it requires was not there when it was looked at last.
  std::optional<QuarantinedFile> quarantine;  // Of the file that was found.
  PluginState state = PluginState::discovered;
  std::string reason;
  Wall since{};
  std::deque<PluginEvent> history;

  std::unique_ptr<Generation> current;            // What is being called; null: nothing.
  std::vector<std::unique_ptr<Generation>> held;  // Old ones that somebody is still inside of.
  std::uint64_t generations = 0;                  // How many were made.
  std::uint64_t done_with = 0;                    // The last one before something was said of the plugin as a whole.
  unsigned pinned = 0;                            // How many of them cannot leave the memory.
  std::vector<const LoadedPlugin*> leaving;       // Replaced or withdrawn, and not yet ended; their figures still count.
  FiguresByHook past;                             // Of those that ended.
  RunnerFigures past_runners;                     // Likewise, what their runners counted.
  std::shared_ptr<ShadowLedger> shadow;           // Of all its generations that were shadows; null: none was.

  // A new generation is on probation: trouble within that time, and the former one comes back, once.
  std::unique_ptr<Generation> former;  // Without its library. Kept while going back fails.
  Mono probation_until{};
  std::string rolled_back_sha256;  // The file that did not pass; a rescan leaves it alone.

  // Of all generations there were.
  [[nodiscard]] FiguresByHook hookFigures() const {
    FiguresByHook sum = past;
    if (current) addFigures(sum, *current->loaded);
    for (const LoadedPlugin* old : leaving) addFigures(sum, *old);
    return sum;
  }
  [[nodiscard]] RunnerFigures runnerFigures() const {
    RunnerFigures sum = past_runners;
    if (current && current->isolated()) sum += current->loaded->isolated()->figures();
    for (const LoadedPlugin* old : leaving)
      if (const IsolatedPlugin* runner = old->isolated()) sum += runner->figures();
    return sum;
  }

  [[nodiscard]] std::string pinnedTooOften() const;

  std::deque<Mono> faults;  // The latest.
  std::string last_fault;
  bool troubled = false;  // attend() is to look at it.
};

// One step on its way.
struct PluginHost::Move {
  PluginStep shown;
  ResolvedPlugin plugin;  // Of what is to be loaded.
  Record* record = nullptr;
  std::unique_ptr<Generation> made = {};
  bool hands_over = false;
  bool asked = false;  // Somebody asked for this very one.
  bool rollback = false;
  bool stateless = false;  // Nothing is handed over, though it could be.
  bool done = false;       // It has been carried out, before the others.

  [[nodiscard]] bool loads() const { return shown.action <= PluginStep::Action::reconfigure && shown.action != PluginStep::Action::unload; }
  [[nodiscard]] bool changes() const { return shown.action <= PluginStep::Action::reconfigure; }
  // Whether the old generation must have ended before the new one begins.
  [[nodiscard]] bool exclusive() const { return loads() && record->current && record->current->stores(); }
};

// A configuration that is being looked at. Does not move: `resolved` points into it.
struct PluginHost::Trial {
  PluginCatalog catalog;
  PluginWishes wishes;
  std::vector<ResolvedPlugin> resolved;
};

}  // namespace atrium
