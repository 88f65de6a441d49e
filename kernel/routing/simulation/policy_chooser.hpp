#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocol/json_index.hpp"
#include "routing/policy.hpp"
#include "routing/ranking.hpp"
#include "routing/scorer.hpp"
#include "routing/simulation/chooser.hpp"

namespace atrium::simulation {

// Assigns by a policy and scorers: what the server would do with the same leads and agents.
class PolicyChooser final : public Chooser {
 public:
  // The scorers of the policy by name, all of which are there; they outlive it.
  PolicyChooser(RoutingPolicy policy, const std::map<std::string, Scorer*, std::less<>>& scorers);

  [[nodiscard]] std::string_view name() const override { return policy_.name; }
  void begin(const World& world, std::uint64_t seed) override;
  [[nodiscard]] std::uint32_t agentFor(std::uint32_t lead, std::span<const std::uint32_t> candidates, Seconds now) override;
  [[nodiscard]] std::size_t leadFor(std::uint32_t agent, std::span<const std::uint32_t> waiting, Seconds now) override;
  void changed(std::uint32_t agent) override { stale_[agent] = true; }

  [[nodiscard]] std::uint64_t degraded() const override { return degraded_; }

 private:
  struct Side {
    std::vector<std::pair<double, Scorer*>> scorers;  // With their weights.
    std::vector<std::vector<double>> values;          // What each said last; reused, as all buffers here.
  };
  [[nodiscard]] const atrium_agent& agentView(std::uint32_t number, Seconds now);
  [[nodiscard]] const atrium_lead& leadView(std::uint32_t number, Seconds now);
  template <typename Ask>
  [[nodiscard]] std::uint32_t best(Side& side, std::uint32_t count, Ask ask);

  const RoutingPolicy policy_;
  Side agents_side_, queue_side_;
  std::vector<atrium_score> scores_;  // What a scorer fills in.
  const World* world_ = nullptr;
  Random ties_{0};
  struct AgentFacts {
    std::string id;
    std::string skills;  // The JSON of what does not change.
    JsonDocument fields;
    atrium_agent view{};
  };
  struct LeadFacts {
    std::string id;
    JsonDocument fields;
    atrium_lead view{};
  };
  // By number; null: nobody asked yet. They do not move: their views lead into their JSON.
  std::vector<std::unique_ptr<AgentFacts>> agent_facts_;
  std::vector<std::unique_ptr<LeadFacts>> lead_facts_;
  std::vector<bool> stale_;  // Agents who stand differently than their facts say.
  std::vector<const atrium_agent*> agent_pointers_;
  std::vector<const atrium_lead*> lead_pointers_;
  std::uint64_t degraded_ = 0;
};

}  // namespace atrium::simulation
