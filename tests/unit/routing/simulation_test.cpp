// The simulation of routing against theory and against itself: kernel/routing/simulation. Seeds are fixed: each run is the same.
#include "routing/simulation/simulation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "routing/simulation/batch_chooser.hpp"
#include "routing/simulation/blind_chooser.hpp"
#include "routing/simulation/erlang.hpp"
#include "routing/simulation/policy_chooser.hpp"
#include "rule_scorer.hpp"

namespace atrium::simulation {
namespace {

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

TEST(Simulation, takesLongerForWhoHasOtherThingsToDo) {
  const auto random = makeBlindChooser("random");
  Scenario scenario = standardScenarios()[1];
  const Outcome before = simulate(scenario, 1, *random);
  scenario.slowdown = .1;
  const Outcome slowed = simulate(scenario, 1, *random);
  EXPECT_EQ(slowed.leads, before.leads) << "the same leads come";
  EXPECT_GT(slowed.at_cap, before.at_cap + .05);
  EXPECT_GT(slowed.wait, 2 * before.wait);
  EXPECT_EQ(slowed.over_cap, 0u);
  // Agents of one place have one thing to do at a time.
  Scenario single = plain(.70, service_mean);
  single.duration /= 20;
  const Outcome alone = simulate(single, 1, *random);
  single.slowdown = .5;
  EXPECT_EQ(simulate(single, 1, *random).wait, alone.wait);
}

TEST(Simulation, countsTheLongestWaitsToOnePerCent) {
  WaitTail tail;
  EXPECT_EQ(tail.quantile(.99), 0);
  for (int wait = 1; wait <= 500; ++wait) tail.add(wait);
  WaitTail others;
  for (int wait = 501; wait <= 1000; ++wait) others.add(wait);
  tail += others;
  EXPECT_NEAR(tail.quantile(.99), 990, 10);
  EXPECT_NEAR(tail.quantile(.5), 500, 6);
  EXPECT_EQ(tail.quantile(1), 1000);
  EXPECT_EQ(tail.max(), 1000);
  tail.add(1e9);
  EXPECT_EQ(tail.max(), 1e9) << "what is beyond the buckets is the longest all the same";
  const auto random = makeBlindChooser("random");
  const Outcome outcome = simulate(standardScenarios()[2], 1, *random);
  EXPECT_GT(outcome.wait_tail.quantile(.99), outcome.wait / static_cast<double>(outcome.accepted));
  EXPECT_GE(outcome.wait_tail.max(), outcome.wait_tail.quantile(.99));
}

TEST(BatchChooser, assignsAtWholeIntervalsAndBetterThanChance) {
  const auto batch = makeBatchChooser(), random = makeBlindChooser("random");
  for (const Scenario& scenario : standardScenarios()) {
    const Outcome outcome = simulate(scenario, 3, *batch), by_chance = simulate(scenario, 3, *random);
    EXPECT_EQ(outcome.over_cap, 0u) << scenario.name;
    EXPECT_EQ(outcome.value, simulate(scenario, 3, *batch).value) << scenario.name;
    EXPECT_GT(outcome.value, 1.1 * by_chance.value) << scenario.name;
    EXPECT_GT(outcome.occupancy_fairness, .95) << scenario.name;
    EXPECT_LE(outcome.accepted + outcome.abandoned, outcome.leads) << scenario.name;
  }
  // Where there is room for everybody at once, a lead waits for the batch: half an interval on average.
  Scenario idle{.name = "idle", .agents = 10, .load = .10, .plain = true, .patience = 0};
  idle.duration = 4'000 * service_mean;
  const Outcome outcome = simulate(idle, 1, *batch);
  EXPECT_NEAR(outcome.wait / static_cast<double>(outcome.accepted), batch->interval() / 2, .05);
  EXPECT_LE(outcome.wait_tail.max(), batch->interval());
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

TEST(PolicyChooser, neverAsksForMoreLeadsThanAScorerTakes) {
  static std::size_t most = 0;
  class CountingScorer final : public Scorer {
   public:
    [[nodiscard]] std::string_view name() const override { return "count"; }
    [[nodiscard]] bool scoreAgents(const atrium_lead&, std::span<const atrium_agent* const>, std::span<atrium_score>) override {
      return true;
    }
    [[nodiscard]] bool scoreQueue(const atrium_agent&, std::span<const atrium_lead* const> leads, std::span<atrium_score>) override {
      most = std::max(most, leads.size());
      return true;
    }
  } count;
  PolicyChooser chooser({.name = "count", .agents = {{"count", 1}}, .queue = {{"count", 1}}, .ageing_guard = {}}, {{"count", &count}});
  World world{.agents = std::vector<AgentModel>(1), .leads = std::vector<LeadModel>(ATRIUM_SCORER_BATCH_MAX + 5)};
  const std::vector<AgentState> agents{{.model = world.agents.data()}};
  chooser.watch(agents);
  chooser.begin(world, 1);
  std::vector<std::uint32_t> waiting(world.leads.size());
  for (std::uint32_t lead = 0; lead < waiting.size(); ++lead) waiting[lead] = lead;
  EXPECT_LT(chooser.leadFor(0, waiting, 1), ATRIUM_SCORER_BATCH_MAX);
  EXPECT_EQ(most, ATRIUM_SCORER_BATCH_MAX);
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
