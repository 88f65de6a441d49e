#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "routing/simulation/scenario.hpp"

namespace atrium::simulation {

// How long the longest waits of a run are. Waits are counted in buckets of 1 %, so that any number of them takes the same memory. A value.
class WaitTail {
 public:
  void add(Seconds wait);
  WaitTail& operator+=(const WaitTail& other);
  // The wait that the part `q` of (0, 1] of all does not exceed, off by 1 % of (it + 1 s) at most and never above max(); 0: there are none.
  [[nodiscard]] Seconds quantile(double q) const;
  [[nodiscard]] Seconds max() const { return max_; }

 private:
  // Up to ten days; what is longer counts in the last one.
  std::array<std::uint64_t, 1400> buckets_{};
  std::uint64_t count_ = 0;
  Seconds max_ = 0;
};

}  // namespace atrium::simulation
