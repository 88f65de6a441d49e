#include "analytics/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace atrium {
namespace {

TEST(Statistics, jainIsOneForEqualsAndOneOverNForOneWhoHasAll) {
  EXPECT_DOUBLE_EQ(jain(std::vector{3.0, 3.0, 3.0, 3.0}), 1);
  EXPECT_DOUBLE_EQ(jain(std::vector{8.0, 0.0, 0.0, 0.0}), 0.25);
  // (1+2+3)² / (3 * (1+4+9)) = 36 / 42
  EXPECT_DOUBLE_EQ(jain(std::vector{1.0, 2.0, 3.0}), 36.0 / 42);
  EXPECT_DOUBLE_EQ(jain(std::vector{0.0, 0.0}), 1);
  EXPECT_TRUE(std::isnan(jain({})));
}

// R. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I, method 3.
TEST(Statistics, wilsonAgreesWithPublishedIntervals) {
  const auto expect = [](std::uint64_t hits, std::uint64_t trials, double low, double high) {
    const Interval interval = wilson(hits, trials);
    EXPECT_NEAR(interval.low, low, 5e-5);
    EXPECT_NEAR(interval.high, high, 5e-5);
  };
  expect(81, 263, 0.2553, 0.3662);
  expect(15, 148, 0.0624, 0.1605);
  expect(0, 20, 0.0, 0.1611);
  expect(1, 29, 0.0061, 0.1718);
  EXPECT_TRUE(std::isnan(wilson(0, 0).low));
}

TEST(Statistics, studentsTAgreesWithItsTables) {
  EXPECT_NEAR(studentT975(1), 12.706, 5e-4);
  EXPECT_NEAR(studentT975(30), 2.042, 5e-4);
  EXPECT_NEAR(studentT975(40), 2.0211, 1e-4);
  EXPECT_NEAR(studentT975(60), 2.0003, 1e-4);
  EXPECT_NEAR(studentT975(120), 1.9799, 1e-4);
  EXPECT_NEAR(studentT975(1'000'000), 1.95996, 1e-4);
}

TEST(Statistics, intervalOfAMeanNeedsTwoObservations) {
  EXPECT_TRUE(std::isnan(meanInterval(5, 1, 1).low));
  // 5 ± 12.7062 √(2/2)
  EXPECT_NEAR(meanInterval(5, 2, 2).high, 17.7062, 1e-4);
}

TEST(Statistics, theOneOutOfLineIsToldFromTheRest) {
  const std::vector<double> z = modifiedZ(std::vector{2.0, 3.0, 4.0, 3.0, 5.0, 30.0});
  // Median 3.5, distances 1.5 .5 .5 .5 1.5 26.5, their median 1.
  EXPECT_DOUBLE_EQ(z[5], 0.6745 * 26.5);
  EXPECT_GT(std::abs(z[5]), out_of_line_z);
  EXPECT_LT(std::abs(z[0]), out_of_line_z);
  EXPECT_EQ(modifiedZ(std::vector{1.0, 1.0, 1.0, 9.0})[3], 0) << "no measure when most are alike";
}

}  // namespace
}  // namespace atrium
