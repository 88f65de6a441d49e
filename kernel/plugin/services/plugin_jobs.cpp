#include "plugin/services/plugin_jobs.hpp"

#include <utility>
#include <vector>

#include "atrium/service/executor.h"
#include "atrium/service/timer.h"

namespace atrium {

namespace {

constexpr std::chrono::seconds job_deadline{5};
constexpr std::chrono::seconds timer_deadline{1};

}  // namespace

atrium_status PluginJobs::post(Function job, void* context) {
  if (!job) return ATRIUM_INVALID;
  std::function<void()> work = [self = shared_from_this(), job, context] {
    self->run("job", job_deadline, job, context);
    const std::scoped_lock lock(self->mutex_);
    --self->jobs_;
    self->left();
  };
  {
    const std::scoped_lock lock(mutex_);
    if (ended_) return ATRIUM_CANCELLED;
    if (jobs_ >= ATRIUM_JOBS_MAX) return ATRIUM_FULL;
    ++jobs_;
    if (holding_) return held_.push_back(std::move(work)), ATRIUM_OK;
  }
  if (workers_.post(work, plugin_ + " job", plugin_)) return ATRIUM_OK;
  const std::scoped_lock lock(mutex_);
  --jobs_;
  left();
  return ATRIUM_FULL;
}

void PluginJobs::run(std::string_view hook, std::chrono::nanoseconds deadline, Function function, void* context) {
  guarded_(hook, deadline, [function, context] { function(context); });
}

atrium_status PluginJobs::start(std::uint64_t delay_ms, Function fire_function, void* context, std::uint64_t* timer) {
  if (!fire_function || !timer || delay_ms > ATRIUM_TIMER_DELAY_MS_MAX) return ATRIUM_INVALID;
  // Held until the pool's number is known, so that a timer that fires at once finds itself.
  const std::scoped_lock lock(mutex_);
  if (ended_) return ATRIUM_CANCELLED;
  if (timers_.size() >= ATRIUM_TIMERS_MAX) return ATRIUM_FULL;
  const std::uint64_t number = ++last_timer_;
  const std::uint64_t pooled = workers_.postAfter(
      std::chrono::milliseconds(delay_ms),
      [self = shared_from_this(), number, fire_function, context] { self->fire(number, fire_function, context); }, plugin_ + " timer",
      plugin_);
  if (pooled == 0) return ATRIUM_FULL;
  timers_.emplace(number, pooled);
  *timer = number;
  return ATRIUM_OK;
}

void PluginJobs::fire(std::uint64_t timer, Function function, void* context) {
  {
    const std::scoped_lock lock(mutex_);
    if (holding_ && timers_.contains(timer))
      return held_timers_.push_back([self = shared_from_this(), timer, function, context] { self->fire(timer, function, context); });
    if (timers_.erase(timer) == 0) return;  // Cancelled while it waited for a thread.
    ++firing_;
  }
  run("timer", timer_deadline, function, context);
  const std::scoped_lock lock(mutex_);
  --firing_;
  left();
}

bool PluginJobs::cancel(std::uint64_t timer) {
  std::uint64_t pooled = 0;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = timers_.find(timer);
    if (found == timers_.end()) return false;
    pooled = found->second;
    timers_.erase(found);
  }
  static_cast<void>(workers_.cancel(pooled));  // One that waits for a thread already finds itself gone.
  return true;
}

// Under the lock.
void PluginJobs::left() {
  if (idle()) idle_.notify_all();
}

bool PluginJobs::hold(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  holding_ = true;
  return idle_.wait_for(lock, patience, [this] { return idle(); });
}

void PluginJobs::letGo() {
  std::vector<std::function<void()>> jobs, timers;
  {
    const std::scoped_lock lock(mutex_);
    holding_ = false;
    jobs.swap(held_);
    timers.swap(held_timers_);
  }
  for (auto& timer : timers) static_cast<void>(workers_.postAlways(std::move(timer), plugin_ + " timer", plugin_));
  for (auto& job : jobs) {
    if (workers_.postAlways(std::move(job), plugin_ + " job", plugin_)) continue;
    const std::scoped_lock lock(mutex_);  // The pool has stopped, and the job is lost with it.
    --jobs_;
    left();
  }
}

bool PluginJobs::end(std::chrono::milliseconds patience) {
  std::vector<std::uint64_t> pooled;
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    for (const auto& [timer, number] : timers_) pooled.push_back(number);
    timers_.clear();
  }
  for (const std::uint64_t number : pooled) static_cast<void>(workers_.cancel(number));
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, patience, [this] { return idle(); });
}

}  // namespace atrium
