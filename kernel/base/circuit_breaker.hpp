#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/clock.hpp"
#include "base/ids.hpp"

namespace atrium {

enum class BreakerState : std::uint8_t {
  closed,     // Calls go through.
  open,       // Calls are refused.
  half_open,  // One call at a time goes through, to find out.
};

// When a breaker opens and closes. A value.
struct BreakerRules {
  static constexpr unsigned window_max = 32;

  unsigned consecutive_failures = 5;            // So many in a row open it...
  unsigned window_calls = 20;                   // ...and so does half of the last so many calls, at most window_max,
  unsigned window_calls_least = 10;             // of which at least so many must have ended
  std::chrono::nanoseconds window = 10s;        // within so long.
  std::chrono::nanoseconds open_first = 5s;     // How long it stays open; doubled each time the probe fails,
  std::chrono::nanoseconds open_longest = 60s;  // up to so long.
  unsigned jitter_percent = 20;                 // By how much each of these is made longer or shorter, so that nodes do not probe in step.
  unsigned successes_to_close = 2;
  std::chrono::nanoseconds deadline = 250ms;  // A call that takes longer has failed, whatever it answers.
};

// Keeps calls away from a dependency that does not work, and finds out when it works again. One breaker per dependency.
//
//   if (const auto call = breaker.begin(now)) { ... breaker.end(*call, succeeded, now); }
//   else refuse, with breaker.retryAfter(now) as advice
//
// It counts only what was begun in its present state: a success that comes after it opened does not close it, and a failure of a call
// from before does not fail the probe. It acts only when it is called; time alone changes nothing that can be seen, except that
// begin() may be refused before and granted after. One thread.
class CircuitBreaker {
 public:
  // One call on its way. A value; ended once, or never when its answer got lost.
  struct Call {
    Mono begun;
    std::uint64_t round;
  };

  struct Change {
    BreakerState from, to;
    std::chrono::nanoseconds open_for;  // When `to` is open; else zero.
  };
  // Told at once, from begin() or end(), for metrics and the log; must not call the breaker. May be empty.
  using Observer = std::move_only_function<void(const Change&)>;

  CircuitBreaker(const BreakerRules& rules, Random random, Observer observer);

  // Leave to make a call; nothing: it is refused. While half open, a probe that is past the deadline has failed.
  [[nodiscard]] std::optional<Call> begin(Mono now);
  // How the call went. For one that is still out at its deadline: call this then, with false, and not when its answer comes after all.
  void end(const Call& call, bool succeeded, Mono now);

  [[nodiscard]] BreakerState state() const { return state_; }
  // How long to wait before begin() can be granted: until it probes, or until the present probe must have ended. Zero when closed.
  [[nodiscard]] std::chrono::nanoseconds retryAfter(Mono now) const;

 private:
  struct Outcome {
    Mono at;
    bool failed;
  };

  void record(bool failed, Mono now);
  [[nodiscard]] bool mostlyFailing(Mono now) const;
  void open(Mono now);
  void become(BreakerState state, std::chrono::nanoseconds open_for);

  BreakerRules rules_;
  Random random_;
  Observer observer_;
  BreakerState state_ = BreakerState::closed;
  std::uint64_t round_ = 0;  // Changes with the state and with each probe; a call of another round no longer counts.
  std::array<Outcome, BreakerRules::window_max> outcomes_{};  // The last ones since it closed, as a ring.
  unsigned outcome_count_ = 0, outcome_next_ = 0;
  unsigned consecutive_failures_ = 0;
  unsigned probe_successes_ = 0;
  bool probe_out_ = false;
  Mono probe_begun_{};
  Mono open_until_{};
  std::chrono::nanoseconds open_period_{0};  // Before jitter; zero when the next opening is the first.
};

}  // namespace atrium
