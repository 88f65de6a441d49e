#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "coordination/question.hpp"
#include "coordination/score_sheet.hpp"
#include "routing/ranking.hpp"

namespace atrium {

// Shared and never changed: a decision, its shadows and its record look at the same one. Null: none.
using Scores = std::shared_ptr<const ScoreSheet>;

// What one scorer answered. A value.
struct ScorerAnswer {
  std::string scorer;
  std::string version;  // Of its plugin; empty: there is none of that name.
  double weight = 0;
  Scores scores;        // Null: it failed.
  std::string failure;  // Why, a sentence's end: "did not answer within 50 ms"; empty: it answered.
};

// How scorers are reached; kernel/plugin implements it around plugins and workers.
class ScorerPanel {
 public:
  virtual ~ScorerPanel() = default;
  // Asks one scorer the whole question. Completes on the shard that holds the panel, within the scorers' deadline, possibly before it
  // returns. The weight of the answer is the caller's to fill in.
  virtual void ask(std::shared_ptr<const Question> question, std::string_view scorer, std::move_only_function<void(ScorerAnswer)> done) = 0;
};

// The smallest change of one thing that would have made somebody else win, proven by deciding again with it. A value.
struct Counterfactual {
  std::uint32_t candidate = 0;  // Who would have won.
  std::string what;             // "weight.expertise", "agent.active_leads"
  double from = 0;              // As it was...
  double to = 0;                // ...and as it would have to be.
  std::string text;             // For a person: "Ana would win if active_leads were 3".
};

// What put the first one first.
enum class Basis : std::uint8_t {
  nobody,  // There was no candidate.
  scores,
  age,  // The oldest lead: the policy asks for no more, it waited beyond the ageing guard, or no scorer said anything.
  load  // The agent with the least load, then the one idle for longest: no scorer said anything.
};
[[nodiscard]] std::string_view word(Basis basis);

// How a question was decided. A value that moves.
struct Decision {
  std::shared_ptr<const Question> question;
  std::vector<ScorerAnswer> answers;  // In the order of the policy.
  Ranking ranking;                    // Best first; empty: there was no candidate.
  Basis basis{};
  std::vector<Counterfactual> counterfactuals;
  std::chrono::nanoseconds took{};  // Question to ranking, without people and without storage.

  [[nodiscard]] std::optional<std::uint32_t> winner() const;
  [[nodiscard]] double matchScore() const;  // The winner's total; 0: nobody.
  [[nodiscard]] double confidence() const;  // (first - second) / first; 1 with one candidate, 0 without.
};

}  // namespace atrium
