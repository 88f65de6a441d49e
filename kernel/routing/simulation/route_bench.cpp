#include "routing/simulation/route_bench.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "routing/simulation/batch_chooser.hpp"
#include "routing/simulation/blind_chooser.hpp"
#include "routing/simulation/policy_chooser.hpp"

namespace atrium::simulation {

namespace {

constexpr double weight_max = 1e6;
constexpr std::array<std::string_view, 9> way_names = {"random", "round_robin", "longest_idle", "least_loaded", "power_of_two",
                                                       "batch",  "seed",        "match",        "balanced"};

std::unexpected<std::string> refusal(std::string sentence) { return std::unexpected(std::move(sentence)); }
std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

template <typename Names>
std::string listed(const Names& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

// What the figures of an outcome come to; parts from 0 to 1.
struct Shown {
  double wait, wait_p99, wait_max, within_minute, abandoned, value, occupancy_fairness, value_fairness, at_cap;
};
Shown shown(const RouteReport& report, const Outcome& outcome) {
  const auto over = [](double part, double whole) { return whole > 0 ? part / whole : 0; };
  const double leads = static_cast<double>(outcome.leads), runs = static_cast<double>(outcome.runs);
  return {.wait = over(outcome.wait, static_cast<double>(outcome.accepted)),
          .wait_p99 = outcome.wait_tail.quantile(.99),
          .wait_max = outcome.wait_tail.max(),
          .within_minute = over(static_cast<double>(outcome.within_minute), leads),
          .abandoned = over(static_cast<double>(outcome.abandoned), leads),
          .value = 100 * over(outcome.value, report.value_of_random),
          .occupancy_fairness = over(outcome.occupancy_fairness, runs),
          .value_fairness = over(outcome.value_fairness, runs),
          .at_cap = over(outcome.at_cap, runs)};
}

template <typename... Values>
void print(std::string& out, const char* format, Values... values) {
  std::array<char, 300> line;
  const int size = std::snprintf(line.data(), line.size(), format, values...);
  out.append(line.data(), std::min(static_cast<std::size_t>(std::max(size, 0)), line.size() - 1));
}

// Six digits, where the writer itself keeps three after the point.
void writeFigure(JsonWriter<std::string>& json, std::string_view key, double figure) {
  std::string digits;
  print(digits, "%.6g", figure);
  json.key(key).raw(digits);
}

}  // namespace

std::expected<std::vector<Weighted>, std::string> parseWeights(std::string_view text) {
  std::vector<Weighted> weights;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const auto equals = part.find('=');
    const std::string name(part.substr(0, equals)), number(equals == part.npos ? "1" : part.substr(equals + 1));
    if (name.empty()) return refusal(quoted(part) + " names no scorer: write scorers and their weights, as in match=1,load=0.6");
    if (std::ranges::count(weights, name, &Weighted::scorer) > 0) return refusal("the scorer " + quoted(name) + " stands there twice");
    char* end = nullptr;
    const double weight = std::strtod(number.c_str(), &end);
    if (end == number.c_str() || *end != '\0' || !(weight >= 0 && weight <= weight_max))
      return refusal("the weight " + quoted(number) + " of " + quoted(name) + " is no number from 0 to 1000000");
    weights.push_back({name, weight});
  }
  if (!weights.empty() && std::ranges::all_of(weights, [](const Weighted& one) { return one.weight == 0; }))
    return refusal("all weights are 0: give at least one scorer a weight above 0");
  return weights;
}

std::span<const std::string_view> RouteBench::names() { return way_names; }

std::expected<void, std::string> RouteBench::add(std::string_view name) {
  if (const RoutingPolicy* policy = builtInPolicy(name)) return add(*policy);
  auto chooser = name == "batch" ? makeBatchChooser() : makeBlindChooser(name);
  if (!chooser) return refusal("there is no policy " + quoted(name) + "; there are: " + listed(way_names));
  ways_.push_back(std::move(chooser));
  return {};
}

std::expected<void, std::string> RouteBench::add(const RoutingPolicy& policy) {
  for (const auto* side : {&policy.agents, &policy.queue})
    for (const Weighted& one : *side)
      if (!scorers_.contains(one.scorer)) {
        std::vector<std::string_view> there;
        for (const auto& [name, scorer] : scorers_) there.emplace_back(name);
        return refusal("the policy " + quoted(policy.name) + " wants the scorer " + quoted(one.scorer) + ", which no plugin offers; " +
                       (there.empty() ? "there is none at all" : "there are: " + listed(there)));
      }
  ways_.push_back(std::make_unique<PolicyChooser>(policy, scorers_));
  return {};
}

RouteFigures RouteBench::figuresOf(Chooser& chooser, const Scenario& scenario, unsigned runs) {
  RouteFigures figures{.name = std::string(chooser.name())};
  const std::uint64_t before = chooser.degraded();
  for (unsigned seed = 1; seed <= runs; ++seed) figures.outcome += simulate(scenario, seed, chooser);
  figures.degraded = chooser.degraded() - before;
  return figures;
}

RouteReport RouteBench::run(const Scenario& scenario, unsigned runs) {
  RouteReport report{.scenario = scenario, .runs = runs};
  for (const auto& way : ways_) report.ways.push_back(figuresOf(*way, scenario, runs));
  const auto random = std::ranges::find(report.ways, "random", &RouteFigures::name);
  report.value_of_random =
      random != report.ways.end() ? random->outcome.value : figuresOf(*makeBlindChooser("random"), scenario, runs).outcome.value;
  return report;
}

std::string tableOf(const RouteReport& report) {
  std::string out;
  print(out, "%s, %u run%s of %g h\n%-14s %8s %8s %8s %8s %10s %7s %9s %9s %8s\n", report.scenario.name.c_str(), report.runs,
        report.runs == 1 ? "" : "s", report.scenario.duration / 3600, "", "wait s", "p99 s", "max s", "<= 60 s", "abandoned", "value",
        "J. occup.", "J. value", "at cap");
  for (const RouteFigures& way : report.ways) {
    const Shown figures = shown(report, way.outcome);
    print(out, "%-14s %8.1f %8.0f %8.0f %6.1f %% %8.1f %% %7.1f %9.3f %9.3f %6.1f %%\n", way.name.c_str(), figures.wait, figures.wait_p99,
          figures.wait_max, 100 * figures.within_minute, 100 * figures.abandoned, figures.value, figures.occupancy_fairness,
          figures.value_fairness, 100 * figures.at_cap);
    if (way.degraded > 0)
      print(out, "  %llu decisions of %s lacked a scorer that failed\n", static_cast<unsigned long long>(way.degraded), way.name.c_str());
  }
  return out;
}

void writeReport(JsonWriter<std::string>& json, const RouteReport& report) {
  const Scenario& scenario = report.scenario;
  json.begin('{').key("scenario").value(scenario.name).key("agents").value(scenario.agents);
  writeFigure(json, "load", scenario.load);
  json.key("bursts").value(scenario.bursts);
  writeFigure(json, "slowdown", scenario.slowdown);
  writeFigure(json, "hours", scenario.duration / 3600);
  json.key("runs").value(report.runs).key("policies").begin('[');
  for (const RouteFigures& way : report.ways) {
    const Outcome& outcome = way.outcome;
    const Shown figures = shown(report, outcome);
    json.begin('{').key("policy").value(way.name).key("leads").value(outcome.leads).key("accepted").value(outcome.accepted);
    writeFigure(json, "wait_s_mean", figures.wait);
    writeFigure(json, "wait_s_p99", figures.wait_p99);
    writeFigure(json, "wait_s_max", figures.wait_max);
    writeFigure(json, "within_60_s", figures.within_minute);
    writeFigure(json, "abandoned", figures.abandoned);
    writeFigure(json, "value", figures.value);
    writeFigure(json, "occupancy_jain", figures.occupancy_fairness);
    writeFigure(json, "value_jain", figures.value_fairness);
    writeFigure(json, "at_cap", figures.at_cap);
    json.key("over_cap").value(outcome.over_cap).key("degraded_decisions").value(way.degraded).end('}');
  }
  json.end(']').end('}');
}

}  // namespace atrium::simulation
