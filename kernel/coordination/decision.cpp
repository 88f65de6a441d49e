#include "coordination/decision.hpp"

#include <algorithm>
#include <array>

namespace atrium {

std::string_view word(Basis basis) {
  static constexpr std::array<std::string_view, 4> words = {"nobody", "scores", "age", "load"};
  return words[static_cast<std::size_t>(basis)];
}

std::optional<std::uint32_t> Decision::winner() const {
  return ranking.order.empty() ? std::nullopt : std::optional(ranking.order.front().candidate);
}

double Decision::matchScore() const { return ranking.order.empty() ? 0 : ranking.order.front().total; }

double Decision::confidence() const {
  if (ranking.order.size() < 2) return ranking.order.empty() ? 0 : 1;
  const double first = ranking.order[0].total, second = ranking.order[1].total;
  // Somebody may come first for his age though another fits better.
  return first > 0 ? std::clamp((first - second) / first, 0.0, 1.0) : 0;
}

}  // namespace atrium
