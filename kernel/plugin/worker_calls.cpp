#include "plugin/worker_calls.hpp"

#include <fmt/format.h>

#include "protocol/metrics.hpp"

namespace atrium {

void WorkerCall::letGo(Part part) {
  PluginLease ended;  // Given back outside the lock.
  const std::scoped_lock lock(mutex_);
  parts_ &= ~static_cast<unsigned>(part);
  if (parts_ == 0) ended = std::move(lease_);
}

void WorkerCall::over() {
  std::move_only_function<void()> step;
  {
    const std::scoped_lock lock(mutex_);
    step = std::move(at_end_);
    at_end_ = nullptr;
    over_ = true;
  }
  if (step) step();
  letGo(open);
}

void WorkerCall::whenOver(std::move_only_function<void()> step) {
  {
    const std::scoped_lock lock(mutex_);
    if (!over_) {
      at_end_ = std::move(step);
      return;
    }
  }
  step();
}

void WorkerCall::reportLate() {
  const LoadedPlugin::GuardLoan guard = lease_->borrowGuard(hook_, deadline_);
  lease_->report(*guard,
                 fmt::format("it did not answer within {} ms", std::chrono::duration_cast<std::chrono::milliseconds>(deadline_).count()));
}

void WorkerCalls::open(std::uint64_t number, std::shared_ptr<WorkerCall> call, std::function<void(atrium_status)> end) {
  const auto deadline = parts_.now.mono + call->deadline();
  auto opened = std::make_unique<Open>(std::move(call), std::move(end), [this, number] {
    const auto found = calls_.find(number);
    found->second->call->reportLate();
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
  found->second->call->over();
  calls_.erase(found);
  return true;
}

void WorkerCalls::giveUpWith(std::uint64_t number, atrium_status status) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;
  const std::unique_ptr<Open> open = std::move(found->second);
  calls_.erase(found);
  open->call->over();
  open->end(status);
}

}  // namespace atrium
