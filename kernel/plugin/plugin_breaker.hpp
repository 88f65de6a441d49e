#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/circuit_breaker.hpp"
#include "base/clock.hpp"

namespace atrium {

// Who is told of a generation's troubles. On whatever thread they happen, also from within a call of the plugin: it neither blocks nor
// calls the plugin.
class PluginTroubles {
 public:
  virtual ~PluginTroubles() = default;
  virtual void breakerChanged(const std::string& plugin, std::uint64_t generation, BreakerState state) = 0;
  // It broke its contract or held a thread far too long; three of these in ten minutes are too many.
  virtual void faulted(const std::string& plugin, std::uint64_t generation, std::string_view what) = 0;
  // The calls that were found stuck have all come back.
  virtual void cameBack(const std::string& plugin, std::uint64_t generation) = 0;
};

// The circuit breaker of one generation of a plugin, shared by all threads that call it. As long as nothing fails it costs a call one
// relaxed load. From the first failure on it watches: five failures in a row, or half of the last twenty calls within ten seconds, open
// it; then calls are refused for 5 s, doubling up to 60 s, until a probe and a second call succeed. Any thread.
class PluginBreaker {
 public:
  // `troubles` may be null; it outlives the breaker.
  PluginBreaker(std::string plugin, std::uint64_t generation, const Clock& clock, PluginTroubles* troubles);

  // Whether calls are to be begun and ended here; otherwise only failures are told.
  [[nodiscard]] bool watching() const { return watching_.load(std::memory_order_relaxed); }
  // Leave to call; nothing: refused.
  [[nodiscard]] std::optional<CircuitBreaker::Call> begin();
  void end(const CircuitBreaker::Call& call, bool succeeded);
  // A call that began while nobody watched has failed.
  void failed();
  // A call broke the contract or came back long after any patience; `what` is a sentence's end: "broke the contract: ...".
  void faulted(std::string_view what);
  // Refuses everything from now on.
  void trip();
  // A call has been inside beyond all patience: refuses everything until it has come back. `inside` is that call's, not zero while it is
  // inside. True: that was not known yet, and it still is inside.
  bool stuck(const std::atomic<std::uint64_t>& inside);
  // That call has come back, and `inside` is zero. False: it was not known as stuck.
  bool cameBack(const std::atomic<std::uint64_t>& inside);
  // Whether a call is known as stuck.
  [[nodiscard]] bool holds() const { return stuck_.load(std::memory_order_relaxed) > 0; }

  [[nodiscard]] BreakerState state() const { return state_.load(std::memory_order_relaxed); }

 private:
  static constexpr unsigned calm_after = 20;  // So many successes in a row, and nobody needs to watch.
  void watch();

  const std::string plugin_;
  const std::uint64_t generation_;
  const Clock& clock_;
  PluginTroubles* const troubles_;
  std::atomic<bool> watching_{false};
  std::atomic<bool> tripped_{false};
  std::atomic<BreakerState> state_{BreakerState::closed};
  std::mutex mutex_;
  CircuitBreaker breaker_;
  unsigned successes_ = 0;  // In a row.

  // Taken last of all locks, and for moments: who holds it calls nothing.
  std::mutex stuck_mutex_;
  std::set<const void*> stuck_calls_;
  std::atomic<std::size_t> stuck_{0};
};

}  // namespace atrium
