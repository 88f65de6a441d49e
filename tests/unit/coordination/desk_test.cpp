// Offers, and the agents they are made to: kernel/coordination/desk_offers.cpp, desk_by_hand.cpp, desk_roster.cpp.
#include <gtest/gtest.h>

#include "desk_asks.hpp"

namespace atrium::test {
namespace {

TEST(Desk, offersALeadToTheAgentWhoFitsAndGivesHimItWhenHeAccepts) {
  DeskWorld world(1);
  world.hire("ana");
  world.hire("ben", 3, {{"house", 1.0}});
  world.come("ana");
  world.come("ben");
  ASSERT_TRUE(world.route("lead_1"));
  EXPECT_EQ(leadState(world, "lead_1"), "offered");
  const std::string offer = world.lastOffer("ana");
  ASSERT_FALSE(offer.empty()) << "the one who knows flats is asked";
  EXPECT_TRUE(world.lastOffer("ben").empty());
  EXPECT_EQ(fieldOf(accept(world, "ana", offer), "state"), "active");
  EXPECT_EQ(ownerOf(world, "lead_1"), "ana");
  EXPECT_EQ(fieldOf(accept(world, "ana", offer), "state"), "active") << "said twice is said once";
  EXPECT_EQ(fieldOf(complete(world, "ana", offer), "state"), "closed");
  EXPECT_EQ(leadState(world, "lead_1"), "closed");
  EXPECT_EQ(world.flaw(), "");
}

TEST(Desk, aLeadNobodyCanTakeWaitsAndGoesToWhoComes) {
  DeskWorld world(2);
  world.hire("ana");
  ASSERT_TRUE(world.route("lead_1"));
  EXPECT_EQ(leadState(world, "lead_1"), "waiting");
  world.come("ana");
  world.settle();
  EXPECT_FALSE(world.lastOffer("ana").empty());
}

TEST(Desk, aPluginTakesBackItsOwnPauseAndNobodyElses) {
  DeskWorld world(31);
  staff(world, "ana");
  const auto held = [&](const std::string& lead) {
    world.route(lead);
    return leadState(world, lead) == "waiting";
  };
  hold(world, "ana", true, "calendar");
  hold(world, "ana", true, "payroll");
  EXPECT_TRUE(held("lead_1"));
  hold(world, "ana", false, "calendar");
  hold(world, "ana", false, "calendar");
  EXPECT_TRUE(held("lead_2")) << "the other one holds her still";
  hold(world, "ana", true);
  hold(world, "ana", false, "payroll");
  EXPECT_TRUE(held("lead_3")) << "a person paused her";
  hold(world, "ana", true, "calendar");
  hold(world, "ana", false);
  world.settle();
  EXPECT_EQ(leadState(world, "lead_1"), "offered") << "a person overrules plugins";
}

TEST(Desk, aPluginsPauseIsKeptWhenTheAgentIsDescribedAnew) {
  DeskWorld world(32);
  staff(world, "ana");
  hold(world, "ana", true, "calendar");
  world.hire("ana");
  const auto ana = world.ask([&](Desk::Reply done) { world.desk().agent("ana", std::move(done)); });
  ASSERT_TRUE(ana);
  EXPECT_EQ(JsonDocument::parse(*ana)->root()["held_by"].size(), 1u);
  EXPECT_FALSE(JsonDocument::parse(*ana)->root()["paused"].boolean(true));
}

TEST(Desk, aFreedPlaceTakesTheNextLeadInTheSameMoment) {
  DeskWorld world(3);
  staff(world, "ana", 1);
  world.route("lead_1");
  world.route("lead_2");
  const std::string first = world.lastOffer("ana");
  accept(world, "ana", first);
  EXPECT_EQ(leadState(world, "lead_2"), "waiting");
  complete(world, "ana", first);  // No time passes.
  EXPECT_EQ(leadState(world, "lead_2"), "offered");
}

TEST(Desk, anOfferThatRunsOutGoesToTheNextOne) {
  DeskWorld world(4);
  world.hire("ana");
  world.hire("ben");
  world.come("ana");
  world.route("lead_1");
  const std::string hers = world.lastOffer("ana");
  world.come("ben");
  world.pass(world.rules.queues[0].lease + std::chrono::milliseconds(1));
  world.settle();
  EXPECT_FALSE(world.lastOffer("ben").empty());
  const auto late = accept(world, "ana", hers);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::offer_expired);
  accept(world, "ben");
  const auto later = accept(world, "ana", hers);
  EXPECT_EQ(later.error().code, Code::offer_expired);
  EXPECT_NE(later.error().detail.find("\"ben\" has the lead now"), std::string::npos) << later.error().detail;
  EXPECT_EQ(world.flaw(), "");
}

TEST(Desk, whoLetALeadPassIsNotAskedAgainForAWhile) {
  DeskWorld world(5);
  staff(world, "ana");
  world.route("lead_1");
  reject(world, "ana", world.lastOffer("ana"));
  EXPECT_EQ(leadState(world, "lead_1"), "waiting");
  world.pass(world.rules.queues[0].declined_for);
  world.settle();
  EXPECT_EQ(leadState(world, "lead_1"), "offered") << "time alone stood against it";
}

TEST(Desk, nobodyElseAnswersAnOffer) {
  DeskWorld world(6);
  staff(world, "ana");
  world.route("lead_1");
  const std::string offer = world.lastOffer("ana");
  EXPECT_EQ(accept(world, "ben", offer).error().code, Code::forbidden);
  EXPECT_EQ(reject(world, "ben", offer).error().code, Code::forbidden);
  EXPECT_EQ(complete(world, "ana", offer).error().code, Code::conflict) << "not accepted yet";
  EXPECT_EQ(accept(world, "ana", "offer_none").error().code, Code::not_found);
}

TEST(Desk, anAgentWhoGoesLosesWhatHeWasOfferedTenSecondsLater) {
  DeskWorld world(7);
  world.hire("ana");
  world.hire("ben");
  world.come("ana");
  world.route("lead_1");
  world.come("ben");
  world.go("ana");
  world.pass(std::chrono::milliseconds(9'999));
  world.settle();
  EXPECT_TRUE(world.lastOffer("ben").empty());
  world.pass(std::chrono::milliseconds(1));
  world.settle();
  EXPECT_FALSE(world.lastOffer("ben").empty());
}

TEST(Desk, anAgentWhoIsBackInTimeKeepsHisOffer) {
  DeskWorld world(8);
  staff(world, "ana");
  world.route("lead_1");
  const std::string offer = world.lastOffer("ana");
  world.go("ana");
  world.pass(std::chrono::seconds(5));
  world.come("ana");
  world.pass(std::chrono::seconds(5));
  world.settle();
  EXPECT_TRUE(accept(world, "ana", offer));
}

TEST(Desk, activeLeadsOfAnAgentWhoGoesMoveWhereTheRulesSaySo) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.lost_active = true;
  DeskWorld world(9, rules);
  world.hire("ana");
  world.hire("ben");
  world.come("ana");
  works(world, "ana", "lead_1");
  world.come("ben");
  world.go("ana");
  world.pass(std::chrono::seconds(10));
  world.settle();
  EXPECT_FALSE(world.lastOffer("ben").empty());
  EXPECT_EQ(world.flaw(), "");
}

TEST(Desk, theCapHoldsAndSomebodyWithAReasonMayOverrideIt) {
  DeskWorld world(10);
  staff(world, "ana", 1);
  world.route("lead_1");
  world.route("lead_2");
  EXPECT_EQ(assign(world, "lead_2", "ana").error().code, Code::at_cap);
  const auto meant = assign(world, "lead_2", "ana", true);
  EXPECT_EQ(fieldOf(meant, "by"), "sue");
  EXPECT_TRUE(parsed(meant).root()["over_cap"].boolean(false));
}

TEST(Desk, thePlacesOfAChannelAreACapToo) {
  DeskWorld world(33);
  AgentProfile ana;
  ana.agent_id = ana.name = "ana";
  ana.skills = {{"flat", 1.0}};
  ana.channels = {{"lead", 1}};
  (void)world.ask([&](Desk::Reply done) { world.desk().putAgent(ana, std::move(done)); });
  world.come("ana");
  world.route("lead_1");
  world.route("lead_2");
  EXPECT_EQ(assign(world, "lead_2", "ana").error().code, Code::at_cap);
  EXPECT_TRUE(parsed(assign(world, "lead_2", "ana", true)).root()["over_cap"].boolean(false)) << "as any that was overridden";
}

TEST(Desk, whatSomebodyAssignsIsADecisionOnRecord) {
  DeskWorld world(34);
  staff(world, "ana");
  staff(world, "ben");
  world.route("lead_1");
  const bool hers = !world.lastOffer("ana").empty();
  const std::string first = hers ? "ana" : "ben", second = hers ? "ben" : "ana";
  ASSERT_TRUE(assign(world, "lead_1", second));
  const JsonDocument decision = decisionOf(world, second);
  EXPECT_EQ(decision.root()["trigger"].text(), "manual");
  EXPECT_EQ(decision.root()["agent_id"].text(), second);
  EXPECT_EQ(decision.root()["reasoning"].text(), "Assigned by sue: she knows him");
  EXPECT_TRUE(decision.root()["replayable"].boolean(false));
  EXPECT_EQ(fieldOf(world.audience.offers[first].back(), "state"), "rescinded");
  const std::string asked = world.lastOffer(second);
  EXPECT_EQ(fieldOf(assign(world, "lead_1", second), "offer_id"), asked) << "he is being asked";
  EXPECT_EQ(world.flaw(), "");
}

TEST(Desk, wrappingUpKeepsThePlaceForAWhile) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues[0].wrap_up = std::chrono::seconds(30);
  DeskWorld world(20, rules);
  staff(world, "ana", 1);
  world.route("lead_1");
  const std::string offer = world.lastOffer("ana");
  accept(world, "ana", offer);
  EXPECT_EQ(fieldOf(complete(world, "ana", offer), "state"), "wrapping");
  world.route("lead_2");
  EXPECT_EQ(leadState(world, "lead_2"), "waiting");
  world.pass(std::chrono::seconds(30));
  world.settle();
  EXPECT_EQ(leadState(world, "lead_2"), "offered");
  EXPECT_EQ(world.flaw(), "");
}

TEST(Desk, theSameLeadIsNotRoutedTwice) {
  DeskWorld world(22);
  staff(world, "ana");
  world.route("lead_1");
  EXPECT_EQ(world.route("lead_1").error().code, Code::lead_taken);
  accept(world, "ana");
  const auto again = world.route("lead_1");
  EXPECT_EQ(again.error().code, Code::lead_taken);
  EXPECT_NE(again.error().detail.find("ana"), std::string::npos);
}

TEST(Desk, aMessageFromBeforeTheAcceptanceIsNoResponse) {
  DeskWorld world(39);
  staff(world, "ana");
  const Wall before = world.now.wall;
  world.pass(std::chrono::seconds(1));
  works(world, "ana", "lead_1");
  world.desk().posted("room_1", "lead_1", "ana", false, before);
  world.settle();
  EXPECT_EQ(world.audience.facts[Fact::Kind::first_response], 0U);
  world.desk().posted("room_1", "lead_1", "ana", false, world.now.wall);
  world.settle();
  EXPECT_EQ(world.audience.facts[Fact::Kind::first_response], 1U);
}

}  // namespace
}  // namespace atrium::test
