#include "routing/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace atrium {

bool soundScores(std::span<const atrium_score> scores) {
  return std::ranges::all_of(scores, [](const atrium_score& score) {
    return score.value <= 1.0 && std::isfinite(score.value) && score.reason_size <= ATRIUM_SCORER_REASON_MAX;
  });
}

Ranking rank(std::span<const ScoreColumn> columns, std::uint32_t candidates, Random& ties) {
  Ranking ranking;
  std::vector<double> sums(candidates), weights(candidates);
  for (const ScoreColumn& column : columns) {
    if (column.scores.size() != candidates || !soundScores(column.scores)) {
      ranking.degraded = true;
      continue;
    }
    for (std::uint32_t at = 0; at < candidates; ++at) {
      if (column.scores[at].value < 0) continue;  // It abstains.
      sums[at] += column.weight * column.scores[at].value;
      weights[at] += column.weight;
    }
  }
  for (std::uint32_t at = 0; at < candidates; ++at) ranking.order.push_back({at, weights[at] > 0 ? sums[at] / weights[at] : 0});
  for (std::uint32_t at = candidates; at > 1; --at) std::swap(ranking.order[at - 1], ranking.order[ties.below(at)]);
  std::ranges::stable_sort(ranking.order, std::ranges::greater{}, &Rank::total);
  return ranking;
}

}  // namespace atrium
