#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.hpp"

namespace atrium {

// What one scorer said of all candidates. A value.
struct ScoreColumn {
  double weight = 0;
  std::span<const double> values;  // One a candidate; negative: it abstains. Empty: it failed, and is left out.
};

// One candidate's place. A value.
struct Rank {
  std::uint32_t candidate = 0;
  double total = 0;  // The weighted mean of what was said of it, 0 to 1; 0 when nobody said anything.
};

// Best first.
//
//   total = sum of weight * value / sum of weight, over the scorers that did not abstain for this candidate
//
// A column with a value that is NaN, infinite or above 1 is left out as a whole, and the ranking is `degraded`, as it is with an empty one.
// Equal totals go by `ties`, so that nobody is preferred for his place in a list.
struct Ranking {
  std::vector<Rank> order;
  bool degraded = false;
};
[[nodiscard]] Ranking rank(std::span<const ScoreColumn> columns, std::uint32_t candidates, Random& ties);

// Whether a scorer kept its promise about its values.
[[nodiscard]] bool soundValues(std::span<const double> values);

}  // namespace atrium
