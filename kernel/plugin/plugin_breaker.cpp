#include "plugin/plugin_breaker.hpp"

#include <utility>

namespace atrium {

namespace {

// A probe that is not back by then has failed. How long a call took says nothing more here: deadlines are measured, not judged.
constexpr BreakerRules rules{.deadline = std::chrono::seconds{10}};

}  // namespace

PluginBreaker::PluginBreaker(std::string plugin, std::uint64_t generation, const Clock& clock, PluginTroubles* troubles)
    : plugin_(std::move(plugin)),
      generation_(generation),
      clock_(clock),
      troubles_(troubles),
      breaker_(rules, Random(Random::seedFromSystem()), [this](const CircuitBreaker::Change& change) {
        state_.store(change.to, std::memory_order_relaxed);
        if (troubles_) troubles_->breakerChanged(plugin_, generation_, change.to);
      }) {}

std::optional<CircuitBreaker::Call> PluginBreaker::begin() {
  if (tripped_.load(std::memory_order_relaxed) || holds()) return std::nullopt;
  const std::scoped_lock lock(mutex_);
  return breaker_.begin(clock_.now().mono);
}

void PluginBreaker::end(const CircuitBreaker::Call& call, bool succeeded) {
  const std::scoped_lock lock(mutex_);
  breaker_.end(call, succeeded, clock_.now().mono);
  successes_ = succeeded ? successes_ + 1 : 0;
  if (successes_ >= calm_after && breaker_.state() == BreakerState::closed && !tripped_.load(std::memory_order_relaxed)) {
    const std::scoped_lock stuck_lock(stuck_mutex_);  // A call that is found stuck at this moment is to be kept in mind.
    if (!holds()) watching_.store(false, std::memory_order_relaxed);
  }
}

void PluginBreaker::failed() {
  const std::scoped_lock lock(mutex_);
  watch();
  const Mono now = clock_.now().mono;
  if (breaker_.state() != BreakerState::closed) return;  // What began before it opened says nothing new.
  if (const auto call = breaker_.begin(now)) breaker_.end(*call, false, now);
}

void PluginBreaker::faulted(std::string_view what) {
  if (troubles_) troubles_->faulted(plugin_, generation_, what);
}

void PluginBreaker::trip() {
  const std::scoped_lock lock(mutex_);
  tripped_.store(true, std::memory_order_relaxed);
  watch();
}

bool PluginBreaker::stuck(const std::atomic<std::uint64_t>& inside) {
  const std::scoped_lock lock(stuck_mutex_);
  // Who comes back has cleared it before he takes the lock.
  if (inside.load(std::memory_order_relaxed) == 0 || !stuck_calls_.insert(&inside).second) return false;
  stuck_.store(stuck_calls_.size(), std::memory_order_relaxed);
  watching_.store(true, std::memory_order_relaxed);
  return true;
}

bool PluginBreaker::cameBack(const std::atomic<std::uint64_t>& inside) {
  bool last = false;
  {
    const std::scoped_lock lock(stuck_mutex_);
    if (stuck_calls_.erase(&inside) == 0) return false;
    stuck_.store(stuck_calls_.size(), std::memory_order_relaxed);
    last = stuck_calls_.empty();
  }
  if (last && troubles_) troubles_->cameBack(plugin_, generation_);
  return true;
}

void PluginBreaker::watch() {
  successes_ = 0;
  watching_.store(true, std::memory_order_relaxed);
}

}  // namespace atrium
