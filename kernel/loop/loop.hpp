#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/mailbox.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "base/timer_wheel.hpp"

namespace atrium {

// Something with a descriptor that a loop watches. Lives at least until unwatch().
class Watcher {
 public:
  virtual ~Watcher() = default;
  // `events` are EPOLL... bits. On the loop's thread.
  virtual void onReady(std::uint32_t events) = 0;
};

// One event loop on one thread, over epoll and an eventfd. A turn: read the time once, handle what is ready, run what others posted,
// fire the timers that are due, then the end-of-turn steps in the order they were added. Time stands still during a turn. Between turns
// the loop sleeps; a post wakes it only when it does, so that posts to a busy loop cost no system call.
// Everything but post(), postAlways() and stop() belongs to the loop's own thread (or to the one that sets it up, before run()).
class Loop {
 public:
  struct Options {
    unsigned index = 0;
    std::size_t mailbox_tasks = 65536;  // post() is refused above it.
    // Where the length of turns (a histogram) and refused posts (a counter) are told; nothing: not at all.
    std::optional<Metric> turn_seconds = std::nullopt;
    std::optional<Metric> mailbox_refused = std::nullopt;
  };
  // `clock` and `metrics` outlive the loop; `metrics` is this thread's own set.
  Loop(Options options, const Clock& clock, MetricSet& metrics);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Turns until stop(). The calling thread becomes the loop's.
  void run();
  // Ends run() after the present turn, or before its first one; what was posted and has not run by then is destroyed unrun. Any thread.
  void stop();

  // Runs `task` on the loop's thread, in a later turn or later in this one. False when the mailbox is full or the loop has ended; the
  // task is then destroyed. Any thread.
  bool post(Task task);
  // As post(), without the bound: for completions of work this loop itself started. Any thread.
  bool postAlways(Task task);

  [[nodiscard]] unsigned index() const { return options_.index; }
  [[nodiscard]] const Now& now() const { return now_; }
  [[nodiscard]] TimerWheel& timers() { return timers_; }
  [[nodiscard]] MetricSet& metrics() { return metrics_; }

  // Level-triggered. A descriptor has one watcher. Events already collected for a watcher that is unwatched in the same turn are dropped.
  void watch(int descriptor, std::uint32_t events, Watcher& watcher);
  void rewatch(int descriptor, std::uint32_t events, Watcher& watcher);
  void unwatch(int descriptor, Watcher& watcher);

  // Adds a step that runs at the end of every turn, after those added before it.
  void atTurnEnd(std::move_only_function<void()> step);
  // The present turn is followed by another without waiting.
  void turnAgain() { again_ = true; }
  // The coming wait ends at that time at the latest, to the clock's own precision (timers() rounds up to milliseconds). For one wait.
  void wakeBy(Mono time) {
    if (!wake_by_ || time < *wake_by_) wake_by_ = time;
  }
  // When the present turn began, in nanoseconds of Mono; 0 while the loop waits. For a watchdog. Any thread.
  [[nodiscard]] std::int64_t turnStartedNs() const { return turn_started_ns_.load(std::memory_order_relaxed); }

 private:
  struct Poller;
  void turn();
  void runPosted();
  void report(Mono ended);
  void wake();
  [[nodiscard]] std::optional<std::chrono::nanoseconds> waitTime() const;

  Options options_;
  const Clock& clock_;
  MetricSet& metrics_;
  Now now_;
  TimerWheel timers_;
  Mailbox mailbox_;
  std::vector<Task> posted_;
  std::vector<std::move_only_function<void()>> turn_end_;
  std::unique_ptr<Poller> poller_;
  std::optional<Mono> wake_by_;
  std::uint64_t refused_told_ = 0;
  bool again_ = false;

  std::atomic<bool> stopping_{false};
  std::atomic<bool> asleep_{false};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::int64_t> turn_started_ns_{0};
};

}  // namespace atrium
