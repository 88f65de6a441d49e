// What becomes of one plugin that is there: whether it is wanted, of which of its kinds, with which options and rights.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "plugin/isolated/offer.hpp"
#include "plugin/kinds.hpp"
#include "plugin/plugin_catalog.hpp"

namespace atrium {

namespace {

// Whether some room type of the configuration cannot be without that of a plugin.
bool isNeeded(const PluginWishes& wishes, std::string_view room_type) {
  if (room_type.empty()) return false;
  return std::ranges::any_of(wishes.room_types, [room_type](const auto& entry) {
    const RoomTypeWish& wish = entry.second;
    return (wish.based_on && wish.based_on->name == room_type) ||
           std::ranges::find(wish.with, room_type, &PlacedName::name) != wish.with.end();
  });
}

}  // namespace

ResolvedPlugin PluginCatalog::resolveOne(const CatalogEntry& entry, const PluginWishes& wishes, ConfigProblems& problems) {
  const Manifest& manifest = *entry.manifest;
  ResolvedPlugin plugin{
      .entry = &entry, .use = nullptr, .off = {}, .lacking = false, .options = {}, .rights = {}, .offers = {}, .named = false};
  if (const auto use = wishes.use.find(manifest.id); use != wishes.use.end()) plugin.use = &use->second;
  if (plugin.use && !plugin.use->enabled) {
    plugin.off = "plugins.use switches it off";
    return plugin;
  }
  // What is not named by the kind and name it offers is on when its plugin is.
  const bool on_unnamed = plugin.use || wishes.enabled_by_default;
  const auto isOn = [&](const auto& switches, const std::string& name) {
    const auto found = switches.find(name);
    if (found == switches.end()) return on_unnamed;
    plugin.named = plugin.named || found->second.on;
    return found->second.on;
  };
  const auto isStorage = [&](const std::string& name) {
    const bool wanted = wishes.storage == name || wishes.storage == manifest.id;
    plugin.named = plugin.named || wanted;
    return wanted;
  };
  for (const ManifestExtension& extension : manifest.extensions) {
    const bool on = extension.kind == "room-type"         ? isOn(wishes.room_types, extension.name)
                    : extension.kind == "message-type"    ? isOn(wishes.message_types, extension.name)
                    : extension.kind == "storage-backend" ? isStorage(extension.name)
                                                          : on_unnamed;
    if (on)
      plugin.offers.push_back(extension.kind);
    else
      plugin.off = fmt::format("the {} {} is not switched on", extension.kind, extension.name);
  }
  plugin.named = plugin.named || plugin.use || isNeeded(wishes, manifest.nameOf("room-type"));
  if (plugin.offers.empty()) return plugin;
  plugin.off.clear();
  checkVersion(plugin, problems);
  checkCalls(plugin, problems);
  checkPlacement(plugin, problems);
  giveRights(plugin, problems);
  auto options = manifest.options.complete(plugin.use ? plugin.use->config : YamlNode(), plugin.use ? plugin.use->place : SourcePlace());
  if (options)
    plugin.options = *std::move(options);
  else if (plugin.named)
    for (ConfigProblem& problem : options.error()) {
      problem.message = fmt::format("{}: {}", manifest.id, problem.message);
      problems.push_back(std::move(problem));
    }
  else
    plugin.off = options.error().front().message;  // It waits for whoever names it; nobody misses it until then.
  return plugin;
}

void PluginCatalog::checkCalls(const ResolvedPlugin& plugin, ConfigProblems& problems) {
  if (!plugin.use || (!plugin.use->deadline && !plugin.use->on_failure)) return;
  const Manifest& manifest = *plugin.entry->manifest;
  const bool of_rooms = manifest.has("room-type") || manifest.has("message-type");
  const auto refuse = [&](std::string what, std::string remedy) {
    problems.push_back(problemAt(plugin.use->place, fmt::format("{}: {}", manifest.id, what), std::move(remedy)));
  };
  if (manifest.has("storage-backend"))
    return refuse("a storage takes neither deadline nor on_failure here", "set storage.deadline; what fails is never taken for stored");
  if (plugin.use->on_failure && !of_rooms)
    refuse("on_failure is for room types and message types", "leave it out; docs/plugins tells what a failure of each kind does");
  if (!plugin.use->deadline) return;
  bool bounded = of_rooms;
  const auto check = [&]<typename Kind>(const Kind*) {
    if constexpr (requires { Kind::deadline_max; }) {
      if (std::ranges::find(plugin.offers, Kind::word) == plugin.offers.end()) return;
      bounded = true;
      // Beside a room type or message type, which may have more, its calls end at their own bound.
      if (!of_rooms && *plugin.use->deadline > Kind::deadline_max)
        refuse(fmt::format("a {} may take {} ms at most", Kind::word, Kind::deadline_max.count()), "give it a shorter deadline, or none");
    }
  };
  const auto checkAll = [&]<typename... Kinds>(std::tuple<Kinds...>*) { (check(static_cast<const Kinds*>(nullptr)), ...); };
  checkAll(static_cast<AllKinds*>(nullptr));
  if (!bounded) refuse("its kind of plugin takes no deadline here", "leave it out");
}

void PluginCatalog::checkPlacement(const ResolvedPlugin& plugin, ConfigProblems& problems) {
  if (!plugin.use || plugin.use->run == RunPlacement::in_process) return;
  const std::string& id = plugin.entry->manifest->id;
  const auto refuse = [&](std::string what, std::string remedy) {
    problems.push_back(problemAt(plugin.use->place, fmt::format("{}: {}", id, what), std::move(remedy)));
  };
  for (const std::string& kind : plugin.offers)
    if (plugin.use->run == RunPlacement::isolated) {
      if (!canBeIsolated(kind))
        refuse(fmt::format("a {} cannot be isolated", kind), "leave run out: what holds the server's data runs inside the server");
    } else if (kind != "room-type" && kind != "message-type") {
      refuse(fmt::format("a {} cannot be a shadow: only room types and message types can", kind),
             canBeIsolated(kind) ? "let it run isolated, or leave run out" : "leave run out");
    }
  if (plugin.use->run == RunPlacement::shadow && plugin.use->on_failure)
    refuse("a shadow takes no on_failure: nothing that it says takes effect", "leave on_failure out");
}

void PluginCatalog::giveRights(ResolvedPlugin& plugin, ConfigProblems& problems) {
  const Manifest& manifest = *plugin.entry->manifest;
  plugin.rights.grants = Grants(manifest.grants, plugin.use ? plugin.use->grants : std::nullopt);
  if (!plugin.use) return;
  if (plugin.use->run == RunPlacement::shadow) plugin.rights.grants.withholdEffects();
  if (plugin.use->grants)
    for (const std::string& grant : *plugin.use->grants)
      if (!Grants::covers(manifest.grants, grant))
        problems.push_back(problemAt(
            plugin.use->place, fmt::format("{}: it does not want the grant \"{}\"", manifest.id, grant),
            manifest.grants.empty() ? std::string("it wants none") : fmt::format("it wants {}", fmt::join(manifest.grants, ", "))));
  for (const YamlMember& secret : plugin.use->secrets.members) {
    if (secret.value.kind == YamlNode::Kind::scalar)
      plugin.rights.secrets.emplace(secret.key, secret.value.text);
    else
      problems.push_back(problemAt(secret.place, fmt::format("{}: the secret {} must be a text", manifest.id, secret.key)));
  }
}

void PluginCatalog::checkVersion(const ResolvedPlugin& plugin, ConfigProblems& problems) {
  if (!plugin.use || plugin.use->version.empty()) return;
  const Manifest& manifest = *plugin.entry->manifest;
  const auto range = VersionRange::parse(plugin.use->version);
  const auto version = Version::parse(manifest.version);
  if (!range)
    problems.push_back(problemAt(plugin.use->place, fmt::format("{}: \"{}\" says nothing of versions", manifest.id, plugin.use->version),
                                 "write it as in ^1.2, ~1.2.3 or \">=1.2 <3\""));
  else if (version && !range->holds(*version))
    problems.push_back(problemAt(plugin.use->place,
                                 fmt::format("the plugin {} ({}) has the version {}, and {} is asked for", manifest.id,
                                             plugin.entry->file.path.string(), manifest.version, plugin.use->version),
                                 "bring another file, or ask for other versions"));
}

}  // namespace atrium
