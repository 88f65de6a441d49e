#include <gtest/gtest.h>

#include <sstream>

#include "ctl/demo.hpp"
#include "ctl/demo/schedule.hpp"
#include "ctl/demo/words.hpp"

namespace atrium::demo {
namespace {

JsonDocument parsed(const std::string& text) {
  auto document = JsonDocument::parse(text);
  EXPECT_TRUE(document) << text;
  return document ? *std::move(document) : JsonDocument();
}

simulation::World someWorld() { return simulation::makeWorld({.name = {}, .agents = 8}, 1); }

TEST(Demo, saysOfEverythingThatItIsASimulation) {
  const simulation::World world = someWorld();
  const auto lead = parsed(routeRequest("lead_1", "room_1", clientActor(1), world.leads[0], 7));
  EXPECT_TRUE(lead.root()["lead"]["simulated"].boolean(false));
  EXPECT_NE(lead.root()["lead"]["name"].text().find("simulated"), std::string::npos);
  const auto room = parsed(roomRequest("client_session", "Chat", "", {"a", "b"}, "lead_1"));
  EXPECT_TRUE(room.root()["context"]["simulated"].boolean(false));
  EXPECT_EQ(room.root()["context"]["lead_id"].text(), "lead_1");
  EXPECT_EQ(room.root()["initial_members"].size(), 2U);
  EXPECT_EQ(parsed(memberRequest("a \"guest\"")).root()["user_id"].text(), "a \"guest\"");
  EXPECT_TRUE(parsed(messageRequest("room_1", "Say \"yes\"", "1")).root()["metadata"]["simulated"].boolean(false));
  for (unsigned number = 1; number <= world.agents.size(); ++number)
    EXPECT_TRUE(agentActor(number, world.agents[number - 1]).name.starts_with("Demo Agent "));
}

TEST(Demo, callsAgentsByWhatTheyAreBestAt) {
  simulation::AgentModel model;
  model.proficiency = {0, .4, 0, 1, 0, .7};
  EXPECT_EQ(agentActor(3, model).name, "Demo Agent 3 (apartments)");
  const auto entry = parsed(rosterEntry(agentActor(3, model), model));
  EXPECT_EQ(entry.root()["skills"].raw(), R"({"house":0.4,"apartment":1,"land":0.7})");
}

TEST(DemoSchedule, doesWhatIsDueInTheOrderOfTime) {
  Schedule schedule;
  const Mono start{std::chrono::hours{1}};
  std::string done;
  EXPECT_EQ(schedule.pause(start, 100ms), 100ms);
  schedule.at(start + 2ms, [&] { done += 'b'; });
  schedule.at(start + 1ms, [&] {
    done += 'a';
    schedule.at(start + 2ms, [&] { done += 'c'; });
  });
  EXPECT_FALSE(schedule.doNext(start));
  EXPECT_EQ(schedule.pause(start, 100ms), 1ms);
  while (schedule.doNext(start + 2ms)) {
  }
  EXPECT_EQ(done, "abc");
}

TEST(Demo, needsASecretToSignWith) {
  std::ostringstream out, err;
  EXPECT_EQ(playDemo({}, {{}, Wall{}, "/", out, err}), ExitCode::wrong);
  EXPECT_NE(err.str().find("JWT_SECRET_KEY"), std::string::npos);
}

}  // namespace
}  // namespace atrium::demo
