#include "ctl/simulate.hpp"

#include <fmt/format.h>

#include <chrono>
#include <expected>
#include <ostream>
#include <utility>

#include "config/option_value.hpp"
#include "ctl/scorer_plugins.hpp"
#include "routing/simulation/route_bench.hpp"

namespace atrium {

namespace {

using simulation::RouteBench;
using simulation::Scenario;
using Refused = std::unexpected<std::string>;

constexpr unsigned agents_max = 1000, seeds_max = 1000;
constexpr double load_min = .01, load_max = 3, hours_min = .1, hours_max = 168, slowdown_max = 10;
constexpr double agent_hours_max = 20'000;  // So that a world takes at most some hundred MiB.

// Not a number is within no bounds.
bool within(double value, double least, double most) { return value >= least && value <= most; }

std::string noDuration(std::string_view option, std::string_view text, std::string_view example) {
  return fmt::format("{} {} is no duration: write a whole number with s, m or h, as in {}", option, text, example);
}

bool isOwn(const SimulateArguments& arguments) {
  return arguments.agents || arguments.load || arguments.hours || arguments.slowdown || !arguments.patience.empty() || arguments.bursts;
}

std::expected<Scenario, std::string> ownScenario(const SimulateArguments& arguments) {
  Scenario scenario{.name = {}, .bursts = arguments.bursts};
  scenario.agents = arguments.agents.value_or(scenario.agents);
  scenario.load = arguments.load.value_or(scenario.load);
  scenario.slowdown = arguments.slowdown.value_or(0);
  const double hours = arguments.hours.value_or(scenario.duration / 3600);
  if (scenario.agents < 1 || scenario.agents > agents_max) return Refused(fmt::format("--agents must be from 1 to {}", agents_max));
  if (!within(scenario.load, load_min, load_max))
    return Refused(fmt::format("--load must be from {} to {}: 0.85 is work for 85 % of the time there is", load_min, load_max));
  if (!within(hours, hours_min, hours_max)) return Refused(fmt::format("--hours must be from {} to {}", hours_min, hours_max));
  if (scenario.agents * hours > agent_hours_max)
    return Refused(fmt::format("--agents times --hours must be at most {}: take fewer of one, and more --seeds", agent_hours_max));
  if (!within(scenario.slowdown, 0, slowdown_max))
    return Refused(fmt::format("--slowdown must be from 0 to {}: 0.1 is 10 % longer for each other lead at hand", slowdown_max));
  scenario.duration = hours * 3600;
  std::string remarks = scenario.bursts ? ", bursts" : "";
  if (scenario.slowdown > 0) remarks += fmt::format(", slowdown {:g}", scenario.slowdown);
  if (!arguments.patience.empty()) {
    const auto patience = parseDuration(arguments.patience);
    if (!patience) return Refused(noDuration("--patience", arguments.patience, "10m; 0s is for leads that never leave"));
    scenario.patience = std::chrono::duration<double>(*patience).count();
    remarks += ", patience " + arguments.patience;
  }
  scenario.name = fmt::format("{} agent{}, {:g} %{}", scenario.agents, scenario.agents == 1 ? "" : "s", 100 * scenario.load, remarks);
  return scenario;
}

std::expected<std::vector<Scenario>, std::string> scenariosOf(const SimulateArguments& arguments) {
  if (isOwn(arguments)) {
    if (!arguments.scenario.empty())
      return Refused(
          "--scenario names standard scenarios, and --agents, --load, --hours, --bursts, --slowdown and --patience make one of your own: "
          "leave out one or the other");
    auto own = ownScenario(arguments);
    if (!own) return Refused(own.error());
    return std::vector{*std::move(own)};
  }
  std::vector<Scenario> chosen;
  std::string names;
  for (const Scenario& one : simulation::standardScenarios()) {
    names += (names.empty() ? "\"" : ", \"") + one.name + '"';
    if (one.name.find(arguments.scenario) != std::string::npos) chosen.push_back(one);
  }
  if (chosen.empty())
    return Refused(fmt::format("no standard scenario has a name with \"{}\" in it; there are: {}", arguments.scenario, names));
  return chosen;
}

// The policy of the caller's own; nothing: there is none.
std::expected<std::optional<RoutingPolicy>, std::string> ownPolicy(const SimulateArguments& arguments) {
  if (arguments.agents_weights.empty()) {
    if (arguments.queue.empty() && arguments.ageing_guard.empty()) return std::nullopt;
    return Refused("--queue and --ageing-guard belong to a policy of your own: give its scorers for agents with --agents-weights");
  }
  RoutingPolicy policy{.name = "own", .agents = {}, .queue = {}};
  auto agents = simulation::parseWeights(arguments.agents_weights), queue = simulation::parseWeights(arguments.queue);
  if (!agents) return Refused("--agents-weights: " + agents.error());
  if (!queue) return Refused("--queue: " + queue.error());
  policy.agents = *std::move(agents);
  policy.queue = *std::move(queue);
  if (arguments.ageing_guard.empty()) return policy;
  const auto guard = parseDuration(arguments.ageing_guard);
  if (!guard) return Refused(noDuration("--ageing-guard", arguments.ageing_guard, "20m; 0s is without one"));
  policy.ageing_guard = std::chrono::duration_cast<std::chrono::milliseconds>(*guard);
  return policy;
}

std::expected<void, std::string> addWays(RouteBench& bench, const SimulateArguments& arguments, const std::optional<RoutingPolicy>& own) {
  for (const std::string& name : arguments.policies)
    if (auto added = bench.add(name); !added) return added;
  if (arguments.policies.empty())
    for (const std::string_view name : RouteBench::names())
      if (auto added = bench.add(name); !added) return added;
  return own ? bench.add(*own) : std::expected<void, std::string>{};
}

ExitCode refuseSimulation(const CtlContext& context, std::string_view sentence) {
  context.err << sentence << '\n';
  return ExitCode::wrong;
}

}  // namespace

ExitCode simulateRouting(const SimulateArguments& arguments, const CtlContext& context) {
  if (arguments.seeds < 1 || arguments.seeds > seeds_max)
    return refuseSimulation(context, fmt::format("--seeds must be from 1 to {}", seeds_max));
  const auto scenarios = scenariosOf(arguments);
  if (!scenarios) return refuseSimulation(context, scenarios.error());
  const auto own = ownPolicy(arguments);
  if (!own) return refuseSimulation(context, own.error());
  const auto plugins = ScorerPlugins::load(arguments.config, arguments.plugins, context);
  if (!plugins) {
    context.err << plugins.error();
    return ExitCode::wrong;
  }
  RouteBench bench((*plugins)->byName());
  if (const auto added = addWays(bench, arguments, *own); !added) return refuseSimulation(context, added.error());

  std::string text;
  JsonWriter json(text);
  json.begin('{').key("scenarios").begin('[');
  for (const Scenario& scenario : *scenarios) {
    const auto report = bench.run(scenario, arguments.seeds);
    if (arguments.json)
      writeReport(json, report);
    else
      context.out << (&scenario == &scenarios->front() ? "" : "\n") << tableOf(report) << std::flush;
  }
  if (arguments.json) context.out << (json.end(']').end('}'), text) << '\n';
  return ExitCode::done;
}

}  // namespace atrium
