// The simulation of routing against theory and against itself: kernel/routing/simulation. Seeds are fixed: each run is the same.
#include "routing/simulation/simulation.hpp"

#include <gtest/gtest.h>

#include "routing/simulation/blind_chooser.hpp"
#include "routing/simulation/erlang.hpp"
#include "routing/simulation/policy_chooser.hpp"

namespace atrium::simulation {
namespace {

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

double skillOf(const atrium_agent& agent, const atrium_lead& lead) {
  double value = 0;
  static_cast<void>(JsonView(agent.fields)["skills"][JsonView(lead.fields)["property_type"].text()].number(value));
  return value;
}

Scenario plain(double load, double patience) {
  Scenario scenario{.name = "plain", .agents = 10, .load = load, .plain = true, .patience = patience};
  scenario.duration = 200'000 * service_mean / (load * 10);
  return scenario;
}

TEST(Erlang, knowsWhatTablesSay) {
  EXPECT_NEAR(erlangCWaits(10, 5), .0361, .0001);
  EXPECT_NEAR(erlangCWaits(1, .5), .5, 1e-12) << "M/M/1: the load";
  EXPECT_NEAR(erlangCMeanWait(1, .5), 1, 1e-12) << "M/M/1: load / (1 - load) services";
  // One agent whose callers leave at the rate at which they are served is a queue of infinitely many: e^-load are idle.
  EXPECT_NEAR(erlangALeaves(1, 1, 1), 1 - (1 - std::exp(-1.0)), 1e-9);
  EXPECT_LT(erlangALeaves(10, 5, 1000), .001) << "who is patient stays";
}

TEST(Simulation, agreesWithTheory) {
  const auto chooser = makeBlindChooser("random");
  const Outcome waits = simulate(plain(.70, 0), 1, *chooser);
  const double mean = waits.wait / static_cast<double>(waits.accepted) / service_mean;
  EXPECT_NEAR(mean / erlangCMeanWait(10, 7), 1, .08) << "of 200,000 calls; bench_route has 4,000,000";
  const Outcome leaves = simulate(plain(.95, service_mean), 2, *chooser);
  const double left = static_cast<double>(leaves.abandoned) / static_cast<double>(leaves.leads);
  EXPECT_NEAR(left / erlangALeaves(10, 9.5, 1), 1, .03);
}

TEST(Simulation, isTheSameEachTimeAndNeverOverTheCap) {
  for (const std::string_view name : blindChoosers()) {
    const auto chooser = makeBlindChooser(name);
    ASSERT_TRUE(chooser);
    EXPECT_EQ(chooser->name(), name);
    const Scenario& scenario = standardScenarios()[3];
    const Outcome one = simulate(scenario, 7, *chooser), other = simulate(scenario, 7, *chooser);
    EXPECT_EQ(one.value, other.value) << name;
    EXPECT_EQ(one.wait, other.wait);
    EXPECT_EQ(one.over_cap, 0u);
    EXPECT_GT(one.accepted, 1000u);
    EXPECT_LE(one.accepted + one.abandoned, one.leads);
    EXPECT_NE(one.value, simulate(scenario, 8, *chooser).value);
  }
  EXPECT_FALSE(makeBlindChooser("nobody"));
}

TEST(Simulation, jainIsOneForEqualsAndOneOverNForOneWhoHasItAll) {
  EXPECT_DOUBLE_EQ(jain({3, 3, 3}), 1);
  EXPECT_DOUBLE_EQ(jain({0, 6, 0, 0}), .25);
  EXPECT_DOUBLE_EQ(jain({0, 0}), 1);
}

TEST(PolicyChooser, assignsByWhatItsScorersSay) {
  RuleScorer skill(skillOf);
  const std::map<std::string, Scorer*, std::less<>> scorers{{"skill", &skill}};
  PolicyChooser fit({.name = "fit", .agents = {{"skill", 1}}, .queue = {{"skill", 1}}}, scorers);
  const auto random = makeBlindChooser("random");
  const Scenario& scenario = standardScenarios()[1];
  const Outcome by_fit = simulate(scenario, 1, fit), by_chance = simulate(scenario, 1, *random);
  EXPECT_GT(by_fit.value, 1.2 * by_chance.value) << "who knows a kind makes more of it";
  EXPECT_LT(by_fit.occupancy_fairness, by_chance.occupancy_fairness) << "and is busier than the others";
  EXPECT_EQ(fit.degraded(), 0u);
  skill.fails = true;
  EXPECT_GT(simulate(scenario, 1, fit).accepted, 1000u) << "leads are assigned though the scorer fails";
  EXPECT_GT(fit.degraded(), 1000u);
}

TEST(RoutingPolicies, areThereUnderTheirNames) {
  for (const char* name : {"balanced", "seed", "match"}) {
    ASSERT_NE(builtInPolicy(name), nullptr);
    EXPECT_EQ(builtInPolicy(name)->name, name);
  }
  EXPECT_EQ(builtInPolicy("best"), nullptr);
  double sum = 0;
  for (const Weighted& one : builtInPolicy("seed")->agents) sum += one.weight;
  EXPECT_DOUBLE_EQ(sum, 1);
}

}  // namespace
}  // namespace atrium::simulation
