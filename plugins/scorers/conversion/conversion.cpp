#include <atrium/plugin.hpp>
#include <vector>

// What part of the leads of a kind an agent is likely to win, by the outcomes recorded of him and of the team.
//
// A rate of one agent means little while few of his leads are closed. So each agent's rate is taken for one draw from a Beta distribution,
// which is fitted to the outcomes of all agents in the batch, and his score is the mean of what is then believed of him:
//
//   (won + strength x mean) / (closed + strength)
//
// `mean` is the team's rate, and `strength` says how many closed leads the team's rate counts for: few where agents differ, many where
// their rates differ no more than chance would have it. It follows from the moments of the beta-binomial distribution (J. C. Kleinman,
// "Proportions with extraneous variance: single and independent samples", 1973).
class Conversion {
 public:
  explicit Conversion(const atrium::Json& options) : field_(options["field"].as_text().value_or("property_type")) {}

  void score(const atrium::Lead& lead, atrium::Agents agents, atrium::Scores scores) const {
    const auto kind = lead[field_].as_text();
    if (!kind) return;  // It does not say what it is about.
    Team team;
    std::vector<Outcomes> outcomes;
    for (const atrium::Agent agent : agents) team.add(outcomes.emplace_back(outcomes_of(agent, *kind)));
    if (team.closed <= 0) return;  // Nobody has closed one: there is nothing to predict by.
    const double mean = team.mean();
    double scatter = 0;
    for (const Outcomes& own : outcomes)
      if (own.closed > 0) scatter += own.closed * (own.won / own.closed - mean) * (own.won / own.closed - mean);
    const double strength = team.strength(scatter);
    for (std::uint32_t at = 0; at < agents.size(); ++at) {
      const Outcomes& own = outcomes[at];
      const double rate = (own.won + strength * mean) / (own.closed + strength);
      scores[at] = {std::clamp(rate, 0.0, 1.0), own.closed > 0 ? reason(own, rate) : "has closed none of this kind: the team's rate"};
    }
  }

 private:
  struct Outcomes {
    double won = 0, closed = 0;
  };
  struct Team {
    double won = 0, closed = 0, squares = 0, agents = 0;  // `squares`: of what each has closed.

    void add(const Outcomes& one) {
      if (one.closed <= 0) return;
      won += one.won;
      closed += one.closed;
      squares += one.closed * one.closed;
      ++agents;
    }
    // One lead won and one lost more than there were, so that a first outcome does not make all of them certain.
    [[nodiscard]] double mean() const { return (won + 1) / (closed + 2); }
    // `scatter` is the sum of closed x (rate - mean)².
    [[nodiscard]] double strength(double scatter) const {
      const double spare = closed - squares / closed - (agents - 1);  // 0 or below: too few closed leads to tell how agents differ.
      if (spare <= 0) return strength_usual;
      const double correlation = (scatter / (mean() * (1 - mean())) - (agents - 1)) / spare;
      return correlation <= 1 / (1 + strength_max) ? strength_max : std::max(1 / correlation - 1, strength_min);
    }
  };

  // Counts that make no sense count as none.
  [[nodiscard]] static Outcomes outcomes_of(const atrium::Agent& agent, std::string_view kind) {
    const atrium::Json recorded = agent["outcomes"][kind];
    const auto won = recorded["won"].as_number(), closed = recorded["closed"].as_number();
    if (!won || !closed || !(*won >= 0 && *won <= *closed && *closed <= closed_max)) return {};
    return {*won, *closed};
  }
  [[nodiscard]] static std::string reason(const Outcomes& own, double rate) {
    const auto whole = [](double number) { return std::to_string(static_cast<std::int64_t>(number + 0.5)); };
    return "has won " + whole(own.won) + " of " + whole(own.closed) + " of this kind: " + whole(100 * rate) + " % to be expected";
  }

  static constexpr double closed_max = 1e9;
  static constexpr double strength_usual = 10, strength_min = 1, strength_max = 1000;

  std::string field_;
};

ATRIUM_PLUGIN(Conversion, "atrium.scorer.conversion", "1.0.0")
