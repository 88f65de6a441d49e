// What the configuration wishes of plugins, held against those there are: every name is one that something provides.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/option_value.hpp"
#include "plugin/plugin_catalog.hpp"

namespace atrium {

PluginWishes wishesOf(const Settings& settings) {
  std::vector<PlacedName> scorers;
  for (const PolicyWish& policy : settings.coordination.policies)
    for (const auto* side : {&policy.agents, &policy.queue})
      for (const WeightWish& one : *side) scorers.push_back({one.scorer, one.place});
  return {.enabled_by_default = settings.plugins.enabled_by_default,
          .use = settings.plugins.use,
          .room_types = settings.room_types,
          .message_types = settings.message_types,
          .storage = settings.storage.backend,
          .scorers = std::move(scorers)};
}

std::vector<std::filesystem::path> pluginDirectories(const Settings& settings, const std::filesystem::path& program_directory) {
  std::vector<std::filesystem::path> directories;
  for (const std::string& directory : settings.plugins.directories)
    directories.push_back((program_directory / directory).lexically_normal());
  return directories;
}

// A plugin that is named must exist and be sound, be it switched on or off: a misspelt id would leave the real one as it was.
void PluginCatalog::checkNamed(const PluginWishes& wishes, ConfigProblems& problems) const {
  for (const auto& [id, use] : wishes.use) {
    const auto entry = std::ranges::find_if(entries_, [&](const CatalogEntry& one) { return one.manifest && one.manifest->id == id; });
    if (entry == entries_.end()) {
      std::vector<std::string_view> ids;
      std::string hint;
      for (const CatalogEntry& one : entries_) {
        if (one.manifest)
          ids.emplace_back(one.manifest->id);
        else if (hint.empty())  // It may be there and unreadable: then this is what to look at.
          hint = fmt::format("{} was refused: {}", one.file.path.string(), one.refused);
      }
      const std::string similar = suggestion(id, ids);
      problems.push_back(
          problemAt(use.place, fmt::format("no file in the plugin directories holds the plugin {}", id), similar.empty() ? hint : similar));
    } else if (use.enabled && !entry->refused.empty()) {
      problems.push_back(
          problemAt(use.place, fmt::format("the plugin {} ({}) was refused: {}", id, entry->file.path.string(), entry->refused)));
    }
  }
}

void PluginCatalog::checkSwitches(const std::map<std::string, Switch>& switches, std::string_view kind, ConfigProblems& problems) const {
  std::vector<std::string_view> names;
  std::map<std::string_view, const CatalogEntry*> providers;  // By name; a sound one where there is one.
  for (const CatalogEntry& entry : entries_) {
    if (!entry.manifest || !entry.manifest->has(kind)) continue;
    names.push_back(entry.manifest->nameOf(kind));
    const CatalogEntry*& provider = providers[names.back()];
    if (!provider || entry.refused.empty()) provider = &entry;
  }
  for (const auto& [name, position] : switches) {
    const auto found = providers.find(name);
    if (found == providers.end()) {
      problems.push_back(problemAt(position.place, fmt::format("no plugin provides the {} {}", kind, name), suggestion(name, names)));
    } else if (const CatalogEntry& provider = *found->second; position.on && !provider.refused.empty()) {
      problems.push_back(
          problemAt(position.place, fmt::format("the plugin {} ({}), which provides the {} {}, was refused: {}", provider.manifest->id,
                                                provider.file.path.string(), kind, name, provider.refused)));
    }
  }
}

void PluginCatalog::checkStorage(const PluginWishes& wishes, ConfigProblems& problems) const {
  if (wishes.storage.empty()) return;
  std::vector<std::string_view> names;
  std::string hint;
  for (const CatalogEntry& entry : entries_) {
    if (!entry.manifest || !entry.manifest->has("storage-backend")) continue;
    const std::string_view name = entry.manifest->nameOf("storage-backend");
    if (name != wishes.storage && entry.manifest->id != wishes.storage) {
      names.push_back(name);
    } else if (const auto use = wishes.use.find(entry.manifest->id); use != wishes.use.end() && !use->second.enabled) {
      hint = fmt::format("plugins.use switches {} off", entry.manifest->id);
    } else if (entry.refused.empty()) {
      return;
    } else {
      hint = fmt::format("{} was refused: {}", entry.file.path.string(), entry.refused);
    }
  }
  if (hint.empty()) hint = names.empty() ? "there is no storage plugin at all" : fmt::format("there are: {}", fmt::join(names, ", "));
  problems.push_back(problemAt({}, fmt::format("no plugin provides the storage backend {}", wishes.storage), std::move(hint)));
}

// One that is provided and switched off is no mistake: decisions are made without it, and say so.
void PluginCatalog::checkScorers(const PluginWishes& wishes, ConfigProblems& problems) const {
  std::vector<std::string_view> names;
  for (const CatalogEntry& entry : entries_)
    if (entry.manifest && entry.manifest->has("routing-scorer")) names.push_back(entry.manifest->nameOf("routing-scorer"));
  for (const PlacedName& scorer : wishes.scorers) {
    if (std::ranges::find(names, scorer.name) != names.end()) continue;
    std::string hint = suggestion(scorer.name, names);
    if (hint.empty()) hint = names.empty() ? "there is no scorer at all" : fmt::format("there are: {}", fmt::join(names, ", "));
    problems.push_back(problemAt(scorer.place, fmt::format("no plugin provides the routing-scorer {}", scorer.name), std::move(hint)));
  }
}

// What room types of the configuration's own need: what they are based on, how often that goes on, and whose hooks they run.
void PluginCatalog::checkRoomTypes(const PluginWishes& wishes, ConfigProblems& problems) const {
  std::vector<std::string_view> room_types, message_types, own;
  for (const CatalogEntry& entry : entries_) {
    if (!entry.manifest) continue;
    if (entry.manifest->has("room-type")) room_types.push_back(entry.manifest->nameOf("room-type"));
    if (entry.manifest->has("message-type")) message_types.push_back(entry.manifest->nameOf("message-type"));
  }
  const auto provided = [](const std::vector<std::string_view>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
  };
  for (const auto& [name, wish] : wishes.room_types)
    if (wish.based_on) own.push_back(name);
  std::vector<std::string_view> bases = room_types;
  bases.insert(bases.end(), own.begin(), own.end());
  const auto isOff = [&](const std::string& name) {
    const auto named = wishes.room_types.find(name);
    return named != wishes.room_types.end() && !named->second.on;
  };
  for (const auto& [name, wish] : wishes.room_types) {
    const auto refuse = [&](const SourcePlace& place, const std::string& what, std::string hint) {
      problems.push_back(problemAt(place, fmt::format("room_types.{}: {}", name, what), std::move(hint)));
    };
    for (const PlacedName& addon : wish.with) {
      if (!provided(room_types, addon.name))
        refuse(addon.place, fmt::format("no plugin provides the room type {}", addon.name), suggestion(addon.name, room_types));
      else if (addon.name == name)
        refuse(addon.place, "a room type cannot be with itself", "its own hooks run first");
      else if (isOff(addon.name))
        refuse(addon.place, fmt::format("the room type {} is switched off", addon.name), "switch it on, or take it out of with");
    }
    if (!wish.based_on) continue;
    if (provided(room_types, name)) refuse(wish.place, "a plugin provides a room type of that name", "choose another name");
    for (const PlacedName& type : wish.message_types.value_or(std::vector<PlacedName>{}))
      if (!provided(message_types, type.name))
        refuse(type.place, fmt::format("no plugin provides the message type {}", type.name), suggestion(type.name, message_types));
    const PlacedName& base = *wish.based_on;
    if (!provided(bases, base.name)) {
      refuse(base.place, fmt::format("there is no room type {} to be based on", base.name), suggestion(base.name, bases));
      continue;
    }
    if (isOff(base.name)) refuse(base.place, fmt::format("the room type {} is switched off", base.name), "switch it on");
    // A chain that is longer than there are types comes back to one of them.
    const std::string* at = &base.name;
    std::size_t steps = 0;
    for (auto next = wishes.room_types.find(*at); next != wishes.room_types.end() && next->second.based_on && steps <= own.size();
         ++steps) {
      at = &next->second.based_on->name;
      next = wishes.room_types.find(*at);
    }
    if (steps > own.size())
      refuse(base.place, "it is based on itself, by way of others", "let one of them be based on a plugin's room type");
  }
}

}  // namespace atrium
