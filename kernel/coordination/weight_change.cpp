#include "coordination/weight_change.hpp"

#include <algorithm>
#include <cmath>

namespace atrium {

namespace {

constexpr double weight_steps = 1000;
constexpr double clear_margin = 1e-9;  // Sums are rounded otherwise when they are made anew.
constexpr int overtakings_max = 4;     // Of others, on the way.

}  // namespace

WeightChange::WeightChange(const Decision& decision)
    : decision_(decision), sums_(decision.ranking.order.size()), weights_(decision.ranking.order.size()) {
  for (const ScorerAnswer& answer : decision.answers) {
    if (!answer.scores) continue;
    for (std::size_t at = 0; at < sums_.size(); ++at) {
      const double value = answer.scores->values[at];
      if (value < 0) continue;
      sums_[at] += answer.weight * value;
      weights_[at] += answer.weight;
    }
  }
}

WeightChange::Total WeightChange::without(std::size_t scorer, std::uint32_t candidate) const {
  const ScorerAnswer& answer = decision_.answers[scorer];
  const double value = answer.scores ? answer.scores->values[candidate] : -1;
  if (value < 0) return {sums_[candidate], weights_[candidate], 0, 0};
  // What is left of a difference of nearly equal numbers is nothing.
  const double rest = weights_[candidate] - answer.weight;
  if (rest <= clear_margin * answer.weight) return {0, 0, value, 1};
  return {sums_[candidate] - answer.weight * value, rest, value, 1};
}

std::optional<double> WeightChange::meet(const Total& rival, const Total& other, double from, bool above) {
  const double square = rival.x * other.y - other.x * rival.y;
  const double line = rival.a * other.y + rival.x * other.b - other.a * rival.y - other.x * rival.b;
  const double rest = rival.a * other.b - other.a * rival.b;
  std::optional<double> nearest;
  const auto take = [&](double root) {
    if (!std::isfinite(root) || root < 0 || (above ? root < from : root > from)) return;
    if (!nearest || std::abs(root - from) < std::abs(*nearest - from)) nearest = root;
  };
  if (square == 0) {
    if (line != 0) take(-rest / line);
    return nearest;
  }
  const double under_root = line * line - 4 * square * rest;
  if (under_root < 0) return nearest;
  take((-line + std::sqrt(under_root)) / (2 * square));
  take((-line - std::sqrt(under_root)) / (2 * square));
  return nearest;
}

std::optional<WeightChange::Found> WeightChange::nearest(std::size_t scorer, std::uint32_t rival, std::uint32_t winner, bool above) const {
  const Total own = without(scorer, rival);
  double weight = decision_.answers[scorer].weight;
  std::uint32_t ahead = winner;
  for (int tries = 0; tries < overtakings_max; ++tries) {
    const auto root = meet(own, without(scorer, ahead), weight, above);
    if (!root || *root > weight_max) return std::nullopt;
    weight = (above ? std::floor(*root * weight_steps) + 1 : std::ceil(*root * weight_steps) - 1) / weight_steps;
    if (weight < 0) return std::nullopt;
    double best = -1;
    for (std::uint32_t other = 0; other < sums_.size(); ++other) {
      if (other == rival) continue;
      const double total = without(scorer, other).at(weight);
      if (total > best) best = total, ahead = other;
    }
    if (own.at(weight) > best + clear_margin) return Found{scorer, weight};
  }
  return std::nullopt;
}

}  // namespace atrium
