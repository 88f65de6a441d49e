// RouteBench: what policies of routing make of the same leads and agents.
//
//   bench_route --seeds 30
//
// First holds the simulation against theory: the mean wait in M/M/10 (Erlang C) and the part that leaves M/M/10+M (Erlang A). Then lets
// each policy and each baseline work through the standard scenarios, the same worlds for all of them, with the scorer plugins that the
// server loads. Prints a table for each scenario; value is relative to `random`.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <expected>
#include <string>
#include <string_view>

#include "plugin/plugin_scorer.hpp"
#include "plugin_world.hpp"
#include "routing/simulation/blind_chooser.hpp"
#include "routing/simulation/erlang.hpp"
#include "routing/simulation/route_bench.hpp"

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

int run(unsigned seeds, double calls, const std::string& only, const RoutingPolicy& own) {
  PluginWorld world{ATRIUM_PLUGIN_DIRECTORY};
  if (const auto started = world.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().detail.c_str());
    return 1;
  }
  const PluginScorers scorers(world.host().registry());
  RouteBench bench(scorers.byName());
  std::expected<void, std::string> added;
  for (const std::string_view name : RouteBench::names())
    if (added) added = bench.add(name);
  if (added && !own.agents.empty()) added = bench.add(own);
  if (!added) {
    std::fprintf(stderr, "%s\n", added.error().c_str());
    return 2;
  }
  compareWithTheory(calls);

  std::uint64_t over_cap = 0;
  double hours = 0;
  const auto began = std::chrono::steady_clock::now();
  for (const Scenario& scenario : standardScenarios()) {
    if (scenario.name.find(only) == std::string::npos) continue;
    const RouteReport report = bench.run(scenario, seeds);
    std::printf("\n%s", tableOf(report).c_str());
    for (const RouteFigures& way : report.ways) over_cap += way.outcome.over_cap, hours += way.outcome.hours;
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
  const auto agents_weights = atrium::simulation::parseWeights(agents), queue_weights = atrium::simulation::parseWeights(queue);
  if (!agents_weights || !queue_weights) {
    std::fprintf(stderr, "%s\n", (agents_weights ? queue_weights : agents_weights).error().c_str());
    return 2;
  }
  return atrium::test::run(seeds, calls, only, {.name = "own", .agents = *agents_weights, .queue = *queue_weights});
}
