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
  if (tripped_.load(std::memory_order_relaxed)) return std::nullopt;
  const std::scoped_lock lock(mutex_);
  return breaker_.begin(clock_.now().mono);
}

void PluginBreaker::end(const CircuitBreaker::Call& call, bool succeeded) {
  const std::scoped_lock lock(mutex_);
  breaker_.end(call, succeeded, clock_.now().mono);
  successes_ = succeeded ? successes_ + 1 : 0;
  if (successes_ >= calm_after && breaker_.state() == BreakerState::closed && !tripped_.load(std::memory_order_relaxed))
    watching_.store(false, std::memory_order_relaxed);
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

void PluginBreaker::watch() {
  successes_ = 0;
  watching_.store(true, std::memory_order_relaxed);
}

}  // namespace atrium
