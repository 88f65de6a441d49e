// The assignment of least cost against all there are: kernel/routing/simulation/assignment.cpp.
#include "routing/simulation/assignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "base/ids.hpp"

namespace atrium::simulation {
namespace {

// The least sum of `rows` costs in different columns, by trying all orders of the columns; not more rows than columns.
double leastByTrying(const Costs& costs) {
  std::vector<std::size_t> columns(costs.columns);
  std::iota(columns.begin(), columns.end(), 0);
  double least = std::numeric_limits<double>::infinity();
  do {
    double sum = 0;
    for (std::size_t row = 0; row < costs.rows; ++row) sum += costs.at(row, columns[row]);
    least = std::min(least, sum);
  } while (std::ranges::next_permutation(columns).found);
  return least;
}

Costs transposed(const Costs& costs) {
  Costs out(costs.columns, costs.rows);
  for (std::size_t row = 0; row < costs.rows; ++row)
    for (std::size_t column = 0; column < costs.columns; ++column) out.at(column, row) = costs.at(row, column);
  return out;
}

// What an assignment costs; it is one: no column twice, and as many pairs as there can be.
double sumOf(const Costs& costs, const std::vector<std::size_t>& columns) {
  EXPECT_EQ(columns.size(), costs.rows);
  std::set<std::size_t> taken;
  double sum = 0;
  for (std::size_t row = 0; row < columns.size(); ++row) {
    if (columns[row] == unassigned) continue;
    EXPECT_LT(columns[row], costs.columns);
    EXPECT_TRUE(taken.insert(columns[row]).second) << "the column " << columns[row] << " twice";
    sum += costs.at(row, columns[row]);
  }
  EXPECT_EQ(taken.size(), std::min(costs.rows, costs.columns));
  return sum;
}

TEST(Assignment, costsAsLittleAsTheBestOfAll) {
  Random random(1);
  for (int round = 0; round < 400; ++round) {
    const std::size_t rows = 1 + random.below(6), columns = rows + random.below(7 - rows);
    Costs costs(rows, columns);
    // Small whole numbers have many equals; every fourth round has pairs that are all but forbidden, and costs below 0.
    for (double& cell : costs.cells) cell = static_cast<double>(random.below(12)) - (round % 4 == 1 ? 6 : 0);
    if (round % 4 == 0)
      for (double& cell : costs.cells) cell = random.below(3) == 0 ? 1e6 : cell / 16;
    const double least = leastByTrying(costs);
    EXPECT_DOUBLE_EQ(sumOf(costs, cheapestAssignment(costs)), least) << rows << " x " << columns << ", round " << round;
    const Costs turned = transposed(costs);
    EXPECT_DOUBLE_EQ(sumOf(turned, cheapestAssignment(turned)), least) << columns << " x " << rows << ", round " << round;
  }
}

TEST(Assignment, ofNobodyOrNothingIsNone) {
  EXPECT_TRUE(cheapestAssignment(Costs(0, 3)).empty());
  EXPECT_EQ(cheapestAssignment(Costs(2, 0)), (std::vector<std::size_t>{unassigned, unassigned}));
}

}  // namespace
}  // namespace atrium::simulation
