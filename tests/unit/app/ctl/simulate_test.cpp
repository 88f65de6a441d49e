// atriumctl simulate with the plugins of this tree: kernel/app/ctl/simulate.cpp.
#include <gtest/gtest.h>

#include <sstream>

#include "ctl/ctl.hpp"
#include "plugin_world.hpp"
#include "protocol/json_index.hpp"

namespace atrium::test {
namespace {

class Simulate : public testing::Test {
 protected:
  ExitCode run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "simulate");
    out.str("");
    err.str("");
    const Environment environment{{"JWT_SECRET_KEY", std::string(32, 's')}};
    return runCtl(arguments, {environment, Wall(), ATRIUM_PROGRAM_DIRECTORY, out, err});
  }
  std::string write(std::string_view text) {
    const auto path = own.path() / "atrium.yaml";
    writeFile(path, text);
    return path.string();
  }

  TemporaryDirectory own;
  std::ostringstream out, err;
};

const std::vector<std::string> small = {"--agents", "4", "--load", "0.7", "--hours", "1", "--seeds", "2"};

std::vector<std::string> with(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), small.begin(), small.end());
  return arguments;
}

}  // namespace

TEST_F(Simulate, printsATableOfAllPolicies) {
  ASSERT_EQ(run(with({})), ExitCode::done) << err.str();
  EXPECT_TRUE(out.str().starts_with("4 agents, 70 %, 2 runs of 1 h\n")) << out.str();
  for (const char* name : {"random", "batch", "seed", "match", "balanced"})
    EXPECT_NE(out.str().find('\n' + std::string(name) + ' '), std::string::npos) << name;
  EXPECT_EQ(err.str(), "");
}

TEST_F(Simulate, printsOneJsonObjectOfThePoliciesThatAreNamed) {
  ASSERT_EQ(run(with({"--policy", "balanced", "--policy", "batch", "--agents-weights", "match=1,load=0.6", "--queue", "match=1",
                      "--ageing-guard", "5m", "--bursts", "--slowdown", "0.1", "--json"})),
            ExitCode::done)
      << err.str();
  const auto document = JsonDocument::parse(out.str());
  ASSERT_TRUE(document) << out.str();
  const JsonView scenarios = document->root()["scenarios"], policies = scenarios.first()["policies"];
  EXPECT_EQ(scenarios.size(), 1u);
  EXPECT_EQ(scenarios.first()["scenario"].text(), "4 agents, 70 %, bursts, slowdown 0.1");
  std::vector<std::string> names;
  for (JsonView policy = policies.first(); policy.exists(); policy = policy.sibling(policies)) names.push_back(policy["policy"].text());
  EXPECT_EQ(names, (std::vector<std::string>{"balanced", "batch", "own"}));
  const std::string first = out.str();
  ASSERT_EQ(run(with({"--policy", "balanced", "--policy", "batch", "--agents-weights", "match=1,load=0.6", "--queue", "match=1",
                      "--ageing-guard", "5m", "--bursts", "--slowdown", "0.1", "--json"})),
            ExitCode::done);
  EXPECT_EQ(out.str(), first) << "the same command, the same figures";
}

TEST_F(Simulate, runsTheStandardScenariosWhoseNameHoldsWhatIsAskedFor) {
  ASSERT_EQ(run({"--scenario", "8 agents", "--policy", "round_robin", "--seeds", "1"}), ExitCode::done) << err.str();
  EXPECT_TRUE(out.str().starts_with("8 agents, 60 %, 1 run of 10 h\n")) << out.str();
  EXPECT_NE(out.str().find("\n\n8 agents, 85 %"), std::string::npos) << out.str();
}

TEST_F(Simulate, letsLeadsWaitForEverWhereThatIsAskedFor) {
  ASSERT_EQ(run({"--agents", "2", "--load", "1.5", "--hours", "3", "--patience", "0s", "--policy", "random", "--json", "--seeds", "1"}),
            ExitCode::done)
      << err.str();
  EXPECT_NE(out.str().find("\"scenario\":\"2 agents, 150 %, patience 0s\""), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("\"abandoned\":0,"), std::string::npos) << out.str();
}

TEST_F(Simulate, takesTheScorersOfTheConfiguration) {
  const std::string without = write("plugins: {use: {atrium.scorer.load: {enabled: false}}}\n");
  ASSERT_EQ(run(with({"--config", without, "--policy", "match"})), ExitCode::done) << err.str();
  EXPECT_EQ(run(with({"--config", without, "--policy", "balanced"})), ExitCode::wrong);
  EXPECT_NE(err.str().find("\"balanced\" wants the scorer \"load\", which no plugin offers; there are: "), std::string::npos) << err.str();
  EXPECT_EQ(run(with({"--config", write("plugins: {use: {atrium.scorer.laod: {}}}\n")})), ExitCode::wrong);
  EXPECT_NE(err.str().find("did you mean \"atrium.scorer.load\"?"), std::string::npos) << err.str();
  EXPECT_EQ(run(with({"--config", "nowhere.yaml"})), ExitCode::wrong);
  EXPECT_NE(err.str().find("cannot read nowhere.yaml"), std::string::npos) << err.str();
}

TEST_F(Simulate, takesTheScorersOfADirectory) {
  const auto plugins = std::filesystem::path(ATRIUM_PROGRAM_DIRECTORY).parent_path() / "plugins";
  ASSERT_EQ(run(with({"--plugins", plugins.string(), "--policy", "seed"})), ExitCode::done) << err.str();
  const auto few = own.path() / "few";
  std::filesystem::create_directory(few);
  std::filesystem::copy_file(plugins / "scorer_match.so", few / "scorer_match.so");
  ASSERT_EQ(run(with({"--plugins", few.string(), "--policy", "match"})), ExitCode::done) << err.str();
  EXPECT_EQ(run(with({"--plugins", few.string(), "--policy", "seed"})), ExitCode::wrong);
  EXPECT_NE(err.str().find("there are: match"), std::string::npos) << err.str();
  EXPECT_EQ(run(with({"--plugins", "/nowhere/at/all"})), ExitCode::wrong);
  EXPECT_NE(err.str().find("/nowhere/at/all"), std::string::npos) << err.str();
}

struct WrongSimulation {
  std::vector<std::string> arguments;
  const char* sentence;
};

TEST_F(Simulate, saysWhatIsWrongWithTheCommandLine) {
  const WrongSimulation wrong[] = {
      {{"--policy", "best"}, "there is no policy \"best\"; there are: random, "},
      {{"--agents-weights", "mach=1"}, "wants the scorer \"mach\", which no plugin offers; there are: availability, "},
      {{"--agents-weights", "match=-1"}, "--agents-weights: the weight \"-1\" of \"match\""},
      {{"--agents-weights", "match=nan"}, "--agents-weights: the weight \"nan\" of \"match\""},
      {{"--agents-weights", "match=0,load=0"}, "--agents-weights: all weights are 0"},
      {{"--agents-weights", "match=1", "--queue", "match=0"}, "--queue: all weights are 0"},
      {{"--agents-weights", "match=1", "--ageing-guard", "soon"}, "--ageing-guard soon is no duration"},
      {{"--queue", "match=1"}, "give its scorers for agents with --agents-weights"},
      {{"--ageing-guard", "5m"}, "give its scorers for agents with --agents-weights"},
      {{"--scenario", "9 agents"}, "no standard scenario has a name with \"9 agents\" in it; there are: \"40 agents, 60 %\""},
      {{"--scenario", "8 agents", "--load", "0.5"}, "leave out one or the other"},
      {{"--agents", "0"}, "--agents must be from 1 to 1000"},
      {{"--agents", "many"}, "--agents"},
      {{"--load", "nan"}, "--load must be from 0.01 to 3"},
      {{"--load", "-1"}, "--load must be from 0.01 to 3"},
      {{"--hours", "inf"}, "--hours must be from 0.1 to 168"},
      {{"--agents", "1000", "--hours", "100"}, "--agents times --hours must be at most 20000"},
      {{"--slowdown", "nan"}, "--slowdown must be from 0 to 10"},
      {{"--patience", "long"}, "--patience long is no duration"},
      {{"--seeds", "0"}, "--seeds must be from 1 to 1000"}};
  for (const WrongSimulation& one : wrong) {
    EXPECT_EQ(run(one.arguments), ExitCode::wrong) << one.sentence;
    EXPECT_NE(err.str().find(one.sentence), std::string::npos) << err.str();
    EXPECT_EQ(out.str(), "") << one.sentence;
  }
}

}  // namespace atrium::test
