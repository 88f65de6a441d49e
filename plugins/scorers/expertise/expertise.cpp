#include <atrium/plugin.hpp>

// The agent's proficiency in what the lead is about, which is the field named by the option `field`, else `skill`.
class Expertise {
 public:
  explicit Expertise(const atrium::Json& options) : field_(options["field"].as_text().value_or("property_type")) {}

  [[nodiscard]] atrium::Score score(const atrium::Lead& lead, const atrium::Agent& agent) const { return fit(lead, agent); }
  [[nodiscard]] atrium::Score score_queue(const atrium::Agent& agent, const atrium::Lead& lead) const { return fit(lead, agent); }

 private:
  [[nodiscard]] atrium::Score fit(const atrium::Lead& lead, const atrium::Agent& agent) const {
    const auto about = lead[field_].as_text();
    if (!about) return {};  // It says nothing of what it is about.
    const double proficiency = std::clamp(agent.skill(*about).value_or(0), 0.0, 1.0);
    return {proficiency, proficiency >= 0.8 ? "knows this kind well" : proficiency > 0 ? "knows this kind" : "does not know this kind"};
  }

  std::string field_;
};

ATRIUM_PLUGIN(Expertise, "atrium.scorer.expertise", "1.0.0")
