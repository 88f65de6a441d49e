#include "figures/figure.hpp"

#include <algorithm>
#include <cstdio>

#include "load/samples.hpp"

namespace atrium::bench {

bool Figure::met() const { return limit_ms_ == 0 || runs_ms_.empty() || median(runs_ms_) < limit_ms_; }

bool Figure::missed() const { return !met() && (floor_ == nullptr || median(floor_->runs_ms_) < limit_ms_); }

void Figure::printHead() { std::printf("%-66s %10s %10s %21s\n", "milliseconds", "required", "median", "lowest ... highest"); }

void Figure::print(bool judge) const {
  if (runs_ms_.empty()) {
    std::printf("%-66s %10s\n", name_.c_str(), "no result");
    return;
  }
  const auto [lowest, highest] = std::ranges::minmax(runs_ms_);
  const std::string required = limit_ms_ > 0 ? "< " + std::to_string(static_cast<int>(limit_ms_)) : "";
  const char* verdict = !judge || limit_ms_ == 0 ? "" : met() ? "met" : missed() ? "MISSED" : "the disk alone takes longer";
  std::printf("%-66s %10s %10.3f %8.3f ... %8.3f  %s\n", name_.c_str(), required.c_str(), median(runs_ms_), lowest, highest, verdict);
}

}  // namespace atrium::bench
