#include <atrium/plugin.hpp>

// Proficiency times performance: the part of a lead's value that this agent is likely to realise.
class Match {
 public:
  explicit Match(const atrium::Json& options) : field_(options["field"].as_text().value_or("property_type")) {}

  [[nodiscard]] atrium::Score score(const atrium::Lead& lead, const atrium::Agent& agent) const { return fit(lead, agent); }
  [[nodiscard]] atrium::Score score_queue(const atrium::Agent& agent, const atrium::Lead& lead) const { return fit(lead, agent); }

 private:
  [[nodiscard]] atrium::Score fit(const atrium::Lead& lead, const atrium::Agent& agent) const {
    const auto about = lead[field_].as_text();
    if (!about) return {};
    const double proficiency = std::clamp(agent.skill(*about).value_or(0), 0.0, 1.0);
    const double performance = std::clamp(agent.conversion_rate().value_or(1), 0.0, 1.0);
    return {proficiency * performance, proficiency >= 0.8 ? "is the right one for this kind" : "can do this kind"};
  }

  std::string field_;
};

ATRIUM_PLUGIN(Match, "atrium.scorer.match", "1.0.0")
