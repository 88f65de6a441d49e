#include "base/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace atrium {

std::uint64_t Histogram::Snapshot::quantileUs(double q) const {
  if (count == 0) return 0;
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count))));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
    seen += buckets[bucket];
    if (seen >= rank) return upperEdgeUs(bucket);
  }
  return upperEdgeUs(bucket_count - 1);
}

std::uint64_t Histogram::Snapshot::countUpTo(std::uint64_t us) const {
  std::uint64_t total = 0;
  for (std::size_t bucket = 0; bucket < bucket_count && upperEdgeUs(bucket) <= us; ++bucket) total += buckets[bucket];
  return total;
}

void Histogram::addTo(Snapshot& snapshot) const {
  for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
    const std::uint64_t n = buckets_[bucket].load(std::memory_order_relaxed);
    snapshot.buckets[bucket] += n;
    snapshot.count += n;
  }
  snapshot.sum_us += sum_us_.load(std::memory_order_relaxed);
}

}  // namespace atrium
