#include "plugin/worker_calls.hpp"

#include <fmt/format.h>

#include <utility>

#include "protocol/metrics.hpp"

namespace atrium {

void WorkerCall::letGo(Part part) {
  PluginLease ended;  // Given back outside the lock, after the guard.
  std::unique_ptr<LoadedPlugin::GuardLoan> guard;
  const std::scoped_lock lock(mutex_);
  parts_ &= ~static_cast<unsigned>(part);
  if (part == open) owes_ = false;
  // What the plugin still does for an answer that it owes, it does in the state that a next generation would take over.
  if (entered_ && !(parts_ & inside) && !owes_) {
    entered_ = false;
    lease_.leave();
  }
  if (parts_ != 0) return;
  guard = std::move(guard_);
  ended = std::move(lease_);
}

std::optional<std::pair<HookGuard&, HookGuard::Begun>> WorkerCall::begin() {
  const std::scoped_lock lock(mutex_);
  if (over_) return std::nullopt;
  guard_.reset(new LoadedPlugin::GuardLoan(lease_->borrowGuard(hook_, deadline_)));
  begun_ = (*guard_)->begin();
  if (!begun_) return std::nullopt;
  return std::pair<HookGuard&, HookGuard::Begun>(**guard_, *begun_);
}

void WorkerCall::settle(const Verdict& verdict) {
  const std::scoped_lock lock(mutex_);
  if (!begun_) return;
  HookGuard& guard = **guard_;
  guard.settle(*std::exchange(begun_, std::nullopt), verdict.status);
  if (verdict.failure.empty()) return;
  if (verdict.fault)
    lease_->reportFault(guard, verdict.failure);
  else
    lease_->report(guard, verdict.failure);
}

std::optional<PluginEntry> WorkerCall::enter(std::move_only_function<void()>& again) {
  const std::scoped_lock lock(mutex_);
  if (over_) return std::nullopt;
  const PluginEntry entry = lease_.enter(again, deadline_);
  entered_ = entry == PluginEntry::inside;
  return entry;
}

void WorkerCall::returned() { letGo(inside); }

void WorkerCall::over(WorkerPool& workers) {
  settle({ATRIUM_CANCELLED});  // Unless it was.
  std::optional<AtEnd> at_end;
  {
    const std::scoped_lock lock(mutex_);
    at_end = std::exchange(at_end_, std::nullopt);
    over_ = true;
  }
  if (!at_end || !at_end->needed()) return letGo(open);
  // One job for each call that was given up, and its calls are bounded. A pool that has stopped is at the end of the server, and of the
  // plugin.
  if (!workers.postAlways(
          [call = shared_from_this(), step = std::move(at_end->step)]() mutable {
            step();
            call->letGo(open);
          },
          "the end of a call"))
    letGo(open);
}

bool WorkerCall::whenOver(std::move_only_function<bool()> needed, std::move_only_function<void()> step) {
  const std::scoped_lock lock(mutex_);
  if (over_) return false;
  at_end_ = AtEnd{std::move(needed), std::move(step)};
  owes_ = true;
  return true;
}

void WorkerCall::late() {
  settle({ATRIUM_TIMED_OUT,
          fmt::format("it did not answer within {} ms", std::chrono::duration_cast<std::chrono::milliseconds>(deadline_).count())});
}

void WorkerCalls::begin(const std::shared_ptr<Begun>& begun) {
  WorkerCall& call = *begun->call;
  // Bounded by what may be held, and taken by the pool once before.
  std::move_only_function<void()> again = [this, begun] {
    if (!parts_.workers.postAlways([this, begun] { begin(begun); }, begun->what, begun->owner)) begun->call->returned();
  };
  const std::optional<PluginEntry> entry = call.enter(again);
  if (entry == PluginEntry::held) return;
  if (entry == PluginEntry::inside) begun->job();
  call.returned();
  if (entry == PluginEntry::full)
    parts_.shards.postAlways(parts_.shard, [this, number = begun->number] {
      parts_.metrics.add(Metric::plugin_held_refused);
      giveUpWith(number, ATRIUM_FULL);
    });
}

void WorkerCalls::open(std::uint64_t number, std::shared_ptr<WorkerCall> call, std::function<void(atrium_status)> end) {
  const auto deadline = parts_.now.mono + call->deadline();
  auto opened = std::make_unique<Open>(std::move(call), std::move(end), [this, number] {
    const auto found = calls_.find(number);
    found->second->call->late();
    giveUpWith(number, ATRIUM_TIMED_OUT);
  });
  parts_.timers.arm(opened->deadline, deadline);
  calls_.emplace(number, std::move(opened));
}

bool WorkerCalls::close(std::uint64_t number) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) {
    parts_.metrics.add(Metric::plugin_late_answers);
    return false;
  }
  found->second->call->over(parts_.workers);
  calls_.erase(found);
  return true;
}

void WorkerCalls::giveUpWith(std::uint64_t number, atrium_status status) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;
  const std::unique_ptr<Open> open = std::move(found->second);
  calls_.erase(found);
  open->call->over(parts_.workers);
  open->end(status);
}

}  // namespace atrium
