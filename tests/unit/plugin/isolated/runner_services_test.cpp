// Services as a plugin sees them in this process and in a runner: the same.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "isolated_world.hpp"
#include "process_world.hpp"
#include "service_base.hpp"

namespace atrium::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* services_file = ATRIUM_ISOLATED_PLUGINS "/test_services.so";

class ServicesTest : public testing::TestWithParam<Placement> {
 protected:
  void start(const std::optional<std::vector<std::string>>& grants = std::nullopt) {
    if (GetParam() == Placement::isolated) {
      there.emplace(services_file);
      there->settings.room_deadline = 30s;
      there->parts = base.parts();
      there->grants = grants;
    }
    const auto started = there ? there->start() : here.start(services_file, grants);
    ASSERT_TRUE(started) << started.error().detail;
  }
  std::string said(const std::string& what) {
    const HookOutcome outcome = there ? there->post(what) : here.post(what);
    return outcome.refused && !outcome.failed ? outcome.refused->detail : "failed";
  }
  [[nodiscard]] LoadedPlugin& plugin() { return there ? there->plugin() : here.plugin(); }

  ServiceBase base;
  ProcessWorld here{base.parts()};
  std::optional<IsolatedWorld> there;
};

TEST_P(ServicesTest, keepValuesUnderThePluginsId) {
  start();
  EXPECT_EQ(said("get"), std::to_string(ATRIUM_NOT_FOUND) + " ");
  EXPECT_EQ(said("put"), "0 ");
  EXPECT_EQ(said("get"), "0 value \x01 of it");
  ASSERT_EQ(base.server.asked().size(), 2u);
  EXPECT_EQ(base.server.asked().front(), (DocumentKey{std::string(kv_service::collection), "test.services", "acme", "key"}));
  EXPECT_EQ(said("remove"), "0 ");
  EXPECT_EQ(said("get"), std::to_string(ATRIUM_NOT_FOUND) + " ");
  EXPECT_TRUE(said("long key").starts_with(std::to_string(ATRIUM_INVALID)));
}

TEST_P(ServicesTest, postMessagesInThePluginsName) {
  start();
  EXPECT_EQ(said("publish"), "0 {}");
  ASSERT_EQ(base.server.posted().size(), 1u);
  EXPECT_EQ(base.server.posted().front(),
            R"(acme test.services {"room_id":"room_1","message_type":"system","content":"Hello","priority":"normal","metadata":{"a":1}})");
  EXPECT_TRUE(said("nowhere").starts_with(std::to_string(ATRIUM_NOT_FOUND)));
}

TEST_P(ServicesTest, askTheDeskInThePluginsName) {
  start();
  EXPECT_EQ(said("route"), R"(0 {"done":true})");
  EXPECT_EQ(said("pause"), R"(0 {"done":true})");
  EXPECT_EQ(base.server.coordinated(),
            (std::vector<std::string>{R"(1 acme test.services  {"lead":{"name":"Bo"}})", "6 acme test.services ana {}"}));
  EXPECT_TRUE(said("pause nobody").starts_with(std::to_string(ATRIUM_NOT_FOUND)));
  EXPECT_TRUE(said("taken lead").starts_with(std::to_string(ATRIUM_CONFLICT)));
  EXPECT_EQ(said("wrong fields"), std::to_string(ATRIUM_INVALID) + " /name is needed; /capacity must be a number");
}

TEST_P(ServicesTest, askTheDeskNothingThatMakesNoSense) {
  start();
  for (const char* what : {"no object", "no operation", "no agent"})
    EXPECT_TRUE(said(what).starts_with(std::to_string(ATRIUM_INVALID) + " ")) << what;
  EXPECT_TRUE(base.server.coordinated().empty());
}

TEST_P(ServicesTest, reachOnlyWhatIsGranted) {
  start();
  EXPECT_EQ(said("elsewhere"), std::to_string(ATRIUM_DENIED));
  EXPECT_EQ(said("refused"), std::to_string(ATRIUM_FAILED));
}

TEST_P(ServicesTest, runTimersAndJobs) {
  start();
  EXPECT_EQ(said("timer"), "fired");
  EXPECT_EQ(said("job"), "ran");
}

TEST_P(ServicesTest, countWhatThePluginCounts) {
  start();
  constexpr int times = 300;  // More than go together.
  for (int n = 0; n < times; ++n) EXPECT_EQ(said("nothing"), "what?");
  // From a runner it comes soon, not at once.
  const auto count = [this] {
    const auto readings = plugin().services().metrics().read();
    return readings.empty() ? 0.0 : readings.front().value;
  };
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (count() < times && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(count(), times);
  EXPECT_EQ(plugin().services().metrics().read().front().help, "What it was asked.");
}

TEST_P(ServicesTest, areNotThereUnlessTheyAreGranted) {
  start(std::vector<std::string>{"log"});
  EXPECT_EQ(said("get"), std::to_string(ATRIUM_DENIED) + " The grant kv was not given.");
  EXPECT_EQ(said("publish"), std::to_string(ATRIUM_DENIED) + " The grant publish was not given.");
  EXPECT_EQ(said("route"), std::to_string(ATRIUM_DENIED) + " The grant coordination was not given.");
  EXPECT_EQ(said("timer"), "no timer");
  EXPECT_EQ(said("job"), "no executor");
  EXPECT_TRUE(plugin().services().metrics().read().empty());
}

TEST_P(ServicesTest, takeNoMoreThanTheirBound) {
  base.server.silent = true;
  start();
  EXPECT_EQ(said("begin many"), "begun");
  EXPECT_EQ(said("many"), "44 full, 0 others");
}

std::string nameOf(const testing::TestParamInfo<Placement>& placement) {
  return placement.param == Placement::isolated ? "Isolated" : "InProcess";
}
INSTANTIATE_TEST_SUITE_P(Placements, ServicesTest, testing::Values(Placement::in_process, Placement::isolated), nameOf);

// A runner that believes it was granted more than it was.
TEST(RunnerServices, areRefusedByTheServerWhateverTheRunnerBelieves) {
  ServiceBase base;
  IsolatedWorld world(services_file);
  world.settings.room_deadline = 30s;
  world.parts = base.parts();
  world.grants = std::vector<std::string>{"log"};
  world.runner_grants = std::vector<std::string>{"kv", "publish", "coordination", "http:127.0.0.1:1", "http:example.com", "metrics"};
  ASSERT_TRUE(world.start());
  const auto said = [&world](const char* what) { return world.post(what).refused.value_or(Error{}).detail; };
  for (const char* what : {"get", "put", "remove", "publish", "route"})
    EXPECT_EQ(said(what), std::to_string(ATRIUM_DENIED) + " The grant for this service was not given.") << what;
  for (const char* what : {"elsewhere", "refused"}) EXPECT_EQ(said(what), std::to_string(ATRIUM_DENIED)) << what;
  EXPECT_TRUE(base.server.asked().empty());
  EXPECT_TRUE(base.server.posted().empty());
  EXPECT_TRUE(base.server.coordinated().empty());
  EXPECT_TRUE(world.plugin().services().metrics().read().empty());
  EXPECT_EQ(world.runner().figures().restarts, 0u);
}

TEST(RunnerServices, endARunnerThatAsksThemForWhatIsNoRequest) {
  ServiceBase base;
  for (const char* what : {"scribble", "half a request"}) {
    IsolatedWorld world(services_file);
    world.settings.room_deadline = 30s;
    world.parts = base.parts();
    ASSERT_TRUE(world.start());
    EXPECT_TRUE(world.post(what).failed) << what;
    ASSERT_FALSE(world.faults().empty());
    EXPECT_EQ(world.faults().front(), "it asked its services for what is no request") << what;
    EXPECT_EQ(world.post("put").refused.value_or(Error{}).detail, "0 ") << "its next runner has them";
  }
}

TEST(RunnerServices, forgetWhatARunnerAskedThatEnded) {
  ServiceBase base;
  base.server.silent = true;
  IsolatedWorld world(services_file);
  world.settings.room_deadline = 200ms;
  world.parts = base.parts();
  ASSERT_TRUE(world.start());
  EXPECT_TRUE(world.post("get").failed) << "it waits until it is cut off, in two runners";
  EXPECT_TRUE(world.become([](const RunnerFigures& now) { return now.restarts == 2 && now.pid != 0; }));
  world.thread().run([] {});
  ASSERT_EQ(base.server.kept.size(), 2u);
  for (auto& answer : base.server.kept) answer();  // Nobody hears them.
  EXPECT_EQ(world.post("nothing").refused.value_or(Error{}).detail, "what?");
}

}  // namespace
}  // namespace atrium::test
