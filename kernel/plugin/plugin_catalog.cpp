#include "plugin/plugin_catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include "atrium/abi.h"
#include "config/option_value.hpp"
#include "plugin/isolated/offer.hpp"
#include "protocol/errors.hpp"

namespace atrium {

PluginWishes wishesOf(const Settings& settings) {
  return {.enabled_by_default = settings.plugins.enabled_by_default,
          .use = settings.plugins.use,
          .room_types = settings.room_types,
          .message_types = settings.message_types,
          .storage = settings.storage.backend};
}

std::vector<std::filesystem::path> pluginDirectories(const Settings& settings, const std::filesystem::path& program_directory) {
  std::vector<std::filesystem::path> directories;
  for (const std::string& directory : settings.plugins.directories)
    directories.push_back((program_directory / directory).lexically_normal());
  return directories;
}

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
  const auto lack = [&problems](ResolvedPlugin& plugin, std::string sentence, bool out) {
    if (plugin.named && !out)
      problems.push_back(
          problemAt(plugin.use ? plugin.use->place : SourcePlace(), std::move(sentence), "bring it, or switch this one off"));
    else
      plugin.off = std::move(sentence), plugin.lacking = true, plugin.kept_out = out;
  };
  std::vector<std::string_view> told;
  // One that goes off may be what another one requires.
  for (bool again = true; std::exchange(again, false);)
    for (ResolvedPlugin& plugin : resolved) {
      const std::string_view id = plugin.entry->manifest->id;
      if (!plugin.off.empty() || std::ranges::find(told, id) != told.end()) continue;
      for (const ManifestRequirement& requirement : plugin.entry->manifest->requirements) {
        const Lack lacks = lackOf(requirement, resolved, kept_out);
        if (lacks.why.empty()) continue;
        told.push_back(id);
        lack(plugin, fmt::format("the plugin {} requires {} {}, and {}", id, requirement.plugin, requirement.versions, lacks.why),
             lacks.kept_out);
        again = again || !plugin.off.empty();
        break;
      }
    }
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
        lack(plugin,
             fmt::format("the plugin {} requires {}, which in the end requires it", plugin.entry->manifest->id,
                         plugin.entry->manifest->requirements.front().plugin),
             false);
      std::ranges::move(waiting, std::back_inserter(in_order));
      break;
    }
    for (std::size_t at = 0; at < waiting.size(); ++at) (held[at] ? still : in_order).push_back(std::move(waiting[at]));
    waiting = std::move(still);
  }
  resolved = std::move(in_order);
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
  std::vector<ResolvedPlugin> resolved;
  for (const CatalogEntry& entry : entries_)
    if (entry.refused.empty()) resolved.push_back(resolveOne(entry, wishes, problems));
  checkNames(resolved, problems);
  checkRequirements(resolved, kept_out, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return resolved;
}

}  // namespace atrium
