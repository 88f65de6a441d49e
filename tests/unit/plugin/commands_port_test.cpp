#include "plugin/commands_port.hpp"

#include <gtest/gtest.h>

#include "command_scene.hpp"
#include "edge_world.hpp"
#include "plugin/command_progress.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {
namespace {

// The plugin test.worker has the command "echo", for agents, which answers with the id of the run.
class CommandsPortTest : public testing::Test, protected EdgeWorld {
 protected:
  CommandsPortTest() : EdgeWorld(ATRIUM_TEST_PLUGINS) {}
  void SetUp() override {
    ASSERT_TRUE(started) << started.error().detail;
    port.emplace(world.host().registry(), calls, desk);
  }
  std::uint64_t run(std::string name, std::string line = {}, std::uint32_t roles = ATRIUM_ROLE_AGENT) {
    Principal who = anaOf(roles);
    who.user_id = user_id;
    return port->run(
        Id{}, commandScene(std::move(who)), {"room_x", std::move(name), {}, std::move(line)},
        [this](std::string said) { lines.push_back(std::move(said)); }, [this](Result<std::string> result) { answer = std::move(result); });
  }
  [[nodiscard]] std::string code() const { return answer->has_value() ? "" : std::string(info(answer->error().code).word); }

  CompletionDesk desk{metrics.makeSet()};
  std::optional<CommandsPort> port;
  std::optional<Result<std::string>> answer;
  std::vector<std::string> lines;  // That the run said on its way.
  std::string user_id = "ana";
};

// The function of a command returns before the run is over, and all is well with it; what the run ends with is what counts.
TEST_F(CommandsPortTest, countsHowTheRunEnds) {
  user_id = "fails";
  for (int n = 0; n < 5; ++n) {
    run("echo");
    shards.turn();
    EXPECT_EQ(code(), "plugin_failed");
    EXPECT_EQ(answer->error().detail, "told to fail");
  }
  EXPECT_NE(world.tell("test_worker.so", "hooks").find(R"("calls":5,"failures":5)"), std::string::npos)
      << world.tell("test_worker.so", "hooks");
  EXPECT_EQ(world.tell("test_worker.so", "state"), "degraded");
}

// However much a plugin says, it has one place in the shard's mailbox, and its latest lines are told before the end of the run.
TEST_F(CommandsPortTest, tellsTheLatestLinesOfOneThatTalksAlot) {
  user_id = "talks";
  run("echo");
  workers.stop();
  ASSERT_EQ(shards.waiting(), 2u) << "one for what it says, one for the end";
  shards.turn();
  EXPECT_FALSE(answer);
  ASSERT_EQ(lines.size(), CommandProgress::lines_max);
  EXPECT_EQ(lines.back(), "99");
  EXPECT_EQ(metrics.sum(Metric::plugin_progress_dropped), 84);
  shards.turn();
  ASSERT_TRUE(answer && *answer) << code();
}

// What waits when the run ends is told before its result.
TEST_F(CommandsPortTest, tellsWhatWaitsBeforeTheResult) {
  std::vector<std::string> told;
  const auto progress = std::make_shared<CommandProgress>(calls.parts(), [&](std::string line) { told.push_back(std::move(line)); });
  const auto say = progress->speaker();
  say("one");
  shards.turn();
  say("two");
  EXPECT_EQ(shards.waiting(), 0u) << "not before the pause is over";
  EXPECT_EQ(told, std::vector<std::string>{"one"});
  now.mono += CommandProgress::interval;
  timers.advance(now.mono);
  EXPECT_EQ(told, (std::vector<std::string>{"one", "two"}));
  say("three");
  progress->end();
  EXPECT_EQ(told.size(), 3u);
  say("four");
  now.mono += CommandProgress::interval;
  timers.advance(now.mono);
  EXPECT_EQ(told.size(), 3u) << "it is over";
}

TEST_F(CommandsPortTest, bringsTheResultOfAPluginsCommand) {
  EXPECT_NE(run("echo"), 0u);
  shards.turn();
  ASSERT_TRUE(answer && *answer) << code();
  EXPECT_EQ(**answer, R"({"text":"cmd_00000000000000000000000000"})");
}

TEST_F(CommandsPortTest, knowsItsCommandsAndSuggestsThem) {
  EXPECT_TRUE(port->known("echo"));
  EXPECT_TRUE(port->known("help"));
  EXPECT_FALSE(port->known("ecko"));
  EXPECT_EQ(run("ecko"), 0u);
  EXPECT_EQ(code(), "command_unknown");
  EXPECT_NE(answer->error().detail.find("echo"), std::string::npos) << answer->error().detail;
}

TEST_F(CommandsPortTest, refusesRolesAndArgumentsBeforeThePluginIsCalled) {
  run("echo", "", ATRIUM_ROLE_CLIENT);
  EXPECT_EQ(code(), "forbidden");
  run("echo", "one word");
  EXPECT_EQ(code(), "validation_failed") << "it takes none";
  workers.stop();
  EXPECT_EQ(world.tell("test_worker.so", "hooks"), "[]");
}

TEST_F(CommandsPortTest, helpListsWhatTheCallerMayRun) {
  EXPECT_EQ(run("help"), 0u);
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ(**answer, R"({"text":"/echo: Says who called.\n/help <command>: Lists the commands, or tells of one."})");
  run("help", "/echo");
  EXPECT_EQ(**answer, R"({"text":"/echo: Says who called."})");
  run("help", "echo", ATRIUM_ROLE_CLIENT);
  EXPECT_EQ(code(), "command_unknown");
  EXPECT_NE(port->list(anaOf()).find(R"("name":"echo")"), std::string::npos);
  EXPECT_EQ(port->list(anaOf(ATRIUM_ROLE_CLIENT)).find(R"("name":"echo")"), std::string::npos);
}

TEST_F(CommandsPortTest, answersWhenNoWorkerIsThere) {
  workers.stop();
  run("echo");
  EXPECT_EQ(code(), "overloaded");
}

}  // namespace
}  // namespace atrium::test
