#pragma once

#include "protocol/json_index.hpp"
#include "routing/scorer.hpp"

namespace atrium::simulation {

// Says what the lead is worth to an agent by one rule for all.
class RuleScorer final : public Scorer {
 public:
  explicit RuleScorer(double (*rule)(const atrium_agent&, const atrium_lead&)) : rule_(rule) {}
  [[nodiscard]] std::string_view name() const override { return "rule"; }
  [[nodiscard]] bool scoreAgents(const atrium_lead& lead, std::span<const atrium_agent* const> agents,
                                 std::span<atrium_score> out) override {
    for (std::size_t at = 0; at < agents.size(); ++at) out[at].value = rule_(*agents[at], lead);
    return !fails;
  }
  [[nodiscard]] bool scoreQueue(const atrium_agent& agent, std::span<const atrium_lead* const> leads,
                                std::span<atrium_score> out) override {
    for (std::size_t at = 0; at < leads.size(); ++at) out[at].value = rule_(agent, *leads[at]);
    return !fails;
  }
  bool fails = false;

 private:
  double (*rule_)(const atrium_agent&, const atrium_lead&);
};

inline double skillOf(const atrium_agent& agent, const atrium_lead& lead) {
  double value = 0;
  static_cast<void>(JsonView(agent.fields)["skills"][JsonView(lead.fields)["property_type"].text()].number(value));
  return value;
}

}  // namespace atrium::simulation
