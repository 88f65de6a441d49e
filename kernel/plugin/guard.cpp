#include "plugin/guard.hpp"

namespace atrium {

CallClock::CallClock() {
#if defined(__x86_64__)
  using Steady = std::chrono::steady_clock;
  const auto start = Steady::now();
  const std::uint64_t from = ticks();
  auto end = start;
  while (end - start < std::chrono::milliseconds{1}) end = Steady::now();
  const std::uint64_t to = ticks();
  if (to > from)
    nanoseconds_per_tick_ =
        static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count()) / static_cast<double>(to - from);
#endif
}

}  // namespace atrium
