#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/json_writer.hpp"
#include "routing/policy.hpp"
#include "routing/scorer.hpp"
#include "routing/simulation/chooser.hpp"
#include "routing/simulation/simulation.hpp"

// RouteBench: what policies and baselines make of the same worlds, as `bench_route` and `atriumctl simulate` tell it.
namespace atrium::simulation {

// Scorers by the name that policies have for them; whoever takes them does not own them.
using Scorers = std::map<std::string, Scorer*, std::less<>>;

// Reads "match=1,load=0.6": scorers and what they count, a scorer alone counts 1; an empty text is no scorers. Otherwise a sentence
// without its full stop that says what is wrong: a weight that is no number from 0 to 1,000,000, a name that is missing or stands there
// twice, and weights that are all 0.
[[nodiscard]] std::expected<std::vector<Weighted>, std::string> parseWeights(std::string_view text);

// What came of one way to assign leads, over all runs of a scenario. A value.
struct RouteFigures {
  std::string name;
  Outcome outcome = {};
  std::uint64_t degraded = 0;  // Decisions that lacked a scorer.
};
struct RouteReport {
  Scenario scenario = {};
  unsigned runs = 0;
  std::vector<RouteFigures> ways = {};  // In the order in which they were added.
  double value_of_random = 0;           // What values are relative to.
};

// Lets ways to assign leads work through scenarios, all of them through the same worlds. One thread; blocks for as long as it takes.
class RouteBench {
 public:
  // The scorers outlive it.
  explicit RouteBench(Scorers scorers) : scorers_(std::move(scorers)) {}

  // The names of the baselines and the policies that come with the platform, in the order of the tables.
  [[nodiscard]] static std::span<const std::string_view> names();
  // Adds one of those, or a policy of the caller's own. Otherwise says why it cannot be, a sentence without its full stop.
  [[nodiscard]] std::expected<void, std::string> add(std::string_view name);
  [[nodiscard]] std::expected<void, std::string> add(const RoutingPolicy& policy);

  // Worlds of the seeds 1 to `runs`. `random` works through them, too, when it is not among the ways.
  [[nodiscard]] RouteReport run(const Scenario& scenario, unsigned runs);

 private:
  [[nodiscard]] static RouteFigures figuresOf(Chooser& chooser, const Scenario& scenario, unsigned runs);

  const Scorers scorers_;
  std::vector<std::unique_ptr<Chooser>> ways_;
};

// The report for a person: a title and a table, each line ended.
[[nodiscard]] std::string tableOf(const RouteReport& report);
// The report as one JSON object. Times are seconds; parts, occupancy and what is at cap go from 0 to 1; value is relative to 100.
void writeReport(JsonWriter<std::string>& json, const RouteReport& report);

}  // namespace atrium::simulation
