#include "routing/simulation/wait_tail.hpp"

#include <algorithm>
#include <cmath>

namespace atrium::simulation {

namespace {

constexpr double bucket_width = .01;  // Of the logarithm of a second more than the wait.

}  // namespace

void WaitTail::add(Seconds wait) {
  const double place = std::log1p(std::max(wait, 0.0)) / bucket_width;
  ++buckets_[std::min(static_cast<std::size_t>(place), buckets_.size() - 1)];
  ++count_;
  max_ = std::max(max_, wait);
}

WaitTail& WaitTail::operator+=(const WaitTail& other) {
  for (std::size_t at = 0; at < buckets_.size(); ++at) buckets_[at] += other.buckets_[at];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  return *this;
}

Seconds WaitTail::quantile(double q) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t at = 0; at < buckets_.size(); ++at) {
    seen += buckets_[at];
    if (seen >= wanted && seen > 0) return std::min(std::expm1(static_cast<double>(at + 1) * bucket_width), max_);
  }
  return 0;
}

}  // namespace atrium::simulation
