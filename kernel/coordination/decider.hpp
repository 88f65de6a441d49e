#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "coordination/decision.hpp"

namespace atrium {

// Decides questions by their policies: asks all scorers of the side at once and adds up what they say. It is over when the last has
// answered, failed or run out of its time, which the panel sees to. Scorers without weight are not asked. Holds nothing between decisions;
// one thread.
//
// A scorer that fails is left out, the weights of the others count for all, and the decision is `degraded`. When none says anything, the
// agent with the least load gets the lead, then the one idle for longest; of leads, the oldest comes first.
class Decider {
 public:
  using Done = std::move_only_function<void(Decision)>;
  // Both outlive it and the decisions under way. The clock is for measuring what a decision took.
  Decider(ScorerPanel& panel, const Clock& clock) : panel_(panel), clock_(clock) {}

  // Possibly complete before it returns. `known`: what scorers have answered to this very question, who are not asked again.
  void decide(std::shared_ptr<const Question> question, Done done, std::vector<ScorerAnswer> known = {});
  [[nodiscard]] Mono now() const { return clock_.now().mono; }

 private:
  struct Asking;
  ScorerPanel& panel_;
  const Clock& clock_;
};

// What these answers come to, one for each scorer asked: the ranking and its basis. Always the same for the same answers.
[[nodiscard]] Decision conclude(std::shared_ptr<const Question> question, std::vector<ScorerAnswer> answers);

}  // namespace atrium
