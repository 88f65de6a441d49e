#include "routing/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace atrium {

bool soundValues(std::span<const double> values) {
  return std::ranges::all_of(values, [](double value) { return value <= 1.0 && std::isfinite(value); });
}

Ranking rank(std::span<const ScoreColumn> columns, std::uint32_t candidates, Random& ties) {
  Ranking ranking;
  std::vector<double> sums(candidates), weights(candidates);
  for (const ScoreColumn& column : columns) {
    if (column.values.size() != candidates || !soundValues(column.values)) {
      ranking.degraded = true;
      continue;
    }
    for (std::uint32_t at = 0; at < candidates; ++at) {
      if (column.values[at] < 0) continue;  // It abstains.
      sums[at] += column.weight * column.values[at];
      weights[at] += column.weight;
    }
  }
  for (std::uint32_t at = 0; at < candidates; ++at) ranking.order.push_back({at, weights[at] > 0 ? sums[at] / weights[at] : 0});
  for (std::uint32_t at = candidates; at > 1; --at) std::swap(ranking.order[at - 1], ranking.order[ties.below(at)]);
  std::ranges::stable_sort(ranking.order, std::ranges::greater{}, &Rank::total);
  return ranking;
}

}  // namespace atrium
