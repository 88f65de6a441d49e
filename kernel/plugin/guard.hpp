#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "atrium/abi.h"
#include "base/histogram.hpp"
#include "plugin/call_mark.hpp"
#include "plugin/plugin_breaker.hpp"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

// What stands around every call into a plugin: that it is inside, how long it took, whether it failed or ran past its deadline, whether its
// breaker lets it through, and that no exception comes out. What it costs over the plain call, docs/benchmarks.md tells
// (bench_guard): the processor's own counter instead of two system clocks, and plain stores instead of locked ones, because each guard is
// one thread's.
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

  // A call that is inside for so many deadlines, or for so long beyond its deadline, and no sooner than a second, holds its thread beyond
  // all patience: a fault.
  static constexpr int hang_deadlines = 100;
  static constexpr std::chrono::seconds hang_beyond{25};
  static constexpr std::chrono::seconds hang_least{1};

  // Whose hook it is. All of it outlives the guard; the texts end with a zero.
  struct Owner {
    std::string_view plugin;
    std::string_view sha256;
    PluginBreaker* breaker = nullptr;  // Null: nothing keeps calls away.
    bool always = false;               // The breaker is told of failures, and keeps nothing away.
    bool on_worker = false;            // Whether its calls are made on workers, and not on the thread of a loop or of a store.
    bool elsewhere = false;            // Whether its code runs in another process, which is ended when it hangs: that is the fault then.
  };
  HookGuard(std::string hook, std::chrono::nanoseconds deadline, const CallClock& clock,
            const Owner& owner = {"", "", nullptr, false, false, false})
      : hook_(std::move(hook)),
        deadline_(deadline),
        hang_(owner.elsewhere ? std::chrono::nanoseconds::max()
                              : std::max<std::chrono::nanoseconds>(
                                    std::min<std::chrono::nanoseconds>(deadline * hang_deadlines, deadline + hang_beyond), hang_least)),
        clock_(clock),
        breaker_(owner.breaker),
        keeper_(owner.always ? nullptr : owner.breaker),
        on_worker_(owner.on_worker),
        mark_{owner.plugin.data(), owner.sha256.data(), hook_.c_str()} {}
  HookGuard(const HookGuard&) = delete;
  HookGuard& operator=(const HookGuard&) = delete;

  // Runs `hook`, which returns an atrium_status; an exception becomes ATRIUM_FAILED. A call past its deadline keeps its verdict. While the
  // breaker is open nothing is run: ATRIUM_FAILED, and lastRefused() tells.
  template <typename Hook>
  atrium_status call(Hook&& hook) noexcept {
    std::optional<CircuitBreaker::Call> watched;
    refused_ = false;
    if (keeper_ && keeper_->watching()) [[unlikely]] {
      watched = keeper_->begin();
      refused_ = !watched;
      if (refused_) return refuse();
    }
    const std::uint64_t start = CallClock::ticks();
    const atrium_status status = enter(start, std::forward<Hook>(hook));
    const std::chrono::nanoseconds took = clock_.between(start, CallClock::ticks());
    observe(took);
    if (took > deadline_) [[unlikely]]
      cameBackLate(took);
    if (breaker_ && (watched || status != ATRIUM_OK)) [[unlikely]]
      settle(watched, status);
    return status;
  }
  // The parts of a call() whose answer comes apart from the function's return, sooner, later or never: begin(), then run() on the thread of
  // the call, and settle() once with the answer on any thread, also while run() is inside. begin() and settle() are not called at once, and
  // nobody else has the guard until both are over.
  struct Begun {
    std::optional<CircuitBreaker::Call> watched;
    std::uint64_t start = 0;
  };
  // Nothing: the breaker keeps it away.
  [[nodiscard]] std::optional<Begun> begin() noexcept;
  template <typename Hook>
  atrium_status run(const Begun& begun, Hook&& hook) noexcept {
    const atrium_status status = enter(CallClock::ticks(), std::forward<Hook>(hook));
    const std::chrono::nanoseconds took = clock_.between(begun.start, CallClock::ticks());
    if (took > deadline_) [[unlikely]]
      cameBackLate(took);
    return status;
  }
  void settle(const Begun& begun, atrium_status status) noexcept;
  // Whether a plugin that answers this works: it did what was asked, or said what is wrong with the question.
  [[nodiscard]] static bool works(atrium_status status) noexcept;

  // A call that is made in another process, where as many as there are may be under way: sent(), and answered() once. On the guard's
  // thread; what the breaker is to hear of the answer, the caller tells it. Nothing: the breaker keeps it away.
  [[nodiscard]] std::optional<Begun> sent() noexcept;
  // `took`: for how long the plugin had it; nothing: it never came to the plugin, and failed.
  void answered(std::optional<std::chrono::nanoseconds> took) noexcept;

  // What call() counts, for one whose answer came apart.
  void observe(std::chrono::nanoseconds took) noexcept {
    streak_before_ = streak_.load(std::memory_order_relaxed);
    streak_.store(0, std::memory_order_relaxed);  // Unless countFailure() says otherwise.
    duration_.observe(took);
    last_ = took;
    if (took > deadline_) overran();
  }
  // Counts the last call, whose answer was a failure or against the contract; what that is, the caller knows.
  void countFailure() {
    if (refused_) return;
    bump(failures_);
    streak_.store(streak_before_ + 1, std::memory_order_relaxed);
  }

  [[nodiscard]] const std::string& hook() const { return hook_; }
  [[nodiscard]] const Histogram& duration() const { return duration_; }
  [[nodiscard]] std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t overruns() const { return overruns_.load(std::memory_order_relaxed); }
  // Whether the latest calls, failing_after of them or more, all failed.
  [[nodiscard]] bool failing() const { return streak_.load(std::memory_order_relaxed) >= failing_after; }
  // Calls under way: the one that is inside, and those sent to another process, which may still wait for it.
  [[nodiscard]] std::uint64_t inFlight() const { return (inside() ? 1u : 0u) + elsewhere_.load(std::memory_order_relaxed); }
  // Whether a thread is inside the plugin's function, and for how long at `ticks`.
  [[nodiscard]] bool inside() const { return inside_since_.load(std::memory_order_relaxed) != 0; }
  [[nodiscard]] std::chrono::nanoseconds insideFor(std::uint64_t ticks) const {
    const std::uint64_t since = inside_since_.load(std::memory_order_relaxed);
    return since == 0 ? std::chrono::nanoseconds{0} : clock_.between(since, ticks);
  }
  // Whether it is inside beyond all patience.
  [[nodiscard]] bool hangs(std::uint64_t ticks) const { return insideFor(ticks) > hang_; }
  // Has the breaker keep calls away until the one that hangs has come back. True: that was not known yet.
  bool tellStuck() const;
  [[nodiscard]] bool onWorker() const { return on_worker_; }
  // Whether the last call ran past its deadline. For the calling thread.
  [[nodiscard]] bool lastOverran() const { return last_ > deadline_; }
  [[nodiscard]] std::chrono::nanoseconds last() const { return last_; }
  // Whether the breaker kept the last call from the plugin. For the calling thread.
  [[nodiscard]] bool lastRefused() const { return refused_; }
  // How many calls were kept away.
  [[nodiscard]] std::uint64_t refusals() const { return refusals_.load(std::memory_order_relaxed); }
  // The last call broke the contract: `what` says how, a sentence's end.
  void countFault(std::string_view what) {
    if (breaker_) breaker_->faulted(what);
  }
  [[nodiscard]] std::chrono::nanoseconds deadline() const { return deadline_; }

 private:
  // Away from the fast path.
  atrium_status refuse() noexcept;
  void overran() noexcept;
  void cameBackLate(std::chrono::nanoseconds took) noexcept;
  void settle(const std::optional<CircuitBreaker::Call>& watched, atrium_status status) noexcept;
  template <typename Hook>
  atrium_status enter(std::uint64_t start, Hook&& hook) noexcept {
    const CallScope scope(mark_);
    inside_since_.store(start, std::memory_order_relaxed);
    atrium_status status = ATRIUM_FAILED;
    try {
      status = hook();
    } catch (...) {  // Nothing of the exception is kept: its type may live in the plugin's code.
    }
    inside_since_.store(0, std::memory_order_relaxed);
    return status;
  }
  static void bump(std::atomic<std::uint64_t>& cell) { cell.store(cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }

  std::string hook_;
  std::chrono::nanoseconds deadline_;
  std::chrono::nanoseconds hang_;
  const CallClock& clock_;
  PluginBreaker* breaker_;
  PluginBreaker* keeper_;  // The same, when it may keep calls away.
  const bool on_worker_;
  CallMark mark_;
  bool refused_ = false;
  std::chrono::nanoseconds last_{0};
  std::uint32_t streak_before_ = 0;  // Of failures, before the last call.
  std::atomic<std::uint32_t> streak_{0};
  std::atomic<std::uint64_t> inside_since_{0};  // Ticks; zero: nobody is inside.
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> overruns_{0};
  std::atomic<std::uint64_t> refusals_{0};
  std::atomic<std::uint64_t> elsewhere_{0};  // Sent and not answered.
  Histogram duration_;
};

}  // namespace atrium
