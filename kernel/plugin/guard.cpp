#include "plugin/guard.hpp"

namespace atrium {
namespace {

#if defined(__x86_64__)
using Steady = std::chrono::steady_clock;

// One moment by both clocks.
struct Moment {
  Steady::time_point time;
  std::uint64_t ticks = 0;
};

// The clocks cannot be read at once, and the thread may be put aside in between: of a few tries the closest one counts.
Moment readBoth() {
  constexpr int tries = 16;
  Moment best;
  Steady::duration closest = Steady::duration::max();
  for (int n = 0; n < tries; ++n) {
    const auto before = Steady::now();
    const std::uint64_t ticks = CallClock::ticks();
    const auto after = Steady::now();
    if (after - before >= closest) continue;
    closest = after - before;
    best = {before + (after - before) / 2, ticks};
  }
  return best;
}
#endif

}  // namespace

CallClock::CallClock() {
#if defined(__x86_64__)
  const Moment start = readBoth();
  while (Steady::now() - start.time < std::chrono::milliseconds{1}) {
  }
  const Moment end = readBoth();
  if (end.ticks > start.ticks)
    nanoseconds_per_tick_ = static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(end.time - start.time).count()) /
                            static_cast<double>(end.ticks - start.ticks);
#endif
}

atrium_status HookGuard::refuse() noexcept {
  last_ = {};
  bump(refusals_);
  return ATRIUM_FAILED;
}

void HookGuard::overran() noexcept { bump(overruns_); }

// The fault was told when it was found inside, if it was.
void HookGuard::cameBackLate(std::chrono::nanoseconds took) noexcept {
  if (!breaker_ || (breaker_->holds() && breaker_->cameBack(inside_since_)) || took <= hang_) return;
  breaker_->faulted("it held its thread for " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()) +
                    " ms in " + hook_);
}

bool HookGuard::tellStuck() const { return breaker_ && breaker_->stuck(inside_since_); }

std::optional<HookGuard::Begun> HookGuard::begin() noexcept {
  Begun begun{std::nullopt, CallClock::ticks()};
  refused_ = false;
  if (keeper_ && keeper_->watching()) {
    begun.watched = keeper_->begin();
    refused_ = !begun.watched;
    if (refused_) return static_cast<void>(refuse()), std::nullopt;
  }
  return begun;
}

void HookGuard::settle(const Begun& begun, atrium_status status) noexcept {
  observe(clock_.between(begun.start, CallClock::ticks()));
  if (breaker_ && (begun.watched || status != ATRIUM_OK)) settle(begun.watched, status);
}

std::optional<HookGuard::Begun> HookGuard::sent() noexcept {
  auto begun = begin();
  if (begun) bump(elsewhere_);
  return begun;
}

void HookGuard::answered(std::optional<std::chrono::nanoseconds> took) noexcept {
  elsewhere_.store(elsewhere_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  refused_ = false;  // Another one may have been kept away meanwhile.
  if (took) return observe(*took);
  streak_before_ = streak_.load(std::memory_order_relaxed);
  last_ = {};
}

bool HookGuard::works(atrium_status status) noexcept {
  switch (status) {
    case ATRIUM_OK:
    case ATRIUM_NOT_FOUND:
    case ATRIUM_INVALID:
    case ATRIUM_UNSUPPORTED:
    case ATRIUM_DUPLICATE:
    case ATRIUM_CONFLICT:
    case ATRIUM_PRECONDITION:
    case ATRIUM_DENIED:
    case ATRIUM_CANCELLED: return true;
    default: return false;
  }
}

void HookGuard::settle(const std::optional<CircuitBreaker::Call>& watched, atrium_status status) noexcept {
  if (watched)
    breaker_->end(*watched, works(status));
  else if (!works(status))
    breaker_->failed();
}

}  // namespace atrium
