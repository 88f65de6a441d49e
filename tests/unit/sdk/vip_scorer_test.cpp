// The smallest scorer, ten lines without a word about its name, in the server's own hands.
#include <gtest/gtest.h>

#include "plugin_world.hpp"

namespace atrium::test {
namespace {

TEST(VipScorer, isAWholePluginInTenLines) {
  PluginWorld world{ATRIUM_SDK_PLUGINS};
  const auto started = world.start();
  ASSERT_TRUE(started) << started.error().detail;
  ASSERT_EQ(world.tell("sdk_vip_scorer.so", "state"), "active") << world.tell("sdk_vip_scorer.so", "reason");
  LoadedPlugin& plugin = *world.host().find("com.acme.vip-scorer");
  const RoutingScorerKind& scorer = *plugin.extension<RoutingScorerKind>();
  EXPECT_EQ(scorer.table.score_queue, nullptr);

  const JsonDocument vip = Scene::json(R"({"tier":"vip"})"), plain = Scene::json("{}"),
                     senior = Scene::json(R"({"skills":{"senior":0.9}})");
  const auto lead = [](const JsonDocument& fields) {
    atrium_lead lead{};
    lead.struct_size = sizeof lead;
    lead.fields = fields.root().abi();
    return lead;
  };
  const auto agent = [](const JsonDocument& fields) {
    atrium_agent agent{};
    agent.struct_size = sizeof agent;
    agent.fields = fields.root().abi();
    return agent;
  };
  const atrium_agent knows = agent(senior), learns = agent(plain);
  const atrium_agent* const agents[] = {&knows, &learns};
  atrium_score scores[2]{};
  const atrium_lead important = lead(vip), usual = lead(plain);
  ASSERT_EQ(scorer.table.score_batch(plugin.self(), &important, agents, 2, scores), ATRIUM_OK);
  EXPECT_EQ(scores[0].value, 1.0);
  EXPECT_EQ(scores[1].value, 0.2);
  EXPECT_EQ(std::string_view(scores[0].reason, scores[0].reason_size), "vip leads go to senior agents");
  ASSERT_EQ(scorer.table.score_batch(plugin.self(), &usual, agents, 2, scores), ATRIUM_OK);
  EXPECT_EQ(scores[0].value, 0.2);
  EXPECT_EQ(scores[1].value, 1.0);
}

}  // namespace
}  // namespace atrium::test
