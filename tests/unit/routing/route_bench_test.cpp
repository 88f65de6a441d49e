// What RouteBench takes and tells: kernel/routing/simulation/route_bench.cpp.
#include "routing/simulation/route_bench.hpp"

#include <gtest/gtest.h>

#include "protocol/json_index.hpp"
#include "rule_scorer.hpp"

namespace atrium::simulation {
namespace {

Scenario smallScenario() { return {.name = "5 agents", .agents = 5, .load = .9, .duration = 2 * 3600}; }

double figure(const JsonView& policy, const char* name) {
  double value = -1;
  EXPECT_TRUE(policy[name].number(value)) << name;
  return value;
}

TEST(Weights, areReadAsTheyAreTyped) {
  const auto weights = parseWeights("match=1,load=0.6,urgency=0,fairness");
  ASSERT_TRUE(weights) << weights.error();
  ASSERT_EQ(weights->size(), 4u);
  EXPECT_EQ(weights->at(1).scorer, "load");
  EXPECT_EQ(weights->at(1).weight, .6);
  EXPECT_EQ(weights->at(2).weight, 0) << "one may be switched off";
  EXPECT_EQ(weights->at(3).weight, 1) << "who is named alone counts 1";
  EXPECT_TRUE(parseWeights("")->empty());
}

TEST(Weights, thatAreNoneAreRefusedWithWhatIsWrong) {
  const std::pair<const char*, const char*> wrong[] = {{"match=-1", "the weight \"-1\" of \"match\""},
                                                       {"match=nan", "\"nan\""},
                                                       {"match=inf", "\"inf\""},
                                                       {"match=1e7", "from 0 to 1000000"},
                                                       {"match=", "\"\" of \"match\""},
                                                       {"match=1x", "\"1x\""},
                                                       {"match=0,load=0", "all weights are 0"},
                                                       {"=1", "\"=1\" names no scorer"},
                                                       {"match=1,,load=1", "names no scorer"},
                                                       {"match=1,match=2", "\"match\" stands there twice"}};
  for (const auto& [text, sentence] : wrong) {
    const auto weights = parseWeights(text);
    ASSERT_FALSE(weights) << text;
    EXPECT_NE(weights.error().find(sentence), std::string::npos) << weights.error();
  }
}

TEST(RouteBench, refusesWhatItDoesNotKnowAndSaysWhatThereIs) {
  RuleScorer skill(skillOf);
  RouteBench bench({{"skill", &skill}});
  const auto name = bench.add("nobody");
  ASSERT_FALSE(name);
  EXPECT_NE(name.error().find("no policy \"nobody\"; there are: random, "), std::string::npos) << name.error();
  const auto scorer = bench.add({.name = "own", .agents = {{"skill", 1}}, .queue = {{"skil", 1}}});
  ASSERT_FALSE(scorer);
  EXPECT_NE(scorer.error().find("\"own\" wants the scorer \"skil\""), std::string::npos) << scorer.error();
  EXPECT_NE(scorer.error().find("there are: skill"), std::string::npos) << scorer.error();
  EXPECT_FALSE(bench.add("balanced")) << "its scorers are not there";
  EXPECT_TRUE(bench.run(smallScenario(), 1).ways.empty()) << "nothing of all that was added";
}

TEST(RouteBench, letsAllWorkThroughTheSameWorlds) {
  RuleScorer skill(skillOf);
  RouteBench bench({{"skill", &skill}});
  for (const char* name : {"random", "round_robin", "batch"}) ASSERT_TRUE(bench.add(name));
  ASSERT_TRUE(bench.add({.name = "own", .agents = {{"skill", 1}}, .queue = {}}));
  const RouteReport report = bench.run(smallScenario(), 3);
  ASSERT_EQ(report.ways.size(), 4u);
  for (const RouteFigures& way : report.ways) {
    EXPECT_EQ(way.outcome.runs, 3u);
    EXPECT_EQ(way.outcome.leads, report.ways.front().outcome.leads) << way.name;
    EXPECT_EQ(way.degraded, 0u);
  }
  EXPECT_EQ(report.value_of_random, report.ways.front().outcome.value);
  const std::string table = tableOf(report);
  EXPECT_TRUE(table.starts_with("5 agents, 3 runs of 2 h\n")) << table;
  EXPECT_NE(table.find("\nown "), std::string::npos) << table;

  RouteBench alone({{"skill", &skill}});
  ASSERT_TRUE(alone.add("batch"));
  EXPECT_EQ(alone.run(smallScenario(), 3).value_of_random, report.value_of_random) << "values are relative to random, asked for or not";
}

TEST(RouteBench, tellsItsFiguresAsJson) {
  RuleScorer skill(skillOf);
  skill.fails = true;
  RouteBench bench({{"skill", &skill}});
  ASSERT_TRUE(bench.add("random"));
  ASSERT_TRUE(bench.add({.name = "own", .agents = {{"skill", 1}}, .queue = {}}));
  const RouteReport report = bench.run(smallScenario(), 2);
  std::string text;
  JsonWriter json(text);
  writeReport(json, report);
  const auto document = JsonDocument::parse(text);
  ASSERT_TRUE(document) << text;
  const JsonView root = document->root(), policies = root["policies"];
  EXPECT_EQ(root["scenario"].text(), "5 agents");
  EXPECT_EQ(figure(root, "runs"), 2);
  EXPECT_EQ(figure(root, "hours"), 2);
  ASSERT_EQ(policies.size(), 2u);
  const JsonView random = policies.first(), own = random.sibling(policies);
  EXPECT_EQ(figure(random, "value"), 100);
  EXPECT_EQ(figure(random, "degraded_decisions"), 0);
  EXPECT_LE(figure(random, "wait_s_mean"), figure(random, "wait_s_p99"));
  EXPECT_LE(figure(random, "wait_s_p99"), figure(random, "wait_s_max"));
  EXPECT_LE(figure(random, "accepted"), figure(random, "leads"));
  EXPECT_EQ(figure(random, "over_cap"), 0);
  for (const char* part : {"within_60_s", "abandoned", "occupancy_jain", "value_jain", "at_cap"}) {
    EXPECT_GE(figure(own, part), 0) << part;
    EXPECT_LE(figure(own, part), 1) << part;
  }
  EXPECT_GT(figure(own, "degraded_decisions"), 0) << "its only scorer fails";
  EXPECT_NE(tableOf(report).find("decisions of own lacked a scorer"), std::string::npos);
}

}  // namespace
}  // namespace atrium::simulation
