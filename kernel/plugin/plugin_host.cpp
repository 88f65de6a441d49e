#include "plugin/plugin_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <system_error>
#include <utility>

#include "plugin/plugin_record.hpp"
#include "plugin/process_hooks.hpp"
#include "plugin/types_port.hpp"
#include "protocol/errors.hpp"

namespace atrium {

std::string_view word(PluginState state) {
  switch (state) {
    case PluginState::rejected: return "rejected";
    case PluginState::verified: return "verified";
    case PluginState::active: return "active";
    case PluginState::unloaded: return "unloaded";
    case PluginState::pinned: return "pinned";
  }
  return {};
}

PluginHost::PluginHost(Options options, Log& log, const Clock& clock)
    : options_(std::move(options)), log_(log), environment_{log, clock, call_clock_, options_.services} {}

PluginHost::~PluginHost() { stop(); }

Result<std::unique_ptr<PluginHost>> PluginHost::start(Options options, Log& log, const Clock& clock) {
  std::unique_ptr<PluginHost> host(new PluginHost(std::move(options), log, clock));
  if (auto loaded = host->load(); !loaded) return fail(loaded.error());
  return host;
}

Result<void> PluginHost::load() {
  auto catalog = PluginCatalog::scan(options_.directories);
  if (!catalog) return fail(catalog.error());
  catalog_ = *std::move(catalog);
  auto resolved = catalog_.resolve(options_.wishes);
  for (CatalogEntry& entry : catalog_.entries()) {
    Record& record = records_.emplace_back();
    record.entry = &entry;
    if (!entry.refused.empty()) reject(record, entry.refused);
  }
  if (!resolved) return fail(Code::plugin_failed, formatProblems(resolved.error()));
  // The directory of the copies is emptied first, so it must not be one that somebody keeps plugins in.
  for (const std::filesystem::path& directory : options_.directories) {
    std::error_code absent;
    if (std::filesystem::equivalent(directory, options_.copies, absent))
      return fail(
          Code::plugin_failed,
          fmt::format("the plugin directory {} is where the server keeps its private copies: keep plugins elsewhere", directory.string()));
  }
  auto copies = PluginCopies::open(options_.copies);
  if (!copies) return fail(copies.error());
  for (ResolvedPlugin& plugin : *resolved)
    if (auto loaded = loadOne(plugin, *std::ranges::find(records_, plugin.entry, &Record::entry), *copies); !loaded) return loaded;
  for (CatalogEntry& entry : catalog_.entries()) entry.file.bytes = {};
  return {};
}

Result<void> PluginHost::loadOne(ResolvedPlugin& plugin, Record& record, PluginCopies& copies) {
  record.plugin = std::move(plugin);
  if (!record.plugin.off.empty()) {
    if (record.state != PluginState::rejected) record.reason = record.plugin.off;
    return {};
  }
  const CatalogEntry& entry = *record.entry;
  const Manifest& manifest = *entry.manifest;
  const auto copy = copies.write(entry.file, manifest.id);
  auto loaded = copy ? LoadedPlugin::load(manifest, *copy, record.plugin.options, environment_, record.plugin.rights) : fail(copy.error());
  if (!loaded) {
    if (record.plugin.named)
      return fail(Code::plugin_failed,
                  fmt::format("The plugin {} ({}) cannot be used: {}.", manifest.id, entry.file.path.string(), loaded.error().detail));
    reject(record, loaded.error().detail);
    return {};
  }
  record.loaded = *std::move(loaded);
  record.state = PluginState::active;
  registry_.publish(*record.loaded, record.plugin.offers);
  log_.info("plugin.active", {{"plugin", manifest.id}, {"version", manifest.version}, {"sha256", entry.file.sha256}});
  return {};
}

void PluginHost::reject(Record& record, std::string reason) {
  record.state = PluginState::rejected;
  record.reason = std::move(reason);
  const std::string file = record.entry->file.path.string();
  log_.warning("plugin.rejected", {{"file", file}, {"reason", record.reason}});
}

std::unique_ptr<Types> PluginHost::makeTypes() {
  auto types = std::make_unique<TypesPort>();
  for (Record& record : records_) {
    const PluginUse* use = record.plugin.use;
    HookSettings settings{.room_type = record.offers("room-type"), .message_type = record.offers("message-type")};
    if (!settings.room_type && !settings.message_type) continue;
    if (use && use->deadline) settings.room_deadline = settings.message_deadline = *use->deadline;
    settings.allow_on_failure = use && use->on_failure == OnFailure::allow;
    LoadedPlugin& plugin = *record.loaded;
    const Manifest& manifest = plugin.manifest();
    record.source = {.plugin_id = manifest.id, .version = manifest.version};
    TypesPublication publication{
        .plugin_id = manifest.id, .hooks = processHooks(plugin, record.source, settings), .allow_on_failure = settings.allow_on_failure};
    if (settings.room_type) publication.room_type = plugin.roomType()->info;
    if (settings.message_type) publication.message_type = plugin.messageType()->info;
    if (settings.message_type && manifest.message_schema) publication.message_schema = &*manifest.message_schema;
    types->publish(publication);
  }
  return types;
}

LoadedPlugin* PluginHost::storage() {
  const auto found = std::ranges::find_if(records_, [](const Record& record) { return record.offers("storage-backend"); });
  return found == records_.end() ? nullptr : found->loaded.get();
}

LoadedPlugin* PluginHost::find(std::string_view id) {
  const auto found =
      std::ranges::find_if(records_, [&](const Record& record) { return record.loaded && record.loaded->manifest().id == id; });
  return found == records_.end() ? nullptr : found->loaded.get();
}

void PluginHost::stop() {
  for (Record& record : records_ | std::views::reverse) {
    if (!record.loaded) continue;
    registry_.withdraw(*record.loaded);
    if (!record.loaded->settle()) {
      record.state = PluginState::pinned;
      record.reason = "one of its jobs did not end, so it stays in memory";
      log_.error("plugin.pinned", {{"plugin", record.entry->manifest->id}, {"reason", record.reason}});
      static_cast<void>(record.loaded.release());
      continue;
    }
    const bool gone = record.loaded->end();
    record.loaded.reset();
    record.state = gone ? PluginState::unloaded : PluginState::pinned;
    if (gone) continue;
    record.reason = "its code stays in memory: a unique symbol or a thread-local object with a destructor holds it";
    log_.warning("plugin.pinned", {{"plugin", record.entry->manifest->id}, {"reason", record.reason}});
  }
}

}  // namespace atrium
