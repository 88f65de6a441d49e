// What leads from the plugins that run to those that are wanted.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "plugin/plugin_record.hpp"
#include "plugin/refusal.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

// Why a storage that runs is not exchanged while it does; empty: it is.
std::string_view storeStays(const LoadedPlugin& running) {
  const std::uint32_t flags = running.storage()->info.flags;
  if ((flags & ATRIUM_STORE_PERSISTENT) == 0)
    return "this storage keeps nothing when it ends, and would lose all of it: only a restart of the server exchanges it";
  if ((flags & ATRIUM_STORE_INLINE) != 0) return "this storage is called on the event loops: only a restart of the server exchanges it";
  return {};
}

// Whether two uses make the same generation of the same file; what comes into PluginUse comes in here.
bool sameUse(const std::optional<PluginUse>& before, const PluginUse* after) {
  const PluginUse none;
  const PluginUse& a = before ? *before : none;
  const PluginUse& b = after ? *after : none;
  return a.deadline == b.deadline && a.on_failure == b.on_failure && a.run == b.run && a.memory_limit == b.memory_limit &&
         a.cpu_limit == b.cpu_limit && a.grants == b.grants && toJson(a.secrets) == toJson(b.secrets);
}

bool has(const std::vector<std::string>& kinds, std::string_view kind) { return std::ranges::find(kinds, kind) != kinds.end(); }

}  // namespace

std::string_view word(PluginStep::Action action) {
  constexpr std::array<std::string_view, 6> words = {"load", "unload", "swap", "reconfigure", "keep", "restart"};
  return words[static_cast<unsigned>(action)];
}

PluginCatalog::KeptOut PluginHost::keptOut() const {
  return [this](const CatalogEntry& entry) -> std::string {
    const QuarantinedFile* file = quarantine_.find(entry.manifest->id, entry.file.sha256);
    const auto record = records_.find(entry.manifest->id);
    const bool other_runs = record != records_.end() && record->second.current && record->second.current->sha256() != entry.file.sha256;
    if (!file || other_runs) return {};
    return fmt::format("its file is in quarantine: {}", file->reason);
  };
}

Result<std::unique_ptr<PluginHost::Trial>> PluginHost::tryOut(PluginCatalog catalog, PluginWishes wishes) const {
  auto trial = std::make_unique<Trial>(Trial{std::move(catalog), std::move(wishes), {}});
  auto resolved = trial->catalog.resolve(trial->wishes, keptOut());
  if (!resolved) return refuseChange(resolved.error());
  trial->resolved = *std::move(resolved);
  return trial;
}

void PluginHost::planOne(const ResolvedPlugin& plugin, bool force, Moves& moves) {
  using Action = PluginStep::Action;
  const Manifest& manifest = *plugin.entry->manifest;
  Record& record = recordOf(manifest.id);
  const Generation* running = record.current.get();
  const bool wanted = plugin.off.empty();
  if (!running && !wanted) return;
  Move move{.shown = {.plugin = manifest.id, .detail = plugin.off}, .plugin = plugin, .record = &record};
  if (running) move.shown.from_version = running->entry.manifest->version;
  if (wanted) move.shown.to_version = manifest.version;
  const auto add = [&](Action action, std::string detail = {}) {
    move.shown.action = action;
    if (!detail.empty()) move.shown.detail = std::move(detail);
    moves.push_back(std::move(move));
  };

  const bool same_file = running && running->sha256() == plugin.entry->file.sha256;
  const bool same = running && wanted && same_file && running->options == plugin.options && running->offers == plugin.offers &&
                    sameUse(running->use, plugin.use);
  if (same && !force) return;
  const bool stores = has(plugin.offers, "storage-backend");
  if (stores != (running && running->stores()) || (stores && plugin.offers.size() > 1) || (stores && !wanted))
    return add(Action::restart, "a storage comes, goes and becomes another one by a restart of the server");
  if (stores)
    if (const std::string_view why = storeStays(*running->loaded); !why.empty()) return add(Action::restart, std::string(why));
  if (!wanted) return add(Action::unload);
  if (const QuarantinedFile* file = quarantine_.find(manifest.id, plugin.entry->file.sha256))
    return add(Action::keep, fmt::format("this file is in quarantine: {}; lift it by atriumctl plugin reset {}, or bring another file",
                                         file->reason, manifest.id));
  if (!force && running && !same_file && record.rolled_back_sha256 == plugin.entry->file.sha256)
    return add(Action::keep, fmt::format("this file was tried and given up: {}; try it again by atriumctl plugin reload {}",
                                         record.last_fault, manifest.id));
  add(!running ? Action::load : same_file && !force ? Action::reconfigure : Action::swap);
}

PluginHost::Moves PluginHost::movesTo(const Trial& trial, std::string_view only, bool force) {
  Moves moves;
  for (const ResolvedPlugin& plugin : trial.resolved) {
    const bool asked = only.empty() || only == plugin.entry->manifest->id;
    // Who requires a plugin that goes, goes with it, and who lacked one that comes, comes with it.
    if (!asked && !plugin.lacking && !recordOf(plugin.entry->manifest->id).lacking) continue;
    const std::size_t before = moves.size();
    planOne(plugin, asked && force, moves);
    if (moves.size() > before) moves.back().asked = asked && !only.empty();
  }
  // What runs and of which there is no sound file any more.
  for (auto& [id, record] : records_) {
    if (!record.current || (!only.empty() && only != id)) continue;
    if (std::ranges::any_of(trial.resolved, [&](const ResolvedPlugin& plugin) { return plugin.entry->manifest->id == id; })) continue;
    const CatalogEntry* entry = trial.catalog.find(id);
    const CatalogEntry* at_its_path = nullptr;
    for (const CatalogEntry& one : trial.catalog.entries())
      if (one.file.path == record.current->entry.file.path) at_its_path = &one;
    if (!entry || (at_its_path && !at_its_path->refused.empty())) entry = at_its_path;
    Move move{.shown = {.plugin = id, .from_version = record.current->entry.manifest->version}, .plugin = {}, .record = &record};
    move.shown.action = PluginStep::Action::unload;
    move.shown.detail =
        at_its_path && at_its_path->manifest ? fmt::format("{} lies where its file was", at_its_path->manifest->id) : "its file is gone";
    if (entry && !entry->refused.empty()) {
      move.shown.action = PluginStep::Action::keep;
      move.shown.detail =
          fmt::format("its file {} was refused: {}; the running generation goes on", entry->file.path.string(), entry->refused);
    }
    moves.push_back(std::move(move));
  }
  return moves;
}

Result<void> PluginHost::known(const std::string& id) const {
  const auto found = records_.find(id);
  if (found != records_.end() && found->second.entry.manifest) return {};
  return fail(Code::not_found, fmt::format("There is no plugin {}.", id));
}

Result<PluginHost::Steps> PluginHost::change(std::unique_ptr<Trial> trial, std::string_view only, bool force) {
  reap();
  Moves moves = movesTo(*trial, only, force);
  // Asked for one plugin, what cannot be done with it is a refusal; otherwise it is told among the steps.
  if (!only.empty() && moves.size() == 1 && !moves.front().changes())
    return refuseChange(fmt::format("The plugin {} stays as it is: {}.", only, moves.front().shown.detail));
  if (auto done = carryOut(moves, &trial->wishes); !done) return fail(std::move(done.error()));
  adopt(std::move(trial));
  Steps steps;
  for (Move& move : moves) steps.push_back(std::move(move.shown));
  return steps;
}

Result<PluginHost::Steps> PluginHost::enable(const std::string& id) {
  if (auto there = known(id); !there) return fail(there.error());
  PluginWishes wishes = options_.wishes;
  wishes.use[id].enabled = true;
  auto trial = tryOut(catalog_, std::move(wishes));
  if (!trial) return fail(trial.error());
  for (const ResolvedPlugin& plugin : (*trial)->resolved)
    if (plugin.entry->manifest->id == id && !plugin.off.empty())
      return refuseChange(fmt::format("The plugin {} stays off: {}.", id, plugin.off));
  return change(*std::move(trial), id, false);
}

Result<PluginHost::Steps> PluginHost::disable(const std::string& id) {
  if (auto there = known(id); !there) return fail(there.error());
  PluginWishes wishes = options_.wishes;
  wishes.use[id].enabled = false;
  auto trial = tryOut(catalog_, std::move(wishes));
  if (!trial) return fail(trial.error());
  auto steps = change(*std::move(trial), id, false);
  // It is this command that does it, and not the file.
  if (!steps) return steps;
  for (PluginStep& step : *steps)
    if (step.plugin == id) step.detail = "until it is enabled, the configuration is applied or the server restarts";
  return steps;
}

Result<PluginHost::Steps> PluginHost::reload(const std::string& id) {
  if (auto there = known(id); !there) return fail(there.error());
  PluginCatalog catalog = catalog_;
  catalog.reread(id);
  auto trial = tryOut(std::move(catalog), options_.wishes);
  return trial ? change(*std::move(trial), id, true) : fail(trial.error());
}

Result<PluginHost::Steps> PluginHost::configure(const std::string& id, YamlNode config) {
  if (auto there = known(id); !there) return fail(there.error());
  PluginWishes wishes = options_.wishes;
  const auto found = records_.find(id);
  // What nobody wanted stays off: options are not a wish for the plugin.
  if (!wishes.use.contains(id) && !wishes.enabled_by_default && !found->second.current) wishes.use[id].enabled = false;
  wishes.use[id].config = std::move(config);
  auto trial = tryOut(catalog_, std::move(wishes));
  return trial ? change(*std::move(trial), id, false) : fail(trial.error());
}

Result<PluginHost::Steps> PluginHost::reset(const std::string& id) {
  if (auto there = known(id); !there) return fail(there.error());
  Record& record = recordOf(id);
  const std::optional<QuarantinedFile> kept = record.quarantine;
  if (auto lifted = quarantine_.lift(id); !lifted) return fail(Code::change_refused, lifted.error().detail);
  {
    const std::scoped_lock lock(mutex_);
    record.faults.clear();
    record.rolled_back_sha256.clear();
    record.quarantine.reset();
    if (record.state == PluginState::quarantined) noteLocked(record, 0, PluginState::verified, "its quarantine was lifted");
  }
  auto trial = tryOut(catalog_, options_.wishes);
  auto steps = trial ? change(*std::move(trial), id, false) : fail(trial.error());
  if (steps || !kept) return steps;
  // Nothing was changed, and so it stays where it was.
  if (auto put_back = quarantine_.add(*kept); !put_back)
    log_.error("plugin.quarantine_not_kept", {{"plugin", id}, {"detail", put_back.error().detail}});
  const std::scoped_lock lock(mutex_);
  record.quarantine = kept;
  noteLocked(record, 0, PluginState::quarantined, kept->reason);
  return steps;
}

Result<PluginHost::Steps> PluginHost::rescan() { return apply(options_.directories, options_.wishes); }

Result<PluginHost::Steps> PluginHost::plan(std::vector<std::filesystem::path> directories, PluginWishes wishes) {
  auto catalog = PluginCatalog::scan(directories);
  if (!catalog) return refuseChange(catalog.error().detail);
  auto trial = tryOut(*std::move(catalog), std::move(wishes));
  if (!trial) return fail(trial.error());
  Moves moves = movesTo(**trial, {}, false);
  if (const ConfigProblems problems = checkRoomTypes((*trial)->wishes, moves, Occasion::plan); !problems.empty())
    return refuseChange(problems);
  Steps steps;
  for (Move& move : moves) steps.push_back(std::move(move.shown));
  return steps;
}

Result<PluginHost::Steps> PluginHost::apply(std::vector<std::filesystem::path> directories, PluginWishes wishes) {
  auto catalog = PluginCatalog::scan(directories);
  if (!catalog) return refuseChange(catalog.error().detail);
  auto trial = tryOut(*std::move(catalog), std::move(wishes));
  if (!trial) return fail(trial.error());
  auto steps = change(*std::move(trial), {}, false);
  if (steps) options_.directories = std::move(directories);
  return steps;
}

// The trial has become what is: files that came or went, and why plugins are off.
void PluginHost::adopt(std::unique_ptr<Trial> trial) {
  std::map<std::string, const ResolvedPlugin*, std::less<>> resolved;
  for (const ResolvedPlugin& plugin : trial->resolved) resolved.emplace(plugin.entry->manifest->id, &plugin);
  for (const CatalogEntry& entry : trial->catalog.entries()) {
    Record& record = recordOf(keyOf(entry));
    const bool changed = record.entry.file.sha256 != entry.file.sha256 || record.entry.refused != entry.refused;
    const auto plugin = resolved.find(keyOf(entry));
    const QuarantinedFile* quarantined = quarantine_.find(keyOf(entry), entry.file.sha256);
    const std::scoped_lock lock(mutex_);
    record.quarantine.reset();
    if (quarantined) record.quarantine = *quarantined;
    record.entry = entry;
    record.off = plugin == resolved.end() ? std::string() : plugin->second->off;
    record.lacking = plugin != resolved.end() && plugin->second->lacking;
    if (record.current) continue;
    if (!entry.refused.empty()) {
      if (changed) noteLocked(record, 0, PluginState::rejected, entry.refused);
    } else if (plugin != resolved.end() && !plugin->second->off.empty()) {
      const PluginState state = plugin->second->lacking ? PluginState::rejected : PluginState::verified;
      const bool at_rest =
          record.state == PluginState::unloaded || record.state == PluginState::pinned || record.state == PluginState::stuck;
      if (changed || (record.reason != record.off && !at_rest)) noteLocked(record, 0, state, record.off);
    } else if (quarantined && changed) {
      noteLocked(record, 0, PluginState::quarantined, quarantined->reason);
    }
  }
  {
    const std::scoped_lock lock(mutex_);
    std::erase_if(records_, [&](const auto& item) {
      const auto& [key, record] = item;
      const bool there = std::ranges::any_of(trial->catalog.entries(), [&](const CatalogEntry& entry) { return keyOf(entry) == key; });
      return !there && !record.current && record.held.empty();
    });
    options_.wishes = std::move(trial->wishes);
  }
  catalog_ = std::move(trial->catalog);
}

}  // namespace atrium
