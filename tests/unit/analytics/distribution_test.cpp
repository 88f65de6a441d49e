#include "analytics/distribution.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace atrium {
namespace {

TEST(Distribution, quantilesAreNeverBelowTheTruthAndAtMostAnEighthAbove) {
  Distribution spread;
  for (int value = 1; value <= 1000; ++value) spread.add(value);
  EXPECT_EQ(spread.count(), 1000U);
  EXPECT_DOUBLE_EQ(spread.mean(), 500.5);
  for (const double q : {0.5, 0.95, 0.99}) {
    EXPECT_GE(spread.quantile(q), 1000 * q);
    EXPECT_LE(spread.quantile(q), 1000 * q * 1.125);
  }
}

TEST(Distribution, varianceIsThatOfTheSample) {
  Distribution spread;
  for (const double value : {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) spread.add(value);
  EXPECT_DOUBLE_EQ(spread.variance(), 32.0 / 7);
}

TEST(Distribution, whatIsNoDurationIsNotCounted) {
  Distribution spread;
  spread.add(-1);
  spread.add(std::numeric_limits<double>::quiet_NaN());
  spread.add(std::numeric_limits<double>::infinity());
  EXPECT_EQ(spread.count(), 0U);
  EXPECT_TRUE(std::isnan(spread.mean()));
  EXPECT_TRUE(std::isnan(spread.quantile(0.5)));
}

TEST(Distribution, partsAddUpToTheWhole) {
  Distribution whole, odd, even;
  for (int value = 0; value < 500; ++value) {
    whole.add(value * 37);
    (value % 2 == 0 ? even : odd).add(value * 37);
  }
  even.add(odd);
  EXPECT_EQ(even.buckets(), whole.buckets());
  EXPECT_EQ(even.sum(), whole.sum());
  EXPECT_EQ(even.variance(), whole.variance());
}

TEST(Distribution, aTimeBeyondAllBucketsCountsInTheLast) {
  Distribution spread;
  spread.add(1e18);
  EXPECT_EQ(spread.count(), 1U);
  EXPECT_GT(spread.quantile(1), 1e8);
}

}  // namespace
}  // namespace atrium
