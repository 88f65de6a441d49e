#include "base/circuit_breaker.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace atrium {

CircuitBreaker::CircuitBreaker(const BreakerRules& rules, Random random, Observer observer)
    : rules_(rules), random_(random), observer_(std::move(observer)) {
  ATRIUM_ASSERT(rules.window_calls > 0 && rules.window_calls <= BreakerRules::window_max, "the window fits the ring");
}

std::optional<CircuitBreaker::Call> CircuitBreaker::begin(Mono now) {
  switch (state_) {
    case BreakerState::closed: return Call{now, round_};
    case BreakerState::open:
      if (now < open_until_) return std::nullopt;
      probe_successes_ = 0;
      become(BreakerState::half_open, {});
      break;
    case BreakerState::half_open:
      if (probe_out_ && now - probe_begun_ > rules_.deadline) {
        open(probe_begun_ + rules_.deadline);  // As if somebody had been there to see it.
        return begin(now);
      }
      if (probe_out_) return std::nullopt;
      break;
  }
  probe_out_ = true;
  probe_begun_ = now;
  return Call{now, ++round_};
}

void CircuitBreaker::end(const Call& call, bool succeeded, Mono now) {
  if (call.round != round_) return;
  const bool failed = !succeeded || now - call.begun > rules_.deadline;
  if (state_ == BreakerState::closed) return record(failed, now);
  if (failed) return open(now);
  probe_out_ = false;
  ++round_;
  if (++probe_successes_ < rules_.successes_to_close) return;
  outcome_count_ = 0;
  consecutive_failures_ = 0;
  open_period_ = {};
  become(BreakerState::closed, {});
}

std::chrono::nanoseconds CircuitBreaker::retryAfter(Mono now) const {
  Mono until = now;
  if (state_ == BreakerState::open) until = open_until_;
  if (state_ == BreakerState::half_open && probe_out_) until = probe_begun_ + rules_.deadline;
  return std::max<std::chrono::nanoseconds>(until - now, {});
}

void CircuitBreaker::record(bool failed, Mono now) {
  outcomes_[outcome_next_] = {now, failed};
  outcome_next_ = (outcome_next_ + 1) % rules_.window_calls;
  outcome_count_ = std::min(outcome_count_ + 1, rules_.window_calls);
  consecutive_failures_ = failed ? consecutive_failures_ + 1 : 0;
  if (failed && (consecutive_failures_ >= rules_.consecutive_failures || mostlyFailing(now))) open(now);
}

bool CircuitBreaker::mostlyFailing(Mono now) const {
  unsigned calls = 0, failures = 0;
  for (unsigned back = 1; back <= outcome_count_; ++back) {
    const Outcome& outcome = outcomes_[(outcome_next_ + rules_.window_calls - back) % rules_.window_calls];
    if (now - outcome.at >= rules_.window) break;
    ++calls;
    failures += outcome.failed ? 1 : 0;
  }
  return calls >= rules_.window_calls_least && failures * 2 >= calls;
}

void CircuitBreaker::open(Mono now) {
  open_period_ = open_period_ == std::chrono::nanoseconds{} ? rules_.open_first : std::min(open_period_ * 2, rules_.open_longest);
  const auto spread = open_period_ * static_cast<std::int64_t>(rules_.jitter_percent) / 100;
  const auto shift = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(2 * spread.count()) + 1));
  const auto open_for = open_period_ - spread + std::chrono::nanoseconds{shift};
  open_until_ = now + open_for;
  probe_out_ = false;
  become(BreakerState::open, open_for);
}

void CircuitBreaker::become(BreakerState state, std::chrono::nanoseconds open_for) {
  const Change change{state_, state, open_for};
  state_ = state;
  ++round_;
  if (observer_) observer_(change);
}

}  // namespace atrium
