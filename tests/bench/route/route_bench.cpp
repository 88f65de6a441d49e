// RouteBench: what policies of routing make of the same leads and agents.
//
//   bench_route --seeds 30
//
// First holds the simulation against theory: the mean wait in M/M/10 (Erlang C) and the part that leaves M/M/10+M (Erlang A). Then lets
// each policy and each blind way work through the standard scenarios, the same worlds for all of them, with the scorer plugins that the
// server loads. Prints a table for each scenario; value is relative to `random`.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "plugin/plugin_scorer.hpp"
#include "plugin_world.hpp"
#include "routing/simulation/blind_chooser.hpp"
#include "routing/simulation/erlang.hpp"
#include "routing/simulation/policy_chooser.hpp"
#include "routing/simulation/simulation.hpp"

namespace atrium::test {
namespace {

using namespace simulation;

constexpr unsigned theory_agents = 10;

void compareWithTheory(double calls) {
  std::printf("The simulation and theory, %u agents, about %.0f calls each\n", theory_agents, calls);
  const auto chooser = makeBlindChooser("random");
  for (const double load : {.70, .85, .95}) {
    Scenario scenario{.name = "plain", .agents = theory_agents, .load = load, .plain = true, .patience = 0};
    scenario.duration = calls * service_mean / (load * theory_agents);
    const Outcome waits = simulate(scenario, 1, *chooser);
    const double mean = waits.wait / static_cast<double>(waits.accepted) / service_mean;
    const double wanted = erlangCMeanWait(theory_agents, load * theory_agents);
    scenario.patience = service_mean;
    const Outcome leaves = simulate(scenario, 2, *chooser);
    const double left = static_cast<double>(leaves.abandoned) / static_cast<double>(leaves.leads);
    const double to_leave = erlangALeaves(theory_agents, load * theory_agents, 1);
    std::printf("  load %.2f  mean wait %.4f, Erlang C %.4f: %+.2f %%   leave %.4f, Erlang A %.4f: %+.2f %%\n", load, mean, wanted,
                100 * (mean / wanted - 1), left, to_leave, 100 * (left / to_leave - 1));
  }
}

// "match=1,load=0.6": scorers and what they count.
std::vector<Weighted> weightsOf(const std::string& text) {
  std::vector<Weighted> weights;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const auto equals = part.find('=');
    char* end = nullptr;
    const std::string number = equals == part.npos ? "1" : part.substr(equals + 1);
    const double weight = std::strtod(number.c_str(), &end);
    if (end == number.c_str() || *end != '\0' || !(weight > 0 && weight < 1e6))
      throw CLI::ValidationError(part, "the weight is no number above 0");
    weights.push_back({part.substr(0, equals), weight});
  }
  return weights;
}

int run(unsigned seeds, double calls, const std::string& only, const RoutingPolicy& own) {
  PluginWorld world{ATRIUM_PLUGIN_DIRECTORY};
  if (const auto started = world.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().detail.c_str());
    return 1;
  }
  std::vector<std::unique_ptr<PluginScorer>> plugins;
  std::map<std::string, Scorer*, std::less<>> scorers;
  for (const std::string& name : world.host().registry().names(RoutingScorerKind::word)) {
    PluginLease lease = world.host().registry().lease(RoutingScorerKind::word, name);
    scorers.emplace(name, plugins.emplace_back(std::make_unique<PluginScorer>(*lease)).get());
  }
  for (const auto* side : {&own.agents, &own.queue})
    for (const Weighted& one : *side)
      if (!scorers.contains(one.scorer)) {
        std::fprintf(stderr, "there is no scorer \"%s\" in %s\n", one.scorer.c_str(), ATRIUM_PLUGIN_DIRECTORY);
        return 2;
      }
  compareWithTheory(calls);

  std::vector<std::unique_ptr<Chooser>> choosers;
  for (const std::string_view name : blindChoosers()) choosers.push_back(makeBlindChooser(name));
  for (const char* name : {"seed", "match", "balanced"}) choosers.push_back(std::make_unique<PolicyChooser>(*builtInPolicy(name), scorers));

  if (!own.agents.empty()) choosers.push_back(std::make_unique<PolicyChooser>(own, scorers));

  std::uint64_t over_cap = 0;
  double hours = 0;
  const auto began = std::chrono::steady_clock::now();
  for (const Scenario& scenario : standardScenarios()) {
    if (!only.empty() && scenario.name.find(only) == std::string::npos) continue;
    std::printf("\n%s, %u runs of %.0f h\n%-14s %8s %8s %10s %7s %9s %9s %8s\n", scenario.name.c_str(), seeds, scenario.duration / 3600, "",
                "wait s", "<= 60 s", "abandoned", "value", "J. occup.", "J. value", "at cap");
    double random_value = 0;
    for (const auto& chooser : choosers) {
      Outcome sum;
      for (unsigned seed = 1; seed <= seeds; ++seed) sum += simulate(scenario, seed, *chooser);
      if (chooser->name() == "random") random_value = sum.value;
      const double leads = static_cast<double>(sum.leads), runs = static_cast<double>(sum.runs);
      std::printf("%-14s %8.1f %6.1f %% %8.1f %% %7.1f %9.3f %9.3f %6.1f %%\n", std::string(chooser->name()).c_str(),
                  sum.wait / static_cast<double>(sum.accepted), 100 * static_cast<double>(sum.within_minute) / leads,
                  100 * static_cast<double>(sum.abandoned) / leads, 100 * sum.value / random_value, sum.occupancy_fairness / runs,
                  sum.value_fairness / runs, 100 * sum.at_cap / runs);
      over_cap += sum.over_cap;
      hours += sum.hours;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("\n%.0f hours in %.1f s: %.0f times real time. Assignments over the cap: %llu\n", hours, took.count(),
              hours * 3600 / took.count(), static_cast<unsigned long long>(over_cap));
  return over_cap == 0 ? 0 : 1;
}

}  // namespace
}  // namespace atrium::test

int main(int argc, char** argv) {
  CLI::App app("What policies of routing make of the same leads and agents.");
  unsigned seeds = 30;
  double calls = 4'000'000;
  std::string only;
  app.add_option("--seeds", seeds, "Worlds a scenario")->check(CLI::Range(1, 1000));
  app.add_option("--calls", calls, "Calls for each comparison with theory")->check(CLI::Range(1000.0, 1e8));
  app.add_option("--only", only, "Scenarios whose name holds this");
  std::string agents, queue;
  app.add_option("--agents", agents, "A policy of one's own: scorers for agents and their weights, match=1,load=0.6");
  app.add_option("--queue", queue, "Its scorers for the queue");
  CLI11_PARSE(app, argc, argv);
  try {
    const atrium::RoutingPolicy own{.name = "own", .agents = atrium::test::weightsOf(agents), .queue = atrium::test::weightsOf(queue)};
    return atrium::test::run(seeds, calls, only, own);
  } catch (const CLI::Error& wrong) {
    return app.exit(wrong);
  }
}
