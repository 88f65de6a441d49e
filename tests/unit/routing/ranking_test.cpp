// What scores come to: kernel/routing/ranking.cpp.
#include "routing/ranking.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace atrium {
namespace {

using Values = std::vector<double>;

class RankingTest : public testing::Test {
 protected:
  Ranking ranked(std::initializer_list<std::pair<double, Values>> said, std::uint32_t candidates) {
    kept_.assign(said.begin(), said.end());
    std::vector<ScoreColumn> columns;
    for (const auto& [weight, column] : kept_) columns.push_back({weight, column});
    return rank(columns, candidates, ties_);
  }
  static std::vector<std::uint32_t> order(const Ranking& ranking) {
    std::vector<std::uint32_t> out;
    for (const Rank& one : ranking.order) out.push_back(one.candidate);
    return out;
  }

  Random ties_{1};
  std::vector<std::pair<double, Values>> kept_;
};

TEST_F(RankingTest, addsUpByWeight) {
  const Ranking ranking = ranked({{3, Values({.2, .9, .5})}, {1, Values({1, 0, .5})}}, 3);
  EXPECT_EQ(order(ranking), (std::vector<std::uint32_t>{1, 2, 0}));
  EXPECT_DOUBLE_EQ(ranking.order[0].total, .675);
  EXPECT_DOUBLE_EQ(ranking.order[1].total, .5);
  EXPECT_DOUBLE_EQ(ranking.order[2].total, .4);
  EXPECT_FALSE(ranking.degraded);
}

TEST_F(RankingTest, whoAbstainsIsLeftOutForThatCandidate) {
  const Ranking ranking = ranked({{1, Values({.8, -1})}, {1, Values({.2, .6})}}, 2);
  EXPECT_EQ(order(ranking), (std::vector<std::uint32_t>{1, 0}));
  EXPECT_DOUBLE_EQ(ranking.order[0].total, .6) << "not half of it";
  EXPECT_DOUBLE_EQ(ranking.order[1].total, .5);
  EXPECT_FALSE(ranking.degraded) << "to abstain is no failure";
}

TEST_F(RankingTest, aScorerThatFailsOrSaysNonsenseIsLeftOutAndItIsSaid) {
  for (const double nonsense : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 1.01}) {
    const Ranking ranking = ranked({{1, Values({.1, .9})}, {5, Values({1, nonsense})}}, 2);
    EXPECT_EQ(order(ranking), (std::vector<std::uint32_t>{1, 0})) << nonsense;
    EXPECT_TRUE(ranking.degraded);
  }
  const Ranking failed = ranked({{1, Values({.1, .9})}, {5, {}}}, 2);
  EXPECT_DOUBLE_EQ(failed.order[0].total, .9);
  EXPECT_TRUE(failed.degraded);
}

TEST_F(RankingTest, someoneIsBestThoughNobodySaidAnything) {
  const Ranking ranking = ranked({{1, Values({-1, -1})}}, 2);
  EXPECT_EQ(ranking.order.size(), 2u);
  EXPECT_EQ(ranking.order[0].total, 0);
}

TEST_F(RankingTest, nobodyIsPreferredForHisPlaceInTheList) {
  std::vector<unsigned> first(3);
  for (int n = 0; n < 3000; ++n) ++first[ranked({{1, Values({.5, .5, .5})}}, 3).order[0].candidate];
  for (const unsigned times : first) EXPECT_NEAR(times, 1000, 150);
}

}  // namespace
}  // namespace atrium
