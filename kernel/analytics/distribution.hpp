#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace atrium {

// What was observed of one duration, small enough to be kept for every minute and agent: the count, the sum, the sum of squares and the
// log-linear buckets of Histogram that hold anything. The unit is the observer's (ms or µs), from 1 to 134 million of them; a quantile is
// off by at most 12.5 %, never below the truth. A value; adding up is exact, so that hours are made of minutes.
class Distribution {
 public:
  // What is negative or no finite number is not counted.
  void add(double value);
  void add(const Distribution& other);
  // So many observations at the upper edge of that bucket, for sums that were kept as a histogram; `sum` of all is added apart.
  void addBucket(std::size_t bucket, std::uint64_t count);
  void addSum(double sum) { sum_ += sum; }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double sum() const { return sum_; }
  // NaN when nothing was observed.
  [[nodiscard]] double mean() const;
  // Of the sample, with n - 1; NaN below two observations.
  [[nodiscard]] double variance() const;
  // The upper edge of the bucket in which the quantile `q` of (0, 1] lies; NaN when nothing was observed.
  [[nodiscard]] double quantile(double q) const;

  using Buckets = std::vector<std::pair<std::uint8_t, std::uint64_t>>;  // Ascending, none with 0.
  [[nodiscard]] const Buckets& buckets() const { return buckets_; }
  [[nodiscard]] double sumOfSquares() const { return squares_; }
  // From what was kept; nothing that contradicts itself gets in: the count is that of the buckets.
  static Distribution of(double sum, double sum_of_squares, Buckets buckets);

 private:
  std::uint64_t count_ = 0;
  double sum_ = 0;
  double squares_ = 0;
  Buckets buckets_;
};

}  // namespace atrium
