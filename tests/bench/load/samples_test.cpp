#include "load/samples.hpp"

#include <gtest/gtest.h>

namespace atrium::bench {
namespace {

TEST(Samples, percentileIsASampleThatThatManyDoNotExceed) {
  Samples samples;
  for (Nanos value = 100; value >= 1; --value) samples.add(value);
  EXPECT_EQ(samples.percentile(0.5), 50);
  EXPECT_EQ(samples.percentile(0.99), 99);
  EXPECT_EQ(samples.max(), 100);
  samples.add(1000);
  EXPECT_EQ(samples.max(), 1000);
}

TEST(Samples, ofASingleOneEveryPercentileIsIt) {
  Samples samples;
  samples.add(7);
  EXPECT_EQ(samples.percentile(0.01), 7);
  EXPECT_EQ(samples.percentile(0.99), 7);
}

TEST(Samples, withoutAnySaysZero) { EXPECT_EQ(Samples{}.max(), 0); }

TEST(Median, isTheMiddle) {
  EXPECT_DOUBLE_EQ(median({3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_DOUBLE_EQ(median({}), 0);
}

}  // namespace
}  // namespace atrium::bench
