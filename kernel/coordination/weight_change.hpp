#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "coordination/decision.hpp"

namespace atrium {

// How far one weight would have to move for another candidate to win, computed from the scores of a decision. The totals are
// (a + t x) / (b + t y) of one weight t, where a and b are the sums of the other scorers and x, y this one's part; two of them meet where a
// quadratic is zero. Weights are looked for in steps of a thousandth, as they are shown.
class WeightChange {
 public:
  static constexpr double weight_max = 1000;

  explicit WeightChange(const Decision& decision);

  struct Found {
    std::size_t scorer = 0;
    double weight = 0;
  };
  // The nearest weight of that scorer, above or below the one it has, with which `rival` comes before everybody. `winner` is before him
  // now.
  [[nodiscard]] std::optional<Found> nearest(std::size_t scorer, std::uint32_t rival, std::uint32_t winner, bool above) const;

 private:
  struct Total {  // Of one candidate, but for one scorer.
    double a = 0, b = 0, x = 0, y = 0;
    [[nodiscard]] double at(double weight) const { return b + weight * y > 0 ? (a + weight * x) / (b + weight * y) : 0; }
  };
  [[nodiscard]] Total without(std::size_t scorer, std::uint32_t candidate) const;
  [[nodiscard]] static std::optional<double> meet(const Total& rival, const Total& other, double from, bool above);

  const Decision& decision_;
  std::vector<double> sums_, weights_;  // Of each candidate.
};

}  // namespace atrium
