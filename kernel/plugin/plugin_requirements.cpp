// What becomes of all plugins together: who requires whom, in which order they are loaded, and that no two provide the same.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin/plugin_catalog.hpp"

namespace atrium {

namespace {

// A problem when it is named and off when it is not, or when what it lacks is kept out.
void lacks(ResolvedPlugin& plugin, std::string sentence, bool out, ConfigProblems& problems) {
  if (plugin.named && !out)
    problems.push_back(problemAt(plugin.use ? plugin.use->place : SourcePlace(), std::move(sentence), "bring it, or switch this one off"));
  else
    plugin.off = std::move(sentence), plugin.lacking = true, plugin.kept_out = out;
}

// Each behind those it requires. Who stands in a circle lacks what it requires.
void putInOrder(std::vector<ResolvedPlugin>& resolved, ConfigProblems& problems) {
  // Taken in rounds: whoever requires nothing that is still waiting. Those that wait for ever stand in a circle, or behind one.
  std::vector<ResolvedPlugin> in_order;
  std::vector<ResolvedPlugin> waiting = std::move(resolved);
  while (!waiting.empty()) {
    std::vector<ResolvedPlugin> still;
    const auto waits = [&waiting](const ResolvedPlugin& plugin) {
      return plugin.off.empty() && std::ranges::any_of(plugin.entry->manifest->requirements, [&](const ManifestRequirement& requirement) {
               return std::ranges::any_of(
                   waiting, [&](const ResolvedPlugin& other) { return other.entry && other.entry->manifest->id == requirement.plugin; });
             });
    };
    std::vector<bool> held;
    for (const ResolvedPlugin& plugin : waiting) held.push_back(waits(plugin));
    if (std::ranges::find(held, false) == held.end()) {
      for (ResolvedPlugin& plugin : waiting)
        lacks(plugin,
              fmt::format("the plugin {} requires {}, which in the end requires it", plugin.entry->manifest->id,
                          plugin.entry->manifest->requirements.front().plugin),
              false, problems);
      std::ranges::move(waiting, std::back_inserter(in_order));
      break;
    }
    for (std::size_t at = 0; at < waiting.size(); ++at) (held[at] ? still : in_order).push_back(std::move(waiting[at]));
    waiting = std::move(still);
  }
  resolved = std::move(in_order);
}

}  // namespace

PluginCatalog::Lack PluginCatalog::lackOf(const ManifestRequirement& requirement, const std::vector<ResolvedPlugin>& resolved,
                                          const KeptOut& kept_out) const {
  const CatalogEntry* entry = find(requirement.plugin);
  if (!entry) return {"no file in the plugin directories holds it"};
  if (!entry->refused.empty()) return {fmt::format("{} was refused: {}", entry->file.path.string(), entry->refused)};
  const auto other = std::ranges::find(resolved, requirement.plugin, [](const ResolvedPlugin& one) { return one.entry->manifest->id; });
  if (other != resolved.end() && !other->off.empty()) return {fmt::format("it is off: {}", other->off), other->kept_out};
  if (std::string why = kept_out ? kept_out(*entry) : std::string(); !why.empty()) return {std::move(why), true};
  const auto version = Version::parse(entry->manifest->version);
  if (version && !requirement.range.holds(*version))
    return {fmt::format("{} is version {}", entry->file.path.string(), entry->manifest->version)};
  return {};
}

void PluginCatalog::checkRequirements(std::vector<ResolvedPlugin>& resolved, const KeptOut& kept_out, ConfigProblems& problems) const {
  std::vector<std::string_view> told;
  // One that goes off may be what another one requires.
  for (bool again = true; std::exchange(again, false);)
    for (ResolvedPlugin& plugin : resolved) {
      const std::string_view id = plugin.entry->manifest->id;
      if (!plugin.off.empty() || std::ranges::find(told, id) != told.end()) continue;
      for (const ManifestRequirement& requirement : plugin.entry->manifest->requirements) {
        const Lack lack = lackOf(requirement, resolved, kept_out);
        if (lack.why.empty()) continue;
        told.push_back(id);
        lacks(plugin, fmt::format("the plugin {} requires {} {}, and {}", id, requirement.plugin, requirement.versions, lack.why),
              lack.kept_out, problems);
        again = again || !plugin.off.empty();
        break;
      }
    }
  putInOrder(resolved, problems);
}

// Rooms and messages name their types: two plugins for one name would be a matter of luck.
void PluginCatalog::checkNames(const std::vector<ResolvedPlugin>& resolved, ConfigProblems& problems) {
  std::map<std::pair<std::string_view, std::string_view>, std::string_view> taken;
  const auto isShadow = [](const ResolvedPlugin& plugin) { return plugin.use && plugin.use->run == RunPlacement::shadow; };
  for (const ResolvedPlugin& plugin : resolved)
    for (const std::string& kind : plugin.offers) {
      if (isShadow(plugin)) continue;
      const Manifest& manifest = *plugin.entry->manifest;
      const auto [first, is_first] = taken.try_emplace({kind, manifest.nameOf(kind)}, manifest.id);
      if (!is_first)
        problems.push_back(
            problemAt(plugin.use ? plugin.use->place : SourcePlace(),
                      fmt::format("the plugins {} and {} both provide the {} {}", first->second, manifest.id, kind, manifest.nameOf(kind)),
                      "switch one of them off under plugins.use, or let one be a shadow of the other"));
    }
  for (const ResolvedPlugin& plugin : resolved)
    for (const std::string& kind : plugin.offers) {
      const Manifest& manifest = *plugin.entry->manifest;
      if (isShadow(plugin) && !taken.contains({kind, manifest.nameOf(kind)}))
        problems.push_back(problemAt(
            plugin.use->place,
            fmt::format("{}: no other plugin provides the {} {} that it could be the shadow of", manifest.id, kind, manifest.nameOf(kind)),
            "switch one on that does, or take run: shadow away"));
    }
}

std::expected<std::vector<ResolvedPlugin>, ConfigProblems> PluginCatalog::resolve(const PluginWishes& wishes,
                                                                                  const KeptOut& kept_out) const {
  ConfigProblems problems;
  checkNamed(wishes, problems);
  std::map<std::string, Switch> room_types;
  for (const auto& [name, wish] : wishes.room_types)
    if (!wish.based_on) room_types.emplace(name, wish);
  checkSwitches(room_types, "room-type", problems);
  checkRoomTypes(wishes, problems);
  checkSwitches(wishes.message_types, "message-type", problems);
  checkStorage(wishes, problems);
  checkScorers(wishes, problems);
  std::vector<ResolvedPlugin> resolved;
  for (const CatalogEntry& entry : entries_)
    if (entry.refused.empty()) resolved.push_back(resolveOne(entry, wishes, problems));
  checkNames(resolved, problems);
  checkRequirements(resolved, kept_out, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return resolved;
}

}  // namespace atrium
