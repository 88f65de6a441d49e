#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>

namespace atrium {

// Durations from 1 µs to about 134 s in log-linear buckets (eight to each power of two, so a quantile is off by at most 12.5 %);
// what is shorter or longer counts in the first or last bucket. One thread observes, any thread reads: a reading may miss the
// latest observations but never tears one.
class Histogram {
 public:
  static constexpr std::size_t bucket_count = 8 + 24 * 8;

  void observe(std::chrono::nanoseconds duration) {
    const std::uint64_t us = duration.count() <= 0 ? 0 : static_cast<std::uint64_t>(duration.count()) / 1000;
    bump(buckets_[bucketOf(us)], 1);
    bump(sum_us_, us);
  }

  // A sum of readings; a value.
  struct Snapshot {
    std::array<std::uint64_t, bucket_count> buckets{};
    std::uint64_t count = 0;
    std::uint64_t sum_us = 0;

    // The upper edge, in µs, of the bucket that holds the quantile `q` of (0, 1]; 0 when nothing was observed.
    [[nodiscard]] std::uint64_t quantileUs(double q) const;
    [[nodiscard]] double meanUs() const { return count == 0 ? 0.0 : static_cast<double>(sum_us) / static_cast<double>(count); }
    // How many observations lie at or below `us`, to the bucket's precision.
    [[nodiscard]] std::uint64_t countUpTo(std::uint64_t us) const;
  };
  void addTo(Snapshot& snapshot) const;

  [[nodiscard]] static std::size_t bucketOf(std::uint64_t us) {
    if (us < 8) return static_cast<std::size_t>(us);
    const auto exponent = static_cast<unsigned>(std::bit_width(us)) - 4;  // 8..15 → 0
    const std::size_t bucket = 8 + exponent * 8 + ((us >> exponent) & 7U);
    return bucket < bucket_count ? bucket : bucket_count - 1;
  }
  // The largest value, in µs, that falls into the bucket.
  [[nodiscard]] static std::uint64_t upperEdgeUs(std::size_t bucket) {
    if (bucket < 8) return bucket;
    const auto exponent = static_cast<unsigned>((bucket - 8) / 8);
    return ((8 + (bucket - 8) % 8 + 1) << exponent) - 1;
  }

 private:
  static void bump(std::atomic<std::uint64_t>& cell, std::uint64_t by) {
    cell.store(cell.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);  // One writer: no locked instruction needed.
  }
  std::array<std::atomic<std::uint64_t>, bucket_count> buckets_{};
  std::atomic<std::uint64_t> sum_us_{0};
};

}  // namespace atrium
