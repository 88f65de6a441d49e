#pragma once

#include <cstddef>
#include <vector>

#include "load/clock.hpp"

namespace atrium::bench {

// Durations that were measured. Percentiles are exact: the samples are kept and sorted, never put into buckets.
class Samples {
 public:
  void reserve(std::size_t count) { values_.reserve(count); }
  void add(Nanos value) {
    values_.push_back(value);
    sorted_ = false;
  }
  void clear() { values_.clear(); }
  [[nodiscard]] std::size_t count() const { return values_.size(); }
  // The smallest sample that at least `share` (0 < share <= 1) of all samples do not exceed; 0 when there is none.
  [[nodiscard]] Nanos percentile(double share);
  [[nodiscard]] Nanos max() { return percentile(1.0); }

 private:
  std::vector<Nanos> values_;
  bool sorted_ = true;
};

// The middle one of `values`, or the mean of the two in the middle; 0 when there is none.
[[nodiscard]] double median(std::vector<double> values);

}  // namespace atrium::bench
