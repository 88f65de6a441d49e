#include "load/samples.hpp"

#include <algorithm>
#include <cmath>

namespace atrium::bench {

Nanos Samples::percentile(double share) {
  if (values_.empty()) return 0;
  if (!sorted_) {
    std::ranges::sort(values_);
    sorted_ = true;
  }
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values_.size())));
  return values_[std::clamp<std::size_t>(rank, 1, values_.size()) - 1];
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace atrium::bench
