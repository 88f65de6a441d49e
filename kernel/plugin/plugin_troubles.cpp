// What becomes of plugins that fail: degraded while the breaker is open, back to the former generation when the new one is the trouble,
// into quarantine when it happens too often.
#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "plugin/plugin_record.hpp"

namespace atrium {

namespace {

constexpr std::size_t faults_max = 3;  // within
constexpr std::chrono::minutes faults_window{10};
constexpr std::chrono::milliseconds stuck_look{20};  // Between two looks at who is inside.

}  // namespace

void PluginHost::breakerChanged(const std::string& plugin, std::uint64_t generation, BreakerState state) {
  std::function<void()> wake;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = records_.find(plugin);
    if (found == records_.end() || !found->second.current || found->second.current->number != generation) return;
    Record& record = found->second;
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
    const Mono now = clock_.now().mono;
    record.faults.push_back(now);
    record.last_fault = what;
    while (now - record.faults.front() > faults_window) record.faults.pop_front();
    // The caller is inside this generation's call or holds a lease, so the breaker lives.
    if (record.faults.size() >= faults_max) breaker = &record.current->loaded->breaker();
    record.troubled = true;
    wake = wake_;
  }
  if (breaker) breaker->trip();
  if (wake) wake();
}

void PluginHost::attend() {
  reap();
  for (auto& [id, record] : records_) {
    bool on_probation = false, too_many = false;
    std::string reason;
    {
      const std::scoped_lock lock(mutex_);
      if (!std::exchange(record.troubled, false) || !record.current) continue;
      on_probation = record.former && clock_.now().mono < record.probation_until;
      too_many = record.faults.size() >= faults_max;
      reason = record.faults.empty() ? record.reason : record.last_fault;
    }
    if (on_probation)
      rollBack(record, reason);
    else if (too_many)
      putIntoQuarantine(record, fmt::format("{} faults within ten minutes, the last: {}", faults_max, reason), "server");
  }
}

void PluginHost::rollBack(Record& record, const std::string& reason) {
  const std::unique_ptr<Generation> former = std::move(record.former);
  const std::string id = former->entry.manifest->id;
  const std::string from = record.current->entry.manifest->version, file = record.current->sha256();
  Moves moves;
  Move& move = moves.emplace_back();
  move.shown = {.action = PluginStep::Action::swap,
                .plugin = id,
                .from_version = from,
                .to_version = former->entry.manifest->version,
                .detail = "the new generation got into trouble"};
  move.plugin = former->resolved();
  move.record = &record;
  move.rollback = true;
  if (auto done = carryOut(moves); !done) {
    log_.error("plugin.rollback_failed", {{"plugin", id}, {"reason", done.error().detail}});
    return;
  }
  const std::scoped_lock lock(mutex_);
  if (former->sha256() != file) record.rolled_back_sha256 = file;
  record.last_fault = reason;
  if (former->use)
    options_.wishes.use[id] = *former->use;
  else
    options_.wishes.use.erase(id);
  noteLocked(record, record.current->number, PluginState::active,
             fmt::format("version {} got into trouble ({}), so version {} is back", from, reason, move.shown.to_version));
  log_.warning("plugin.rolled_back", {{"plugin", id}, {"from", from}, {"to", move.shown.to_version}, {"reason", reason}});
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
  if (auto done = carryOut(moves); !done) return log_.error("plugin.withdraw_failed", {{"plugin", id}, {"reason", done.error().detail}});
  const std::scoped_lock lock(mutex_);
  record.quarantine = quarantined;
  noteLocked(record, 0, PluginState::quarantined, std::move(reason));
}

void PluginHost::blameStuckCalls() {
  struct Inside {
    const HookGuard* guard;
    std::uint64_t calls;
    const Generation* generation;
  };
  const auto look = [this] {
    std::vector<Inside> inside;
    for (const auto& [id, record] : records_) {
      if (!record.current) continue;
      record.current->loaded->forEachGuard([&](const HookGuard& guard) {
        Histogram::Snapshot calls;
        guard.duration().addTo(calls);
        if (guard.inside()) inside.push_back({&guard, calls.count, record.current.get()});
      });
    }
    return inside;
  };
  std::unique_lock lock(mutex_);
  const std::vector<Inside> before = look();
  lock.unlock();
  std::this_thread::sleep_for(stuck_look);
  lock.lock();
  for (const Inside& now : look())
    if (std::ranges::any_of(before, [&](const Inside& one) { return one.guard == now.guard && one.calls == now.calls; }))
      tombstone_.blame(now.generation->source.plugin_id, now.generation->sha256(),
                       fmt::format("it did not come back from {}, and the server had to be ended", now.guard->hook()));
}

}  // namespace atrium
