#include "figures/figure.hpp"

#include <algorithm>
#include <cstdio>

#include "load/samples.hpp"

namespace atrium::bench {

bool Figure::met() const { return median(runs_ms_) < limit_ms_; }

void Figure::printHead() { std::printf("%-66s %10s %10s %21s\n", "milliseconds", "required", "median", "lowest ... highest"); }

void Figure::print(bool judge) const {
  const auto [lowest, highest] = std::ranges::minmax(runs_ms_);
  std::printf("%-66s %10s %10.3f %8.3f ... %8.3f  %s\n", name_.c_str(), ("< " + std::to_string(static_cast<int>(limit_ms_))).c_str(),
              median(runs_ms_), lowest, highest,
              !judge  ? ""
              : met() ? "met"
                      : "MISSED");
}

}  // namespace atrium::bench
