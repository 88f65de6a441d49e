// Who gets which lead, and when: kernel/coordination/desk_routing.cpp, desk_questions.cpp, desk_waiting.cpp.
#include <gtest/gtest.h>

#include "desk_asks.hpp"

namespace atrium::test {
namespace {

TEST(DeskRouting, aReturningAgentIsNotFlooded) {
  DeskWorld world(13);
  world.hire("ana", 20);
  for (int lead = 0; lead < 10; ++lead) world.route("lead_" + std::to_string(lead));
  world.come("ana");
  world.settle();
  EXPECT_EQ(world.audience.rows.size(), world.rules.queues[0].ramp_in_offers);
  world.pass(std::chrono::minutes(1));
  world.settle();
  EXPECT_GT(world.audience.facts[Fact::Kind::offered], std::uint64_t{world.rules.queues[0].ramp_in_offers});
}

TEST(DeskRouting, aLeadThatComesBackGoesToWhomItHad) {
  DeskWorld world(14);
  world.hire("ana");
  world.hire("ben");
  world.come("ben");
  world.route("lead_1");
  const std::string first = world.lastOffer("ben");
  accept(world, "ben", first);
  complete(world, "ben", first);
  world.come("ana");
  world.route("lead_1");
  EXPECT_FALSE(world.lastOffer("ben").empty());
  reject(world, "ben", world.lastOffer("ben"));
  EXPECT_FALSE(world.lastOffer("ana").empty()) << "but only if he is a candidate";
}

TEST(DeskRouting, aLeadThatWaitsTooLongMovesToTheNextQueue) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues = {{.name = "flats",
                   .match = {{.field = "property_type", .one_of = {"Flat"}}},
                   .overflow_after = std::chrono::seconds(30),
                   .overflow_to = "rest"},
                  {.name = "rest", .skill_field = ""}};
  DeskWorld world(15, rules);
  world.hire("ana", 3, {});
  world.come("ana");
  world.route("lead_1");
  EXPECT_EQ(leadState(world, "lead_1"), "waiting");
  world.pass(std::chrono::seconds(30));
  world.settle();
  EXPECT_EQ(leadState(world, "lead_1"), "offered");
}

TEST(DeskRouting, leadsOverflowAtOnceWhereSomebodySaysSo) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues = {{.name = "flats", .match = {{.field = "property_type", .one_of = {"Flat"}}}, .overflow_to = "rest"},
                  {.name = "rest", .skill_field = ""}};
  DeskWorld world(15, rules);
  world.hire("ana", 1, {});
  world.come("ana");
  world.route("lead_1");
  world.route("lead_2");
  world.route("lead_3", R"({"name":"A lead","property_type":"house"})");  // It takes ana's place, and its queue leads nowhere.
  const auto overflow = [&] { return world.ask([&](Desk::Reply done) { world.desk().overflow(std::move(done)); }); };
  EXPECT_EQ(overflow().value_or(""),
            R"({"moved":[{"lead_id":"lead_1","from":"flats","to":"rest"},{"lead_id":"lead_2","from":"flats","to":"rest"}],"left":0})");
  EXPECT_EQ(overflow().value_or(""), R"({"moved":[],"left":0})");
  accept(world, "ana");
  complete(world, "ana", world.lastOffer("ana", "active"));
  EXPECT_EQ(leadState(world, "lead_1"), "offered") << "those who know no flats may take it now";
  EXPECT_EQ(world.flaw(), "");
}

TEST(DeskRouting, anOverflowMovesSoManyLeadsAtATime) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues = {{.name = "flats", .match = {{.field = "property_type", .one_of = {"Flat"}}}, .overflow_to = "rest"}, {.name = "rest"}};
  DeskWorld world(18, rules);
  for (std::size_t lead = 0; lead < Desk::overflow_max + 2; ++lead) world.route("lead_" + std::to_string(lead));
  const auto moved = world.ask([&](Desk::Reply done) { world.desk().overflow(std::move(done)); });
  const auto json = JsonDocument::parse(moved.value_or("{}"));
  EXPECT_EQ(json->root()["moved"].size(), Desk::overflow_max);
  EXPECT_EQ(json->root()["left"].raw(), "2");
}

TEST(DeskRouting, aScorerThatFailsDegradesAndTheLeadIsStillRouted) {
  DeskWorld world(19);
  world.panel.fail_per_mille = 1000;
  staff(world, "ana");
  const auto routed = world.route("lead_1");
  EXPECT_TRUE(parsed(routed).root()["degraded"].boolean(false));
  EXPECT_FALSE(world.lastOffer("ana").empty());
}

// Two queues: flats need that skill and are matched, all others need none and are decided as the seed does.
CoordinationRules twoQueues() {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues = {{.name = "flats", .match = {{.field = "property_type", .one_of = {"flat"}}}, .policy = "match"},
                  {.name = "rest", .policy = "seed", .skill_field = ""}};
  return rules;
}
constexpr std::string_view a_house = R"({"name":"A lead","property_type":"house"})";

// The oldest lead is one that this agent may not take: neither he nor the others have anything to do with its policy.
TEST(DeskRouting, whatAnAgentTakesIsDecidedByThePolicyOfWhatHeMayTake) {
  DeskWorld world(40, twoQueues());
  world.route("lead_1");
  world.route("lead_2", a_house);
  world.route("lead_3", a_house);
  staff(world, "ana", 1, {});
  const JsonDocument decision = decisionOf(world, "ana");
  EXPECT_EQ(decision.root()["policy"]["name"].text(), "seed");
  EXPECT_EQ(decision.root()["candidate_count"].raw(), "2");
}

TEST(DeskRouting, aLeadsOwnPolicyCountsForWhoeverAsks) {
  DeskWorld world(41, twoQueues());
  world.hire("ana", 1, {});
  RouteLead command;
  command.lead_id = "lead_1";
  command.fields = *JsonDocument::parse(a_house);
  command.policy = "balanced";
  (void)world.ask([&](Desk::Reply done) { world.desk().route(std::move(command), world.now.mono, std::move(done)); });
  world.come("ana");
  world.settle();
  EXPECT_EQ(decisionOf(world, "ana").root()["policy"]["name"].text(), "balanced");
}

// Scorers take their time, and a supervisor is quicker.
TEST(DeskRouting, anAgentWhoseLeadWentAnotherWayTakesTheNextOne) {
  DeskWorld world(42);
  world.hire("ana", 1);
  world.route("lead_1");
  world.pass(std::chrono::seconds(1));
  world.route("lead_2");
  world.panel.late = true;
  world.come("ana");
  ASSERT_FALSE(world.panel.idle()) << "scorers are asked which of the two she takes";
  withdraw(world, "lead_1");
  EXPECT_EQ(leadState(world, "lead_2"), "offered");
}

Result<std::string> routeBy(DeskWorld& world, const std::string& policy) {
  RouteLead command;
  command.lead_id = "lead_1";
  command.fields = *JsonDocument::parse(R"({"name":"A lead","property_type":"flat"})");
  command.policy = policy;
  return world.ask([&](Desk::Reply done) { world.desk().route(std::move(command), world.now.mono, std::move(done)); });
}

TEST(DeskRouting, aLeadThatIsRefusedHasNeverCome) {
  DeskWorld world(43);
  world.hire("ana");
  EXPECT_EQ(routeBy(world, "no such policy").error().code, Code::validation_failed);
  EXPECT_EQ(readLead(world, "lead_1").error().code, Code::lead_unknown);
  world.policies.unread = true;
  EXPECT_EQ(routeBy(world, "").error().code, Code::storage_unavailable);
  world.policies.unread = false;
  world.come("ana");
  world.settle();
  EXPECT_TRUE(world.lastOffer("ana").empty());
  EXPECT_EQ(world.audience.facts[Fact::Kind::lead_arrived], 0U);
}

TEST(DeskRouting, whoeverCouldNotBeAskedForWantOfPoliciesIsAskedASecondLater) {
  DeskWorld world(44);
  world.hire("ana");
  world.route("lead_1");
  world.policies.unread = true;
  world.come("ana");
  world.settle();
  world.policies.unread = false;
  world.pass(std::chrono::seconds(1));
  world.settle();
  EXPECT_FALSE(world.lastOffer("ana").empty());
}

// What time has brought a lead already it need not be looked at for again.
TEST(DeskRouting, aLeadThatHasWaitedBeyondEverythingIsLeftInPeace) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues[0].skill_relax_after = std::chrono::minutes(2);
  rules.queues[0].fallback_agent = "nobody on the roster";
  rules.queues[0].fallback_after = std::chrono::minutes(3);
  DeskWorld world(45, rules);
  world.hire("ana", 1, {});
  world.route("lead_1");
  world.pass(std::chrono::minutes(4));
  world.settle();
  const std::uint64_t before = world.store.writes;
  for (int second = 0; second < 30; ++second) {
    world.pass(std::chrono::seconds(1));
    world.settle();
  }
  EXPECT_EQ(world.store.writes, before);
  world.come("ana");
  world.settle();
  EXPECT_EQ(leadState(world, "lead_1"), "offered") << "less of a skill does by now";
}

TEST(DeskRouting, theFallbackIsAskedSoonAfterHeIsOnTheRoster) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues[0].fallback_agent = "lea";
  rules.queues[0].fallback_after = std::chrono::minutes(3);
  DeskWorld world(46, rules);
  world.route("lead_1");
  world.pass(std::chrono::minutes(4));
  world.settle();
  world.hire("lea", 1, {});
  world.pass(std::chrono::minutes(1));
  world.settle();
  EXPECT_FALSE(world.lastOffer("lea").empty());
  EXPECT_EQ(decisionOf(world, "lea").root()["reasoning"].text(), "Nobody took it for 180 s.");
}

TEST(DeskRouting, aLeadThatWaitsComesToCountAsMoreUrgent) {
  for (const bool ages : {false, true}) {
    CoordinationRules rules = twoQueues();
    rules.queues[0].priority = 2;
    if (ages) rules.queues[1].age_step = std::chrono::minutes(1);
    DeskWorld world(48, rules);
    world.route("house", a_house);
    world.pass(std::chrono::minutes(3));
    world.route("flat");
    staff(world, "ana", 1);
    EXPECT_EQ(leadState(world, ages ? "house" : "flat"), "offered") << ages;
  }
}

TEST(DeskRouting, olderLeadsInHoweverGreatANumberDoNotHideAMoreUrgentQueue) {
  if (ATRIUM_SLOWED) GTEST_SKIP() << "thousands of leads";
  CoordinationRules rules = twoQueues();
  rules.queues[0].priority = 5;
  DeskWorld world(47, rules);
  for (std::size_t lead = 0; lead < Desk::considered_max; ++lead) world.route("house_" + std::to_string(lead), a_house);
  world.route("flat");
  staff(world, "ana", 1);
  EXPECT_EQ(leadState(world, "flat"), "offered");
}

TEST(DeskRouting, manyAgentsWhoChangeOverALongQueueShareTheLoopWithOthers) {
  if (ATRIUM_SLOWED) GTEST_SKIP() << "thousands of leads";
  CoordinationRules rules = DeskWorld::someRules();
  DeskWorld world(48, rules);
  constexpr std::size_t leads = 1000, agents = Desk::looks_max / leads + 10;
  for (std::size_t lead = 0; lead < leads; ++lead) world.route("house_" + std::to_string(lead), a_house);
  for (std::size_t agent = 0; agent < agents; ++agent) world.hire("agent_" + std::to_string(agent));
  world.pass(std::chrono::seconds(1));
  // None knows houses but the last one.
  world.hire("agent_" + std::to_string(agents - 1), 3, {{"house", 1.0}});
  for (std::size_t agent = 0; agent < agents; ++agent) world.come("agent_" + std::to_string(agent));
  const std::string last = "agent_" + std::to_string(agents - 1);
  EXPECT_TRUE(world.lastOffer(last).empty()) << "his turn has not come";
  world.pass(std::chrono::milliseconds(1));
  world.settle();
  EXPECT_FALSE(world.lastOffer(last).empty());
}

}  // namespace
}  // namespace atrium::test
