#include "analytics/distribution.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/histogram.hpp"

namespace atrium {

namespace {

static_assert(Histogram::bucket_count <= 256, "a bucket's number is kept in a byte");

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void Distribution::add(double value) {
  if (!std::isfinite(value) || value < 0) return;
  addBucket(Histogram::bucketOf(value < 1e15 ? static_cast<std::uint64_t>(std::llround(value)) : std::uint64_t{1} << 50), 1);
  sum_ += value;
  squares_ += value * value;
}

void Distribution::add(const Distribution& other) {
  for (const auto& [bucket, count] : other.buckets_) addBucket(bucket, count);
  sum_ += other.sum_;
  squares_ += other.squares_;
}

void Distribution::addBucket(std::size_t bucket, std::uint64_t count) {
  if (count == 0) return;
  const auto number = static_cast<std::uint8_t>(std::min<std::size_t>(bucket, Histogram::bucket_count - 1));
  const auto at = std::ranges::lower_bound(buckets_, number, {}, [](const auto& entry) { return entry.first; });
  if (at != buckets_.end() && at->first == number)
    at->second += count;
  else
    buckets_.emplace(at, number, count);
  count_ += count;
}

double Distribution::mean() const { return count_ == 0 ? nothing : sum_ / static_cast<double>(count_); }

double Distribution::variance() const {
  if (count_ < 2) return nothing;
  const auto n = static_cast<double>(count_);
  return std::max(0.0, (squares_ - sum_ * sum_ / n) / (n - 1));  // Rounding may bring it below.
}

double Distribution::quantile(double q) const {
  if (count_ == 0) return nothing;
  Histogram::Snapshot snapshot;
  for (const auto& [bucket, count] : buckets_) snapshot.buckets[bucket] = count;
  snapshot.count = count_;
  return static_cast<double>(snapshot.quantileUs(q));
}

Distribution Distribution::of(double sum, double sum_of_squares, Buckets buckets) {
  Distribution made;
  for (const auto& [bucket, count] : buckets) made.addBucket(bucket, count);
  made.sum_ = sum;
  made.squares_ = sum_of_squares;
  return made;
}

}  // namespace atrium
