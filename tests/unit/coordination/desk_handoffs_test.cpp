// Leads that change hands: kernel/coordination/desk_handoffs.cpp, desk_balance.cpp.
#include <gtest/gtest.h>

#include "desk_asks.hpp"

namespace atrium::test {
namespace {

TEST(DeskHandoffs, theLeadStaysWithItsOwnerUntilTheNextOneAccepts) {
  DeskWorld world(11);
  staff(world, "ana");
  works(world, "ana", "lead_1");
  staff(world, "ben");
  EXPECT_EQ(fieldOf(handOver(world, "ana", "lead_1", "ben"), "state"), "pending");
  EXPECT_EQ(ownerOf(world, "lead_1"), "ana");
  ASSERT_EQ(world.audience.handoffs.size(), 1U) << "the room is told";
  EXPECT_EQ(world.audience.handoffs[0].commitments, std::vector<std::string>{"call on Friday"});
  EXPECT_EQ(decisionOf(world, "ben").root()["reasoning"].text(), "Named by ana.");
  accept(world, "ben");
  EXPECT_EQ(ownerOf(world, "lead_1"), "ben");
  ASSERT_EQ(world.audience.handoffs.size(), 2U);
  EXPECT_EQ(world.audience.handoffs[1].state, HandoffState::accepted);
  EXPECT_EQ(world.flaw(), "");
}

TEST(DeskHandoffs, oneThatNobodyAcceptsInTimeReturns) {
  DeskWorld world(12);
  staff(world, "ana");
  works(world, "ana", "lead_1");
  staff(world, "ben");
  handOver(world, "ana", "lead_1");
  EXPECT_FALSE(world.lastOffer("ben").empty()) << "the policy finds him";
  ASSERT_EQ(world.audience.handoffs.size(), 1U);
  EXPECT_EQ(world.audience.handoffs[0].to, "ben") << "the room is told who is asked";
  world.pass(world.rules.handoff_deadline);
  world.settle();
  ASSERT_EQ(world.audience.handoffs.size(), 2U);
  EXPECT_EQ(world.audience.handoffs[1].state, HandoffState::returned);
  EXPECT_EQ(ownerOf(world, "lead_1"), "ana");
  EXPECT_EQ(world.flaw(), "");
}

TEST(DeskHandoffs, theNextOneIsAskedWhereTheFirstDoesNotTakeIt) {
  DeskWorld world(35);
  staff(world, "ana");
  works(world, "ana", "lead_1");
  staff(world, "ben");
  staff(world, "cem");
  handOver(world, "ana", "lead_1", "ben", HandoffFallback::next);
  reject(world, "ben", world.lastOffer("ben"));
  EXPECT_FALSE(world.lastOffer("cem").empty());
  ASSERT_EQ(world.audience.handoffs.size(), 2U);
  EXPECT_EQ(world.audience.handoffs[1].to, "cem");
  accept(world, "cem");
  EXPECT_EQ(ownerOf(world, "lead_1"), "cem");
  EXPECT_EQ(world.flaw(), "");
}

// Its room takes a moment longer to make than the next one to accept.
TEST(DeskHandoffs, theRoomThatIsMadeAfterItsEndIsOnRecordToo) {
  for (const bool confirmed : {false, true}) {
    DeskWorld world(39);
    staff(world, "ana");
    works(world, "ana", "lead_1");
    staff(world, "ben");
    const std::string id = fieldOf(handOver(world, "ana", "lead_1", "ben"), "handoff_id");
    if (!confirmed) {
      world.store.stall(true);
      world.desk().accept(DeskWorld::user("ben"), world.lastOffer("ben"), [](const Result<std::string>&) {});
      world.desk().roomMade("lead_1", "room_1", {});
      world.store.stall(false);
    } else {
      accept(world, "ben");
      world.desk().roomMade("lead_1", "room_1", {world.audience.handoffs.back()});
    }
    world.settle();
    const auto over = world.ask([&](Desk::Reply done) { world.desk().handoff(id, std::move(done)); });
    EXPECT_EQ(fieldOf(over, "state") + " in " + fieldOf(over, "room_id"), "accepted in room_1") << confirmed;
  }
}

// A handoff that nobody is asked about would keep its lead from every other one.
TEST(DeskHandoffs, aPolicyThatWasRemovedSinceStandsInNobodysWay) {
  DeskWorld world(41);
  staff(world, "ana");
  world.policies.house = {"house"};
  RouteLead command;
  command.lead_id = "lead_1";
  command.fields = *JsonDocument::parse(R"({"name":"A lead","property_type":"flat"})");
  command.policy = "house";
  ASSERT_TRUE(world.ask([&](Desk::Reply done) { world.desk().route(std::move(command), world.now.mono, std::move(done)); }));
  (void)accept(world, "ana");
  world.policies.house.clear();
  staff(world, "ben");
  EXPECT_EQ(fieldOf(handOver(world, "ana", "lead_1"), "state"), "pending");
  EXPECT_FALSE(world.lastOffer("ben").empty());
}

TEST(DeskHandoffs, oneForWhichNobodyCanBeLookedForIsOver) {
  DeskWorld world(36);
  staff(world, "ana");
  works(world, "ana", "lead_1");
  staff(world, "ben");
  world.policies.unread = true;
  EXPECT_EQ(handOver(world, "ana", "lead_1").error().code, Code::storage_unavailable);
  world.policies.unread = false;
  EXPECT_EQ(fieldOf(handOver(world, "ana", "lead_1"), "state"), "pending");
}

// What is planned for an agent counts: two moves at once used to fill a channel in which he had one place.
TEST(DeskBalance, fillsNobodyAboveHisPlacesInAChannel) {
  DeskWorld world(37);
  staff(world, "ana", 8);
  for (int lead = 0; lead < 8; ++lead) works(world, "ana", "lead_" + std::to_string(lead));
  AgentProfile ben;
  ben.agent_id = ben.name = "ben";
  ben.capacity = 8;
  ben.skills = {{"flat", 1.0}};
  ben.channels = {{"lead", 1}};
  ASSERT_TRUE(world.ask([&](Desk::Reply done) { world.desk().putAgent(std::move(ben), std::move(done)); }));
  world.come("ben");
  ASSERT_TRUE(rebalance(world, false));
  EXPECT_EQ(world.audience.offers["ben"].size(), 1U);
}

TEST(DeskBalance, evensOutWhatNobodyHasAnsweredYet) {
  DeskWorld world(21);
  staff(world, "ana", 4);
  for (const char* lead : {"lead_1", "lead_2", "lead_3"}) works(world, "ana", lead);
  staff(world, "ben", 4);
  const auto preview = rebalance(world, true);
  ASSERT_TRUE(preview);
  EXPECT_EQ(parsed(preview).root()["moves"].size(), 1U);
  EXPECT_TRUE(world.lastOffer("ben").empty()) << "a preview moves nothing";
  rebalance(world, false);
  EXPECT_FALSE(world.lastOffer("ben").empty());
  EXPECT_EQ(decisionOf(world, "ben").root()["trigger"].text(), "rebalance");
}

TEST(DeskBalance, beginsWithTheFullest) {
  DeskWorld world(37);
  staff(world, "cem", 4);
  for (const char* lead : {"lead_1", "lead_2", "lead_3", "lead_4"}) works(world, "cem", lead);
  staff(world, "ana", 4);
  for (const char* lead : {"lead_5", "lead_6", "lead_7"}) works(world, "ana", lead);  // Later ones, and fewer.
  staff(world, "ben", 4);
  const auto preview = rebalance(world, true);
  EXPECT_EQ(parsed(preview).root()["moves"].first()["from"].text(), "cem") << preview.value_or("");
}

// Leads that ana works on, and ben, who is empty and has many places.
void fillAna(DeskWorld& world, AgentProfile ben) {
  staff(world, "ana", 6);
  for (int lead = 0; lead < 6; ++lead) works(world, "ana", "lead_" + std::to_string(lead));
  ben.agent_id = ben.name = "ben";
  ben.capacity = 20;
  ben.skills = {{"flat", 1.0}};
  (void)world.ask([&](Desk::Reply done) { world.desk().putAgent(std::move(ben), std::move(done)); });
  world.come("ben");
  world.settle();
}
CoordinationRules withoutRamp() {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues[0].ramp_in = std::chrono::seconds(0);
  return rules;
}

TEST(DeskBalance, countsThePlacesInAChannelThatItHasGivenAway) {
  DeskWorld world(39, withoutRamp());
  AgentProfile ben;
  ben.channels = {{"lead", 2}};
  fillAna(world, ben);
  EXPECT_EQ(parsed(rebalance(world, false)).root()["moves"].size(), 2U);
  EXPECT_EQ(world.flaw(), "");
}

TEST(DeskBalance, floodsNobodyWhoComesBack) {
  DeskWorld world(40, withoutRamp());
  fillAna(world, {});
  world.rules.queues[0].ramp_in = std::chrono::seconds(120);
  world.rules.queues[0].ramp_in_offers = 1;
  EXPECT_EQ(parsed(rebalance(world, false)).root()["moves"].size(), 1U);
}

TEST(DeskBalance, goesByItselfWhereTheRulesComeToSaySo) {
  DeskWorld world(38);
  staff(world, "ana", 4);
  for (const char* lead : {"lead_1", "lead_2", "lead_3"}) works(world, "ana", lead);
  staff(world, "ben", 4);
  world.pass(std::chrono::minutes(1));
  world.settle();
  EXPECT_TRUE(world.lastOffer("ben").empty());
  world.rules.rebalance_auto = true;
  world.desk().rulesChanged();
  world.pass(std::chrono::minutes(1));
  world.settle();
  EXPECT_FALSE(world.lastOffer("ben").empty());
}

}  // namespace
}  // namespace atrium::test
