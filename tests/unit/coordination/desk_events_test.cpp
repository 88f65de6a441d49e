// What event sinks are told of a desk's changes: kernel/coordination/change.cpp.
#include <gtest/gtest.h>

#include "desk_asks.hpp"

namespace atrium::test {
namespace {

TEST(DeskEvents, tellsSinksWhatBecomesOfALead) {
  DeskWorld world(40);
  staff(world, "ana");
  world.events.wanted = all_event_types;
  ASSERT_TRUE(world.route("lead_1"));
  reject(world, "ana", world.lastOffer("ana"));
  EXPECT_EQ(world.events.types(), "lead.created offer.made decision.made offer.rejected");
  world.pass(std::chrono::minutes(20));  // He is asked again.
  world.settle();
  accept(world, "ana");
  complete(world, "ana", world.lastOffer("ana", "active"));
  EXPECT_EQ(world.events.types(),
            "lead.created offer.made decision.made offer.rejected offer.made decision.made offer.accepted lead.assigned lead.completed "
            "offer.closed");
  const auto told = world.events.stored();
  EXPECT_EQ(world.events.published, told.size());
  for (const Happening& event : told) EXPECT_EQ(event.tenant_id, "acme");
  const auto data = [&](std::size_t at) { return *JsonDocument::parse(told.at(at).data); };
  EXPECT_EQ(data(0).root()["lead"]["property_type"].text(), "flat");
  EXPECT_EQ(data(3).root()["reason"].text(), "at lunch");
  EXPECT_EQ(data(7).root()["owner"].text(), "ana");
  EXPECT_EQ(data(8).root()["outcome"].text(), "won");
  double value = 0;
  EXPECT_TRUE(data(8).root()["value"].number(value));
  EXPECT_EQ(value, 5);
}

TEST(DeskEvents, tellsSinksOfALeadThatWaitsMovesAndIsWithdrawn) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues = {{.name = "flats", .overflow_after = std::chrono::seconds(90), .overflow_to = "rest"}, {.name = "rest"}};
  DeskWorld world(41, rules);
  world.events.wanted = all_event_types & ~bit(EventType::decision_made);
  world.route("lead_1");
  world.pass(std::chrono::seconds(91));
  world.settle();
  withdraw(world, "lead_1");
  EXPECT_EQ(world.events.types(), "lead.created lead.moved lead.withdrawn");
  const auto moved = *JsonDocument::parse(world.events.stored()[1].data), gone = *JsonDocument::parse(world.events.stored()[2].data);
  EXPECT_EQ(moved.root()["from"].text() + " " + moved.root()["queue"].text(), "flats rest");
  EXPECT_EQ(gone.root()["by"].text() + " " + gone.root()["reason"].text(), "sue he has bought");
}

TEST(DeskEvents, tellsSinksOfALeadWhoseOwnerHasGone) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.lost_active = true;
  DeskWorld world(42, rules);
  staff(world, "ana");
  works(world, "ana", "lead_1");
  world.events.wanted = bit(EventType::lead_reopened) | bit(EventType::offer_rescinded);
  world.go("ana");
  world.pass(std::chrono::seconds(11));
  world.settle();
  EXPECT_EQ(world.events.types(), "lead.reopened offer.rescinded");
  EXPECT_EQ(JsonDocument::parse(world.events.stored()[0].data)->root()["from"].text(), "ana");
}

TEST(DeskEvents, tellsSinksHowALeadChangesHands) {
  DeskWorld world(44);
  world.hire("ana");
  world.hire("ben");
  world.come("ana");
  works(world, "ana", "lead_1");
  world.come("ben");
  world.events.wanted = all_event_types;
  handOver(world, "ana", "lead_1", "ben");
  reject(world, "ben", world.lastOffer("ben"));
  EXPECT_EQ(world.events.types(), "handoff.started offer.made decision.made offer.rejected handoff.returned");
  handOver(world, "ana", "lead_1", "ben");
  accept(world, "ben");
  EXPECT_EQ(world.events.types(),
            "handoff.started offer.made decision.made offer.rejected handoff.returned handoff.started offer.made decision.made "
            "offer.accepted offer.closed handoff.accepted lead.assigned");
  const auto told = world.events.stored();
  const auto begun = *JsonDocument::parse(told[5].data), over = *JsonDocument::parse(told[10].data),
             lead = *JsonDocument::parse(told[11].data);
  EXPECT_EQ(begun.root()["from"].text() + " " + begun.root()["to"].text() + " " + begun.root()["summary"].text(),
            "ana ben wants a balcony");
  EXPECT_EQ(begun.root()["commitments"].size(), 1u);
  EXPECT_EQ(over.root()["state"].text(), "accepted");
  EXPECT_EQ(lead.root()["owner"].text(), "ben");
}

TEST(DeskEvents, aChangeAndItsEventsStandOrFallTogether) {
  DeskWorld world(43, DeskWorld::someRules(), {.turns_max = 1});
  staff(world, "ana");
  world.route("lead_1");
  world.events.wanted = all_event_types;
  const std::string offer = world.lastOffer("ana");
  world.store.options.refuse_write = 1000;
  EXPECT_FALSE(accept(world, "ana", offer));
  EXPECT_EQ(world.events.types(), "") << "the acceptance was never stored";
  world.store.options.refuse_write = 0;
  world.pass(std::chrono::seconds(1));
  world.settle();
  // The store has it, and the process ends before it hears of that.
  world.desk().accept(DeskWorld::user("ana"), offer, [](const Result<std::string>&) {});
  while (!world.store.idle()) world.store.work();
  world.restart();
  world.settle();
  EXPECT_EQ(ownerOf(world, "lead_1"), "ana");
  EXPECT_EQ(world.events.types(), "offer.accepted lead.assigned");
  EXPECT_EQ(world.events.published, 0u) << "they are found in the outbox";
}

}  // namespace
}  // namespace atrium::test
