#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "atrium/abi.h"
#include "base/histogram.hpp"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

// What stands around every call into a plugin: that it is inside, how long it took, whether it failed or ran past its deadline, and
// that no exception comes out. Measured at some 20 ns over the plain call (tests/bench/bench_guard): the processor's own counter
// instead of two system clocks, and plain stores instead of locked ones, because each guard is one thread's.
namespace atrium {

// Ticks that cost a few nanoseconds to read, and what they are in time. Immutable: any thread.
class CallClock {
 public:
  CallClock();  // Compares the counter with the system's clock for a millisecond.

  [[nodiscard]] static std::uint64_t ticks() {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
  }
  // Zero when the ticks stand in the wrong order, as on a machine whose cores disagree.
  [[nodiscard]] std::chrono::nanoseconds between(std::uint64_t from, std::uint64_t to) const {
    if (to <= from) return std::chrono::nanoseconds{0};
    return std::chrono::nanoseconds{static_cast<std::int64_t>(static_cast<double>(to - from) * nanoseconds_per_tick_)};
  }

 private:
  double nanoseconds_per_tick_ = 1.0;
};

// One hook as one thread calls it. That thread alone calls; any thread reads the figures.
class HookGuard {
 public:
  static constexpr std::uint32_t failing_after = 5;

  HookGuard(std::string hook, std::chrono::nanoseconds deadline, const CallClock& clock)
      : hook_(std::move(hook)), deadline_(deadline), clock_(clock) {}
  HookGuard(const HookGuard&) = delete;
  HookGuard& operator=(const HookGuard&) = delete;

  // Runs `hook`, which returns an atrium_status; an exception becomes ATRIUM_FAILED. A call past its deadline keeps its verdict.
  template <typename Hook>
  atrium_status call(Hook&& hook) noexcept {
    inside_.store(1, std::memory_order_relaxed);
    const std::uint64_t start = CallClock::ticks();
    atrium_status status = ATRIUM_FAILED;
    try {
      status = hook();
    } catch (...) {  // Nothing of the exception is kept: its type may live in the plugin's code.
    }
    const std::chrono::nanoseconds took = clock_.between(start, CallClock::ticks());
    inside_.store(0, std::memory_order_relaxed);
    streak_before_ = streak_.load(std::memory_order_relaxed);
    streak_.store(0, std::memory_order_relaxed);  // Unless countFailure() says otherwise.
    duration_.observe(took);
    last_ = took;
    if (took > deadline_) bump(overruns_);
    return status;
  }
  // Counts the last call, whose answer was a failure or against the contract; what that is, the caller knows.
  void countFailure() {
    bump(failures_);
    streak_.store(streak_before_ + 1, std::memory_order_relaxed);
  }

  [[nodiscard]] const std::string& hook() const { return hook_; }
  [[nodiscard]] const Histogram& duration() const { return duration_; }
  [[nodiscard]] std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t overruns() const { return overruns_.load(std::memory_order_relaxed); }
  // Whether the latest calls, failing_after of them or more, all failed.
  [[nodiscard]] bool failing() const { return streak_.load(std::memory_order_relaxed) >= failing_after; }
  [[nodiscard]] bool inside() const { return inside_.load(std::memory_order_relaxed) != 0; }
  // Whether the last call ran past its deadline. For the calling thread.
  [[nodiscard]] bool lastOverran() const { return last_ > deadline_; }
  [[nodiscard]] std::chrono::nanoseconds last() const { return last_; }

 private:
  static void bump(std::atomic<std::uint64_t>& cell) { cell.store(cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }

  std::string hook_;
  std::chrono::nanoseconds deadline_;
  const CallClock& clock_;
  std::chrono::nanoseconds last_{0};
  std::uint32_t streak_before_ = 0;  // Of failures, before the last call.
  std::atomic<std::uint32_t> streak_{0};
  std::atomic<std::uint32_t> inside_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> overruns_{0};
  Histogram duration_;
};

}  // namespace atrium
