#include "coordination/shadow_policies.hpp"

#include <algorithm>
#include <utility>

#include "protocol/json_writer.hpp"
#include "routing/simulation/simulation.hpp"

namespace atrium {

// What became of one policy's choices.
struct ShadowPolicies::Tally {
  std::shared_ptr<const RoutingPolicy> policy;
  std::uint64_t decisions = 0;
  std::uint64_t agreed = 0;
  std::uint64_t degraded = 0;
  std::uint64_t skipped = 0;
  double regret = 0;
};

struct ShadowPolicies::Tenant {
  std::vector<Tally> tallies;
  // By agent: the leads that the live policy gave him, and then each shadow.
  std::unordered_map<std::string, std::vector<double>> assigned;
  std::uint64_t live = 0;

  void assign(const std::string& agent_id, std::size_t policy) {
    auto found = assigned.find(agent_id);
    if (found == assigned.end()) {
      if (assigned.size() >= agents_max) return;
      found = assigned.emplace(agent_id, std::vector<double>(tallies.size() + 1)).first;
    }
    ++found->second[policy];
  }
  // How evenly that policy gave leads out, among the agents to whom any of them gave one.
  [[nodiscard]] double fairness(std::size_t policy) const {
    std::vector<double> counts;
    for (const auto& [agent, of_each] : assigned) counts.push_back(of_each[policy]);
    return simulation::jain(counts);
  }
  void count(const Question& question, const Ranking& live_order, std::size_t number, const Decision& made) {
    Tally& tally = tallies[number];
    ++tally.decisions;
    tally.degraded += made.ranking.degraded ? 1 : 0;
    const std::uint32_t chosen = *made.winner();
    tally.agreed += chosen == live_order.order.front().candidate ? 1 : 0;
    tally.regret += live_order.order.front().total - std::ranges::find(live_order.order, chosen, &Rank::candidate)->total;
    if (question.side == Side::agents) assign(question.agents[chosen].profile->agent_id, number + 1);
  }
};

bool ShadowPolicies::set(const std::string& tenant_id, std::vector<std::shared_ptr<const RoutingPolicy>> policies) {
  if (policies.empty()) return tenants_.erase(tenant_id), true;
  if (policies.size() > policies_max || (!tenants_.contains(tenant_id) && tenants_.size() >= tenants_max)) return false;
  auto tenant = std::make_shared<Tenant>();
  for (auto& policy : policies) tenant->tallies.push_back({.policy = std::move(policy)});
  tenants_[tenant_id] = std::move(tenant);  // What is under way counts in the figures that end here.
  return true;
}

void ShadowPolicies::observe(const Decision& live) {
  const auto found = tenants_.find(live.question->tenant_id);
  if (found == tenants_.end() || !live.winner()) return;
  const std::shared_ptr<Tenant> tenant = found->second;
  ++tenant->live;
  if (live.question->side == Side::agents) tenant->assign(live.question->agents[*live.winner()].profile->agent_id, 0);
  for (std::size_t number = 0; number < tenant->tallies.size(); ++number) {
    if (*under_way_ >= under_way_max) {
      ++tenant->tallies[number].skipped;
      continue;
    }
    auto question = std::make_shared<Question>(*live.question);
    question->policy = tenant->tallies[number].policy;
    question->policy_version = 0;
    ++*under_way_;
    decider_.decide(
        std::move(question),
        [tenant, number, under_way = under_way_, order = live.ranking](const Decision& made) {
          --*under_way;
          tenant->count(*made.question, order, number, made);
        },
        live.answers);
  }
}

std::string ShadowPolicies::json(std::string_view tenant_id) const {
  const auto found = tenants_.find(std::string(tenant_id));
  std::string out;
  JsonWriter json(out);
  json.begin('{').key("live").begin('{').key("decisions").value(found == tenants_.end() ? std::uint64_t{0} : found->second->live);
  json.key("fairness").value(found == tenants_.end() ? 1.0 : found->second->fairness(0)).end('}').key("policies").begin('[');
  if (found != tenants_.end())
    for (std::size_t number = 0; number < found->second->tallies.size(); ++number) {
      const Tally& tally = found->second->tallies[number];
      const double decisions = static_cast<double>(std::max<std::uint64_t>(tally.decisions, 1));
      json.begin('{').key("policy").value(tally.policy->name).key("decisions").value(tally.decisions).key("agreed").value(tally.agreed);
      json.key("agreement").value(static_cast<double>(tally.agreed) / decisions).key("regret_mean").value(tally.regret / decisions);
      json.key("fairness").value(found->second->fairness(number + 1)).key("degraded").value(tally.degraded);
      json.key("skipped").value(tally.skipped).end('}');
    }
  json.end(']').end('}');
  return out;
}

}  // namespace atrium
