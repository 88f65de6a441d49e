#include "plugin/commands_port.hpp"

#include <gtest/gtest.h>

#include "one_shard.hpp"
#include "plugin_world.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium::test {
namespace {

// The plugin test.worker has the command "echo", for agents, which answers with the id of the run.
class CommandsPortTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
    port.emplace(world.host().registry(), calls, desk, shards, 0);
  }
  static Principal caller(std::uint32_t roles = ATRIUM_ROLE_AGENT) {
    return {.tenant_id = "tenant_a", .user_id = "ana", .display_name = "Ana", .name_verified = true, .roles = roles, .expires = {}};
  }
  std::uint64_t run(std::string name, std::string line = {}, std::uint32_t roles = ATRIUM_ROLE_AGENT) {
    CommandScene scene{.caller = caller(roles),
                       .room_role = Role::member,
                       .room_id = "room_x",
                       .room_type = "agent_team",
                       .room_name = "A room",
                       .member_count = 1,
                       .max_members = 2,
                       .settings = JsonDocument::emptyObject(),
                       .context = JsonDocument::emptyObject()};
    return port->run(Id{}, std::move(scene), {"room_x", std::move(name), {}, std::move(line)}, {},
                     [this](Result<std::string> result) { answer = std::move(result); });
  }
  [[nodiscard]] std::string code() const { return answer->has_value() ? "" : std::string(info(answer->error().code).word); }

  PluginWorld world{ATRIUM_TEST_PLUGINS};
  SystemClock clock;
  MetricRegistry metrics{metric_table};
  MetricSet& own = metrics.makeSet();
  WorkerPool workers{{.threads = 1}, clock, world.log, metrics.makeSet()};
  OneShard shards;
  Now now{Mono{1h}, {}};
  TimerWheel timers{now.mono};
  WorkerCalls calls{{.workers = workers, .shards = shards, .shard = 0, .timers = timers, .now = now, .metrics = own}};
  CompletionDesk desk;
  std::optional<CommandsPort> port;
  std::optional<Result<std::string>> answer;
};

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
  EXPECT_NE(port->list(caller()).find(R"("name":"echo")"), std::string::npos);
  EXPECT_EQ(port->list(caller(ATRIUM_ROLE_CLIENT)).find(R"("name":"echo")"), std::string::npos);
}

TEST_F(CommandsPortTest, answersWhenNoWorkerIsThere) {
  workers.stop();
  run("echo");
  EXPECT_EQ(code(), "overloaded");
}

}  // namespace
}  // namespace atrium::test
