#include "plugin/plugin_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <system_error>
#include <utility>

#include "plugin/keep_for_ever.hpp"
#include "plugin/plugin_record.hpp"
#include "plugin/plugin_text.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

std::filesystem::path inside(const std::filesystem::path& directory, const char* name) {
  return directory.empty() ? std::filesystem::path() : directory / name;
}

}  // namespace

PluginHost::PluginHost(Options options, Log& log, const Clock& clock)
    : options_(std::move(options)),
      log_(log),
      clock_(clock),
      journal_(log, clock),
      tombstone_(options_.memory),
      quarantine_([&] {
        std::string damage;
        Quarantine quarantine = Quarantine::open(inside(options_.memory, "quarantine.json"), damage);
        if (!damage.empty()) log.error("plugin.quarantine_lost", {{"detail", damage}});
        return quarantine;
      }()),
      probed_(inside(options_.memory, "probed.txt")) {}

PluginHost::~PluginHost() { stop(); }

Result<std::unique_ptr<PluginHost>> PluginHost::start(Options options, Log& log, const Clock& clock) {
  std::unique_ptr<PluginHost> host(new PluginHost(std::move(options), log, clock));
  if (auto loaded = host->load(); !loaded) return fail(loaded.error());
  return host;
}

// Whoever ended the previous run is not loaded again by itself.
void PluginHost::convict(const Culprit& culprit) {
  log_.error("plugin.ended_the_server", {{"plugin", culprit.plugin}, {"sha256", culprit.sha256}, {"reason", culprit.reason}});
  // Without its storage the server would not start at all, and a full disk or a cut of the power is no fault of the plugin's.
  const CatalogEntry* entry = catalog_.find(culprit.plugin);
  if (entry && entry->manifest && entry->manifest->has("storage-backend")) return;
  auto kept = quarantine_.add({culprit.plugin, culprit.sha256, culprit.reason, "server", clock_.now().wall});
  if (!kept) log_.error("plugin.quarantine_not_kept", {{"plugin", culprit.plugin}, {"detail", kept.error().detail}});
}

Result<void> PluginHost::load() {
  auto catalog = PluginCatalog::scan(options_.directories);
  if (!catalog) return fail(catalog.error());
  catalog_ = *std::move(catalog);
  for (const Culprit& culprit : tombstone_.culprits()) convict(culprit);
  tombstone_.forget();
  for (const CatalogEntry& entry : catalog_.entries()) {
    Record& record = recordOf(keyOf(entry));
    record.entry = entry;
    note(record, 0, PluginState::discovered);
    if (entry.refused.empty())
      note(record, 0, PluginState::verified);
    else
      note(record, 0, PluginState::rejected, entry.refused);
  }
  const auto resolved = catalog_.resolve(options_.wishes, keptOut());
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
  copies_ = *std::move(copies);
  tombstone_.watch();
  tombstone_.watchForks([this](const CallMark& call) { forked(call); });
  tryFiles(*resolved);
  for (const ResolvedPlugin& plugin : *resolved)
    if (auto loaded = loadOne(plugin); !loaded) return loaded;
  if (const ConfigProblems problems = checkRoomTypes(options_.wishes, {}, Occasion::start); !problems.empty())
    return fail(Code::plugin_failed, formatProblems(problems));
  return {};
}

Result<void> PluginHost::loadOne(const ResolvedPlugin& plugin) {
  const Manifest& manifest = *plugin.entry->manifest;
  Record& record = recordOf(manifest.id);
  record.off = plugin.off;
  record.lacking = plugin.lacking;
  if (!plugin.off.empty()) {
    note(record, 0, plugin.lacking ? PluginState::rejected : PluginState::verified, plugin.off);
    return {};
  }
  const QuarantinedFile* file = quarantine_.find(manifest.id, plugin.entry->file.sha256);
  if (file && manifest.has("storage-backend")) {
    log_.warning("plugin.quarantine_passed_over",
                 {{"plugin", manifest.id}, {"detail", "without its storage the server would not start"}, {"reason", file->reason}});
  } else if (file) {
    record.quarantine = *file;
    note(record, 0, PluginState::quarantined, file->reason);
    return {};
  }
  auto made = make(plugin, record);
  if (made)
    if (auto fit = (*made)->loaded->selfTest(); !fit) {
      const std::uint64_t number = (*made)->number;
      endGeneration(record, *std::exchange(made, fail(fit.error())));
      note(record, number, PluginState::rejected, fit.error().detail);
    }
  if (!made) {
    if (plugin.named)
      return fail(Code::plugin_failed, fmt::format("The plugin {} ({}) cannot be used: {}.", manifest.id, plugin.entry->file.path.string(),
                                                   made.error().detail));
    return {};
  }
  registry_.publish(*(*made)->loaded, (*made)->found());
  const std::uint64_t number = (*made)->number;
  {
    const std::scoped_lock lock(mutex_);
    record.current = *std::move(made);
    load_order_.push_back(manifest.id);
  }
  note(record, number, PluginState::active);
  return {};
}

std::string PluginHost::keyOf(const CatalogEntry& entry) {
  return entry.manifest && !entry.doubled ? entry.manifest->id : entry.file.path.string();
}

PluginHost::Record& PluginHost::recordOf(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  return records_[key];
}

void PluginHost::note(Record& record, std::uint64_t generation, PluginState state, std::string reason) {
  const std::scoped_lock lock(mutex_);
  noteLocked(record, generation, state, std::move(reason));
}

void PluginHost::noteLocked(Record& record, std::uint64_t generation, PluginState state, std::string reason) {
  const bool named = record.entry.manifest != nullptr;
  const PluginEvent event = journal_.note({.plugin = named ? record.entry.manifest->id : repaired(record.entry.file.path.string()),
                                           .version = named ? record.entry.manifest->version : std::string(),
                                           .generation = generation,
                                           .state = state,
                                           .reason = repaired(reason)});
  if (record.history.size() == Record::history_max) record.history.pop_front();
  record.history.push_back(event);
  // What becomes of an old generation, or of one that is being tried, is not what becomes of the plugin. Nor is what becomes of the last
  // one after it was said of the plugin as a whole how it stands, as when it was put into quarantine.
  if (record.current ? record.current->number != generation : generation != 0 && generation <= record.done_with) return;
  if (generation == 0) record.done_with = record.generations;
  record.state = state;
  record.reason = event.reason;
  record.since = event.at;
}

std::unique_ptr<TypesPort> PluginHost::makeTypes(Loop* loop) {
  auto types = std::make_unique<TypesPort>(options_.wishes.room_types);
  for (auto& [id, record] : records_) {
    if (!record.current) continue;
    auto publication = record.current->publication();
    if (!publication) continue;
    publication->hooks = hooksOf(*record.current, loop);
    if (!publication->hooks) continue;
    types->publish(*publication);
  }
  return types;
}

LoadedPlugin* PluginHost::storage() {
  for (auto& [id, record] : records_)
    if (record.current && record.current->offersKind("storage-backend")) return record.current->loaded.get();
  return nullptr;
}

LoadedPlugin* PluginHost::find(std::string_view id) {
  const auto found = records_.find(id);
  return found == records_.end() || !found->second.current ? nullptr : found->second.current->loaded.get();
}

void PluginHost::serve(Shards& shards, std::vector<TypesPort*> ports, std::function<void()> wake, std::vector<Loop*> loops) {
  loops_ = std::move(loops);
  shards_.serve(shards, std::move(ports));
  static_cast<void>(shards_.onEach([](TypesPort&, std::size_t) { Tombstone::watchThread(); }));
  const std::scoped_lock lock(mutex_);
  wake_ = std::move(wake);
}

void PluginHost::leave() {
  store_ = nullptr;
  loops_.clear();
  shards_.leave();
  const std::scoped_lock lock(mutex_);
  wake_ = {};
}

void PluginHost::stop() {
  for (const std::string& id : std::exchange(load_order_, {}) | std::views::reverse) {
    Record& record = recordOf(id);
    if (!record.current) continue;
    registry_.withdraw(*record.current->loaded);
    std::unique_ptr<Generation> current;
    {
      const std::scoped_lock lock(mutex_);
      current = std::move(record.current);
    }
    endGeneration(record, std::move(current));
  }
  // Whoever is still inside one of these never comes back; its code stays to the end of the process.
  for (auto& [id, record] : records_)
    for (auto& held : std::exchange(record.held, {})) keepForEver(std::move(held));
}

}  // namespace atrium
