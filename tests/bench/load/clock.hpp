#pragma once

#include <ctime>

#include <cstdint>

namespace atrium::bench {

// Nanoseconds of the monotonic clock. A plain number, because samples are stored, sorted and subtracted by the million.
using Nanos = std::int64_t;

inline constexpr Nanos micro = 1'000;
inline constexpr Nanos milli = 1'000'000;
inline constexpr Nanos second = 1'000'000'000;

[[nodiscard]] inline Nanos now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return Nanos{time.tv_sec} * second + time.tv_nsec;
}

}  // namespace atrium::bench
