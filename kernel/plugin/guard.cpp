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

void HookGuard::overran() noexcept {
  bump(overruns_);
  if (breaker_ && last_ > hang_)
    breaker_->faulted("it held its thread for " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(last_).count()) +
                      " ms in " + hook_);
}

void HookGuard::settle(const std::optional<CircuitBreaker::Call>& watched, atrium_status status) noexcept {
  if (watched)
    breaker_->end(*watched, status == ATRIUM_OK);
  else
    breaker_->failed();
}

}  // namespace atrium
