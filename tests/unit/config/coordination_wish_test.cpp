#include "config/coordination_wish.hpp"

#include <gtest/gtest.h>

#include <expected>
#include <string>
#include <string_view>

#include "config/settings_reader.hpp"
#include "config/yaml.hpp"

namespace atrium {
namespace {

using namespace std::chrono_literals;

struct ReadSection {
  Settings::Coordination coordination;
  std::string problems;  // As an operator reads them, one behind the other.
};

ReadSection readSection(std::string_view text) {
  const auto root = parseYaml(text, "a.yaml");
  if (!root) return {{}, formatProblems(root.error())};
  ConfigProblems problems;
  const Settings settings = readSettings(*root, {}, false, problems);
  checkCoordination(settings.coordination, *root, problems);
  return {settings.coordination, formatProblems(problems)};
}

// What is said of one queue, which stands in the third line.
std::string refusalOf(std::string_view queue) {
  return readSection("coordination:\n  queues:\n    one: " + std::string(queue) + "\n").problems;
}

TEST(CoordinationSection, readsQueuesInTheirOrder) {
  const ReadSection read = readSection(R"(coordination:
  queues:
    luxury:
      match: {property_type: [villa, penthouse], budget: {at_least: 1000000}, city: Lisbon, phone: {}}
      priority: -5
      skill_min: 0.6
      skill_relax_after: 2m
      lease: 30s
      overflow: {after: 5m, to: everyone}
    everyone:
      fallback: {agent: lead, after: 15m}
  closed_kept: 30d
  rebalance: auto
)");
  EXPECT_EQ(read.problems, "");
  ASSERT_EQ(read.coordination.queues.size(), 2u);
  const QueueWish& luxury = read.coordination.queues[0];
  EXPECT_EQ(luxury.name, "luxury");
  ASSERT_EQ(luxury.match.size(), 4u);
  EXPECT_EQ(luxury.match[0].one_of, (std::vector<std::string>{"villa", "penthouse"}));
  EXPECT_EQ(luxury.match[1].at_least, 1e6);
  EXPECT_FALSE(luxury.match[1].at_most);
  EXPECT_EQ(luxury.match[2].one_of, std::vector<std::string>{"Lisbon"});
  EXPECT_TRUE(luxury.match[3].one_of.empty());
  EXPECT_EQ(luxury.priority, -5);
  EXPECT_EQ(luxury.skill_min, 0.6);
  EXPECT_EQ(luxury.skill_relax_after, 2min);
  EXPECT_EQ(luxury.lease, 30s);
  EXPECT_EQ(luxury.overflow_after, 5min);
  EXPECT_EQ(luxury.overflow_to, "everyone");
  EXPECT_EQ(read.coordination.queues[1].fallback_agent, "lead");
  EXPECT_EQ(read.coordination.closed_kept, 720h);
  EXPECT_EQ(read.coordination.rebalance, "auto");
}

TEST(CoordinationSection, readsPolicies) {
  const ReadSection read = readSection(R"(coordination:
  policies:
    house: {agents: {match: 1, load: 0.8}, queue: {urgency: 2}, ageing_guard: 5m}
    seed: {agents: {match: 0.5}}
  default_policy: house
  shadow_policies: [seed, balanced]
)");
  EXPECT_EQ(read.problems, "");
  ASSERT_EQ(read.coordination.policies.size(), 2u);
  const PolicyWish& house = read.coordination.policies[0];
  ASSERT_EQ(house.agents.size(), 2u);
  EXPECT_EQ(house.agents[1].scorer, "load");
  EXPECT_EQ(house.agents[1].weight, 0.8);
  EXPECT_EQ(house.agents[1].place.line, 3u);
  EXPECT_EQ(house.queue[0].weight, 2);
  EXPECT_EQ(house.ageing_guard, 5min);
}

TEST(CoordinationSection, overflowThatGoesRoundIsRefusedOnce) {
  const ReadSection read = readSection(R"(coordination:
  queues:
    first: {overflow: {after: 1m, to: a}}
    a:
      overflow: {after: 1m, to: b}
    b: {overflow: {after: 1m, to: c}}
    c: {overflow: {after: 1m, to: a}}
)");
  EXPECT_EQ(read.problems,
            "a.yaml:5:33: coordination.queues.a.overflow.to: leads would go round in a circle: a -> b -> c -> a\n"
            "    take the overflow of one of them out\n");
  EXPECT_EQ(refusalOf("{overflow: {after: 1m, to: one}}"),
            "a.yaml:3:37: coordination.queues.one.overflow.to: leads would go round in a circle: one -> one\n"
            "    take the overflow of one of them out\n");
}

TEST(CoordinationSection, whatAQueueNamesIsThere) {
  EXPECT_EQ(refusalOf("{overflow: {after: 1m, to: on}}"),
            "a.yaml:3:37: coordination.queues.one.overflow.to: there is no queue \"on\"\n    did you mean \"one\"?\n");
  EXPECT_EQ(refusalOf("{policy: balance}"),
            "a.yaml:3:19: coordination.queues.one.policy: there is no policy \"balance\"\n    did you mean \"balanced\"?\n");
  EXPECT_EQ(refusalOf("{policy: house}"),
            "a.yaml:3:19: coordination.queues.one.policy: there is no policy \"house\"\n    there are: balanced, seed, match\n");
  EXPECT_EQ(refusalOf("{overflow: {to: one}}"),
            "a.yaml:3:21: coordination.queues.one.overflow: after and to need each other\n"
            "    write {after: 5m, to: ...}, or take overflow out\n"
            "a.yaml:3:26: coordination.queues.one.overflow.to: leads would go round in a circle: one -> one\n"
            "    take the overflow of one of them out\n");
  EXPECT_TRUE(refusalOf("{fallback: {agent: ana}}").starts_with("a.yaml:3:21: coordination.queues.one.fallback: after and agent need"));
  EXPECT_EQ(readSection("coordination:\n  default_policy: sed\n  shadow_policies: [seed, seed]\n").problems,
            "a.yaml:2:19: coordination.default_policy: there is no policy \"sed\"\n    did you mean \"seed\"?\n"
            "a.yaml:3:27: coordination.shadow_policies names seed twice\n    take one of them out\n");
}

TEST(CoordinationSection, weightsAreNumbersOfWhichOneCounts) {
  const auto refusal = [](std::string_view policy) {
    return readSection("coordination:\n  policies:\n    p: " + std::string(policy) + "\n").problems;
  };
  for (const std::string_view weight : {"-1", ".nan", "NaN", ".inf", "many", "1000001", "[1]"})
    EXPECT_EQ(refusal("{agents: {match: " + std::string(weight) + "}}"),
              "a.yaml:3:25: coordination.policies.p.agents: the weight of match is not a number from 0 to 1000000\n"
              "    write a number, 0 or more, as in 0.5\n")
        << weight;
  EXPECT_EQ(refusal("{agents: {match: 0, load: 0.0}}"),
            "a.yaml:3:17: coordination.policies.p.agents: all weights are 0\n    give at least one scorer more\n");
  EXPECT_TRUE(
      refusal("{agents: {match: 1}, queue: {match: 0}}").starts_with("a.yaml:3:36: coordination.policies.p.queue: all weights are 0\n"));
  EXPECT_EQ(refusal("{}"), "a.yaml:3:5: coordination.policies.p.agents: a policy needs at least one scorer\n    write {match: 1}\n");
  EXPECT_EQ(refusal("{agents: {match: 1, match: 2}}").substr(0, 12), "a.yaml:3:28:");
}

TEST(CoordinationSection, strictAsEverySection) {
  EXPECT_EQ(refusalOf("{lese: 3s}"), "a.yaml:3:11: there is no option \"coordination.queues.one.lese\"\n    did you mean \"lease\"?\n");
  EXPECT_TRUE(refusalOf("{skill_min: 2}").starts_with("a.yaml:3:22: coordination.queues.one.skill_min: 2 is too much\n"));
  EXPECT_TRUE(refusalOf("{lease: 20}").starts_with("a.yaml:3:18: coordination.queues.one.lease: \"20\" is not"));
  EXPECT_TRUE(
      refusalOf("{overflow: {befor: 1m}}").starts_with("a.yaml:3:22: there is no option \"coordination.queues.one.overflow.befor\"\n"));
  EXPECT_EQ(refusalOf("{match: {budget: {at_lest: 1}}}"),
            "a.yaml:3:28: coordination.queues.one.match.budget: there is no bound \"at_lest\"\n    did you mean \"at_least\"?\n");
  EXPECT_TRUE(refusalOf("{match: {budget: {at_least: 2, at_most: 1}}}").contains("at_least is more than at_most"));
  EXPECT_TRUE(refusalOf("{match: {budget: {at_least: x}}}").contains("at_least is not a number"));
  EXPECT_TRUE(refusalOf("{match: {city: []}}").contains("the list does not have 1 to 1000 values"));
  EXPECT_TRUE(refusalOf("{match: {city: [[a]]}}").contains("this is not a text"));
  EXPECT_TRUE(refusalOf("{match: {city: }}").contains("there is no value"));
  EXPECT_TRUE(readSection("coordination: {queues: {One: {}}}\n")
                  .problems.starts_with("a.yaml:1:25: coordination.queues: \"One\" cannot be a name"));
  EXPECT_TRUE(readSection("coordination: {policies: {default: {agents: {match: 1}}}}\n").problems.contains("cannot be called default"));
  EXPECT_TRUE(readSection("coordination: {queues: {one: {}, one: {}}}\n").problems.starts_with("a.yaml:1:34: "));
}

}  // namespace
}  // namespace atrium
