// What becomes of plugins that fail: degraded while the breaker is open, back to the former generation when the new one is the trouble,
// into quarantine when it happens too often.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "plugin/plugin_record.hpp"

namespace atrium {

namespace {

constexpr std::size_t faults_max = 3;  // within
constexpr std::chrono::minutes faults_window{10};

}  // namespace

void PluginHost::breakerChanged(const std::string& plugin, std::uint64_t generation, BreakerState state) {
  std::function<void()> wake;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(plugin);
    if (found == records_.end() || !found->second.current || found->second.current->number != generation) return;
    Record& record = found->second;
    if (state == BreakerState::closed && record.current->loaded->breaker().holds()) return;  // Still degraded, by a call that hangs.
    if (state == BreakerState::closed) return noteLocked(record, generation, PluginState::active, "it answers again");
    if (state == BreakerState::half_open || record.state == PluginState::degraded) return;
    noteLocked(record, generation, PluginState::degraded, "its calls failed one after the other");
    record.troubled = true;
    wake = wake_;
  }
  if (wake) wake();
}

void PluginHost::faulted(const std::string& plugin, std::uint64_t generation, std::string_view what) {
  std::function<void()> wake;
  PluginBreaker* breaker = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(plugin);
    if (found == records_.end() || !found->second.current || found->second.current->number != generation) return;
    Record& record = found->second;
    addFault(record, std::string(what));
    // The caller is inside this generation's call or holds a lease, so the breaker lives.
    if (record.faults.size() >= faults_max) breaker = &record.current->loaded->breaker();
    wake = wake_;
  }
  if (breaker) breaker->trip();
  if (wake) wake();
}

// Under the lock.
void PluginHost::addFault(Record& record, std::string what) {
  const Mono now = clock_.now().mono;
  record.faults.push_back(now);
  while (now - record.faults.front() > faults_window) record.faults.pop_front();
  record.last_fault = std::move(what);
  record.troubled = true;
}

void PluginHost::attend() {
  reap();
  for (auto& [id, record] : records_) {
    bool on_probation = false, too_many = false;
    std::string reason;
    {
      const std::scoped_lock lock(mutex_);
      if (!std::exchange(record.troubled, false) || !record.current) continue;
      // What an operator changed about who may come in does not come back by itself.
      on_probation = record.former && clock_.now().mono < record.probation_until && !record.current->offersKind("authenticator");
      // A storage stays: without one nothing is stored, and its host has a breaker of its own.
      too_many = record.faults.size() >= faults_max && !record.current->stores();
      reason = record.faults.empty() ? record.reason : record.last_fault;
    }
    if (on_probation && rollBack(record, reason)) continue;
    if (too_many) putIntoQuarantine(record, fmt::format("{} faults within ten minutes, the last: {}", faults_max, reason), "server");
  }
}

// False: the former generation could not be made, and waits for the next trouble.
bool PluginHost::rollBack(Record& record, const std::string& reason) {
  std::unique_ptr<Generation> former = std::move(record.former);
  const std::string id = former->entry.manifest->id;
  const std::string from = record.current->entry.manifest->version, to = former->entry.manifest->version, file = record.current->sha256();
  // One that is in trouble may not be able to hand over what it knows; to be without it is better than to be without its work.
  Result<void> done;
  for (const bool stateless : {false, true}) {
    Moves moves;
    Move& move = moves.emplace_back();
    move.shown = {.action = PluginStep::Action::swap,
                  .plugin = id,
                  .from_version = from,
                  .to_version = to,
                  .detail = "the new generation got into trouble"};
    move.plugin = former->resolved();
    move.record = &record;
    move.rollback = true;
    move.stateless = stateless;
    done = carryOut(moves);
    if (done) break;
    log_.error("plugin.rollback_failed", {{"plugin", id}, {"with_state", !stateless}, {"reason", done.error().detail}});
  }
  const std::scoped_lock lock(mutex_);
  if (!done) return record.former = std::move(former), false;
  if (former->sha256() != file) record.rolled_back_sha256 = file;
  record.last_fault = reason;
  if (former->use)
    options_.wishes.use[id] = *former->use;
  else
    options_.wishes.use.erase(id);
  noteLocked(record, record.current->number, PluginState::active,
             fmt::format("version {} got into trouble ({}), so version {} is back", from, reason, to));
  log_.warning("plugin.rolled_back", {{"plugin", id}, {"from", from}, {"to", to}, {"reason", reason}});
  return true;
}

void PluginHost::putIntoQuarantine(Record& record, std::string reason, std::string by) {
  const std::string id = record.current->entry.manifest->id, file = record.current->sha256();
  const QuarantinedFile quarantined{id, file, reason, std::move(by), clock_.now().wall};
  auto kept = quarantine_.add(quarantined);
  if (!kept) log_.error("plugin.quarantine_not_kept", {{"plugin", id}, {"detail", kept.error().detail}});
  Moves moves;
  Move& move = moves.emplace_back();
  move.shown = {
      .action = PluginStep::Action::unload, .plugin = id, .from_version = record.current->entry.manifest->version, .detail = reason};
  move.record = &record;
  // Who requires it goes with it.
  auto trial = tryOut(catalog_, options_.wishes);
  if (trial)
    for (const ResolvedPlugin& plugin : (*trial)->resolved)
      if (plugin.lacking && plugin.entry->manifest->id != id) planOne(plugin, false, moves);
  if (auto done = carryOut(moves); !done) return log_.error("plugin.withdraw_failed", {{"plugin", id}, {"reason", done.error().detail}});
  if (trial) adopt(*std::move(trial));  // So that who went along comes back with it.
  const std::scoped_lock lock(mutex_);
  record.quarantine = quarantined;
  noteLocked(record, 0, PluginState::quarantined, std::move(reason));
}

// On the thread of the call.
void PluginHost::forked(const CallMark& call) {
  std::uint64_t generation = 0;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(std::string_view(call.plugin));
    if (found == records_.end() || !found->second.current || found->second.current->sha256() != call.sha256) return;
    generation = found->second.current->number;
  }
  faulted(call.plugin, generation, fmt::format("it forked the server's process in {}", call.hook));
}

void PluginHost::cameBack(const std::string& plugin, std::uint64_t generation) {
  const std::scoped_lock lock(mutex_);
  const auto found = records_.find(plugin);
  if (found == records_.end() || !found->second.current || found->second.current->number != generation) return;
  Record& record = found->second;
  if (record.state == PluginState::degraded && record.current->loaded->breaker().state() == BreakerState::closed)
    noteLocked(record, generation, PluginState::active, "the call that hung has come back");
}

void PluginHost::watch(std::uint64_t ticks) {
  std::function<void()> wake;
  {
    const std::scoped_lock lock(mutex_);
    for (auto& [id, record] : records_) {
      if (record.current)
        record.current->loaded->forEachGuard([&, &record = record](const HookGuard& guard) {
          if (!guard.hangs(ticks) || !guard.tellStuck()) return;
          const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(guard.insideFor(ticks)).count();
          addFault(record, fmt::format("a call of {} has not come back for {} s", guard.hook(), seconds));
          noteLocked(record, record.current->number, PluginState::degraded, record.last_fault);
          wake = wake_;
        });
      if (std::ranges::any_of(record.held, [this](const auto& held) { return !held->stuck && isFree(*held, {}); })) wake = wake_;
    }
  }
  if (wake) wake();
}

void PluginHost::blameStuckCalls(bool loop, std::uint64_t ticks) {
  const auto blame = [&](const Generation& generation) {
    if (!generation.loaded) return;
    generation.loaded->forEachGuard([&](const HookGuard& guard) {
      if (guard.hangs(ticks) && !(loop && guard.onWorker()))
        tombstone_.blame(generation.source.plugin_id, generation.sha256(),
                         fmt::format("it did not come back from {}, and the server had to be ended", guard.hook()));
    });
  };
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, record] : records_) {
    if (record.current) blame(*record.current);
    for (const auto& held : record.held) blame(*held);
  }
}

}  // namespace atrium
