#include "base/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "base/ids.hpp"

namespace atrium {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

TEST(Histogram, bucketsFollowEachOtherWithoutAGap) {
  EXPECT_EQ(Histogram::bucketOf(0), 0U);
  for (std::size_t bucket = 0; bucket + 1 < Histogram::bucket_count; ++bucket) {
    const std::uint64_t edge = Histogram::upperEdgeUs(bucket);
    ASSERT_EQ(Histogram::bucketOf(edge), bucket);
    ASSERT_EQ(Histogram::bucketOf(edge + 1), bucket + 1);
  }
  EXPECT_EQ(Histogram::bucketOf(~0ULL), Histogram::bucket_count - 1);
  EXPECT_GT(Histogram::upperEdgeUs(Histogram::bucket_count - 1), 60'000'000U);
}

TEST(Histogram, anEmptyOneKnowsNothing) {
  Histogram::Snapshot snapshot;
  Histogram().addTo(snapshot);
  EXPECT_EQ(snapshot.count, 0U);
  EXPECT_EQ(snapshot.quantileUs(0.99), 0U);
  EXPECT_EQ(snapshot.meanUs(), 0.0);
}

TEST(Histogram, countsWhatIsTooShortOrTooLongAtTheEnds) {
  Histogram histogram;
  histogram.observe(nanoseconds{-5});
  histogram.observe(nanoseconds{999});
  histogram.observe(std::chrono::hours{24});
  Histogram::Snapshot snapshot;
  histogram.addTo(snapshot);
  EXPECT_EQ(snapshot.buckets.front(), 2U);
  EXPECT_EQ(snapshot.buckets.back(), 1U);
}

TEST(Histogram, quantilesAreWithinAnEighthOfTheTrueOnes) {
  Random random(3);
  Histogram even, odd;  // Two threads' parts of one figure.
  std::vector<std::uint64_t> values;
  std::uint64_t sum = 0;
  for (int i = 0; i < 50'000; ++i) {
    const std::uint64_t us = 1 + random.below(1ULL << (1 + random.below(25)));
    values.push_back(us);
    sum += us;
    (i % 2 == 0 ? even : odd).observe(microseconds{static_cast<std::int64_t>(us)});
  }
  std::ranges::sort(values);
  Histogram::Snapshot snapshot;
  even.addTo(snapshot);
  odd.addTo(snapshot);
  EXPECT_EQ(snapshot.count, values.size());
  EXPECT_EQ(snapshot.sum_us, sum);
  for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
    const std::uint64_t exact = values[std::max<std::size_t>(rank, 1) - 1];
    EXPECT_GE(snapshot.quantileUs(q), exact);
    EXPECT_LE(static_cast<double>(snapshot.quantileUs(q)), static_cast<double>(exact) * 1.125 + 1.0);
  }
  for (const std::uint64_t edge : {7ULL, 1023ULL, 65535ULL})
    EXPECT_EQ(snapshot.countUpTo(edge), static_cast<std::uint64_t>(std::ranges::upper_bound(values, edge) - values.begin()));
}

}  // namespace
}  // namespace atrium
