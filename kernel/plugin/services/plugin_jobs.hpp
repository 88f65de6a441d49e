#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "atrium/abi.h"
#include "loop/worker_pool.hpp"
#include "plugin/services/guarded_call.hpp"

namespace atrium {

// What a plugin has running on the workers by itself: jobs of its executor and timers. Any thread.
class PluginJobs : public std::enable_shared_from_this<PluginJobs> {
 public:
  using Function = void (*)(void* context);

  // `workers` outlives it; `guarded` is not called after end().
  PluginJobs(WorkerPool& workers, std::string plugin, GuardedCall guarded)
      : workers_(workers), plugin_(std::move(plugin)), guarded_(std::move(guarded)) {}

  // ATRIUM_FULL: over a bound of the plugin's or the pool's. ATRIUM_INVALID: nothing to run. ATRIUM_CANCELLED: it has ended.
  atrium_status post(Function job, void* context);
  atrium_status start(std::uint64_t delay_ms, Function fire, void* context, std::uint64_t* timer);
  // Whether the timer was there and will not fire.
  bool cancel(std::uint64_t timer);

  // What is posted or fires from now on waits for letGo(); waits until what was taken before has run. False: it has not after `patience`.
  [[nodiscard]] bool hold(std::chrono::milliseconds patience);
  void letGo();

  // Takes nothing more, cancels the timers and waits for what was taken or fires. False: something still runs after `patience`; then the
  // plugin's code must stay.
  [[nodiscard]] bool end(std::chrono::milliseconds patience);

 private:
  void run(std::string_view hook, std::chrono::nanoseconds deadline, Function function, void* context);
  void fire(std::uint64_t timer, Function function, void* context);
  [[nodiscard]] bool idle() const { return jobs_ == held_.size() && firing_ == 0; }
  void left();

  WorkerPool& workers_;
  const std::string plugin_;
  const GuardedCall guarded_;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::uint64_t last_timer_ = 0;
  std::unordered_map<std::uint64_t, std::uint64_t> timers_;  // By our number: the pool's.
  std::size_t jobs_ = 0;                                     // That wait or run.
  std::size_t firing_ = 0;
  std::vector<std::function<void()>> held_;         // Of jobs_: those that wait for letGo(). Bounded as they are.
  std::vector<std::function<void()>> held_timers_;  // Due; each is still among timers_.
  bool holding_ = false;
  bool ended_ = false;
};

}  // namespace atrium
