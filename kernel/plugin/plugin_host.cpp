#include "plugin/plugin_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

#include "plugin/plugin_record.hpp"
#include "plugin/types_port.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

std::string_view textOf(const atrium_text& text) {
  return {text.data, text.size};
}

}  // namespace

std::string_view word(PluginState state) {
  switch (state) {
    case PluginState::rejected:
      return "rejected";
    case PluginState::verified:
      return "verified";
    case PluginState::active:
      return "active";
    case PluginState::unloaded:
      return "unloaded";
    case PluginState::pinned:
      return "pinned";
  }
  return {};
}

PluginHost::PluginHost(Options options, Log& log, const Clock& clock)
    : options_(std::move(options)), log_(log), environment_{log, clock, call_clock_} {}

PluginHost::~PluginHost() {
  stop();
}

Result<std::unique_ptr<PluginHost>> PluginHost::start(Options options, Log& log, const Clock& clock) {
  std::unique_ptr<PluginHost> host(new PluginHost(std::move(options), log, clock));
  if (auto loaded = host->load(); !loaded) return fail(loaded.error());
  return host;
}

Result<void> PluginHost::load() {
  auto catalog = PluginCatalog::scan(options_.directories);
  if (!catalog) return fail(catalog.error());
  catalog_ = *std::move(catalog);
  for (CatalogEntry& entry : catalog_.entries()) {
    Record& record = records_.emplace_back();
    record.entry = &entry;
    if (entry.refused.empty()) continue;
    record.state = PluginState::rejected;
    record.reason = entry.refused;
    const std::string file = entry.file.path.string();
    log_.warning("plugin_rejected", {{"file", file}, {"reason", entry.refused}});
  }

  auto resolved = catalog_.resolve(options_.use);
  if (!resolved) return fail(Code::plugin_failed, formatProblems(resolved.error()));
  auto copies = PluginCopies::open(options_.copies);
  if (!copies) return fail(copies.error());
  for (ResolvedPlugin& plugin : *resolved) {
    Record& record = *std::ranges::find(records_, plugin.entry, &Record::entry);
    record.use = plugin.use;
    record.options = std::move(plugin.options);
    const Manifest& manifest = *plugin.entry->manifest;
    const auto copy = copies->write(plugin.entry->file, manifest.id);
    auto loaded = copy ? LoadedPlugin::load(manifest, *copy, record.options, environment_) : fail(copy.error());
    if (!loaded)
      return fail(Code::plugin_failed, fmt::format("The plugin {} ({}) cannot be used: {}.", manifest.id, plugin.entry->file.path.string(),
                                                   loaded.error().detail));
    record.loaded = *std::move(loaded);
    record.state = PluginState::active;
    log_.info("plugin_active", {{"plugin", manifest.id}, {"version", manifest.version}, {"sha256", plugin.entry->file.sha256}});
  }
  for (CatalogEntry& entry : catalog_.entries()) entry.file.bytes = {};
  return checkNames();
}

// Rooms and messages name their types: two plugins for one name would be a matter of luck.
Result<void> PluginHost::checkNames() const {
  std::set<std::pair<std::string_view, std::string_view>> names;
  for (const Record& record : records_) {
    if (!record.loaded) continue;
    const auto taken = [&](std::string_view kind, const atrium_text& name) { return !names.emplace(kind, textOf(name)).second; };
    const LoadedPlugin& plugin = *record.loaded;
    if ((plugin.roomType() && taken("room type", plugin.roomType()->info.name)) ||
        (plugin.messageType() && taken("message type", plugin.messageType()->info.name)) ||
        (plugin.storage() && taken("storage backend", plugin.storage()->info.name)))
      return fail(
          Code::plugin_failed,
          fmt::format("The plugin {} offers a name that another plugin offers already; switch one of them off.", plugin.manifest().id));
  }
  return {};
}

std::unique_ptr<Types> PluginHost::makeTypes() {
  auto types = std::make_unique<TypesPort>();
  for (Record& record : records_) {
    if (!record.loaded) continue;
    if (record.loaded->roomType()) types->addRoomType(*record.loaded, record.use->allow_on_failure);
    if (record.loaded->messageType()) types->addMessageType(*record.loaded);
  }
  return types;
}

LoadedPlugin* PluginHost::storage(std::string_view name) {
  for (Record& record : records_)
    if (record.loaded && record.loaded->storage() &&
        (textOf(record.loaded->storage()->info.name) == name || record.loaded->manifest().id == name))
      return record.loaded.get();
  return nullptr;
}

std::vector<std::string> PluginHost::storageNames() const {
  std::vector<std::string> names;
  for (const Record& record : records_)
    if (record.loaded && record.loaded->storage()) names.emplace_back(textOf(record.loaded->storage()->info.name));
  return names;
}

void PluginHost::stop() {
  for (Record& record : records_ | std::views::reverse) {
    if (!record.loaded) continue;
    const bool gone = record.loaded->end();
    record.loaded.reset();
    record.state = gone ? PluginState::unloaded : PluginState::pinned;
    if (gone) continue;
    record.reason = "its code stays in memory: a unique symbol or a thread-local object with a destructor holds it";
    log_.warning("plugin_pinned", {{"plugin", record.entry->manifest->id}, {"reason", record.reason}});
  }
}

}  // namespace atrium
