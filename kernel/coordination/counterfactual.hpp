#pragma once

#include <cstdint>
#include <memory>

#include "coordination/decider.hpp"

// What would have made somebody else win. For each of the first few behind the winner: the smallest change of one weight, of his load, of
// his proficiency in what the lead needs, or of how long the lead has waited. A change is stated only when a decision with exactly it,
// numbers rounded as they are shown, has made him win; so every one that is stated flips the decision when it is run again.
namespace atrium {

// On the decider's thread, which outlives it and the searches under way.
class Explainer {
 public:
  static constexpr std::size_t rivals_max = 3;       // Of how many behind the winner.
  static constexpr std::size_t candidates_max = 50;  // With more of them weights alone are looked at, which asks no scorer.
  static constexpr unsigned probes_max = 48;         // Decisions that are made for one explanation...
  static constexpr auto time_max = 25ms;             // ...and for how long: none that takes as long as the first one did would end later.

  explicit Explainer(Decider& decider) : decider_(decider) {}
  // How far to look: at the policy's weights, which asks no scorer, or at everything.
  enum class Depth : std::uint8_t { weights, everything };
  // Completes with the decision and its counterfactuals, before it returns where weights alone are looked at. A degraded decision is not
  // asked about again: whoever failed or hung would do so at every question.
  void explain(Decision decision, Decider::Done done, Depth depth = Depth::everything);

 private:
  Decider& decider_;
};

// The question as it would be with that change.
[[nodiscard]] std::shared_ptr<const Question> changedBy(const Question& question, const Counterfactual& change);

}  // namespace atrium
