#include <gtest/gtest.h>

#include "protocol/errors.hpp"
#include "sim/desk_world.hpp"

namespace atrium {
namespace {

using sim::DeskWorld;

std::string fieldOf(const Result<std::string>& reply, std::string_view name) {
  return reply ? JsonDocument::parse(*reply)->root()[name].text() : "refused: " + reply.error().detail;
}

// Answers an offer as its agent does.
Result<std::string> accept(DeskWorld& world, const std::string& agent, const std::string& offer) {
  return world.ask([&](Desk::Reply done) { world.desk().accept(DeskWorld::user(agent), offer, std::move(done)); });
}
Result<std::string> reject(DeskWorld& world, const std::string& agent, const std::string& offer) {
  return world.ask([&](Desk::Reply done) { world.desk().reject(DeskWorld::user(agent), offer, {.reason = "at lunch"}, std::move(done)); });
}
Result<std::string> complete(DeskWorld& world, const std::string& agent, const std::string& offer) {
  return world.ask(
      [&](Desk::Reply done) { world.desk().complete(DeskWorld::user(agent), offer, {.outcome = "won", .value = 5}, std::move(done)); });
}
std::string leadState(DeskWorld& world, const std::string& lead) {
  return fieldOf(world.ask([&](Desk::Reply done) { world.desk().lead(lead, std::move(done)); }), "state");
}
std::string ownerOf(DeskWorld& world, const std::string& lead) {
  return fieldOf(world.ask([&](Desk::Reply done) { world.desk().lead(lead, std::move(done)); }), "owner");
}

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

// Pauses him, or takes that back; for a plugin, or for a person.
void hold(DeskWorld& world, const std::string& agent, bool paused, const std::string& plugin = "") {
  world.ask([&](Desk::Reply done) { world.desk().pauseAgent(agent, paused, plugin, std::move(done)); });
}

TEST(Desk, aPluginTakesBackItsOwnPauseAndNobodyElses) {
  DeskWorld world(31);
  world.hire("ana");
  world.come("ana");
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
  world.hire("ana");
  world.come("ana");
  hold(world, "ana", true, "calendar");
  world.hire("ana");
  const auto ana = world.ask([&](Desk::Reply done) { world.desk().agent("ana", std::move(done)); });
  ASSERT_TRUE(ana);
  EXPECT_EQ(JsonDocument::parse(*ana)->root()["held_by"].size(), 1u);
  EXPECT_FALSE(JsonDocument::parse(*ana)->root()["paused"].boolean(true));
}

TEST(Desk, aFreedPlaceTakesTheNextLeadInTheSameMoment) {
  DeskWorld world(3);
  world.hire("ana", 1);
  world.come("ana");
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
  accept(world, "ben", world.lastOffer("ben"));
  const auto later = accept(world, "ana", hers);
  EXPECT_EQ(later.error().code, Code::offer_expired);
  EXPECT_NE(later.error().detail.find("\"ben\" has the lead now"), std::string::npos) << later.error().detail;
  EXPECT_EQ(world.flaw(), "");
}

TEST(Desk, whoLetALeadPassIsNotAskedAgainForAWhile) {
  DeskWorld world(5);
  world.hire("ana");
  world.come("ana");
  world.route("lead_1");
  reject(world, "ana", world.lastOffer("ana"));
  EXPECT_EQ(leadState(world, "lead_1"), "waiting");
  world.pass(world.rules.queues[0].declined_for);
  world.settle();
  EXPECT_EQ(leadState(world, "lead_1"), "offered") << "time alone stood against it";
}

TEST(Desk, nobodyElseAnswersAnOffer) {
  DeskWorld world(6);
  world.hire("ana");
  world.come("ana");
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
  world.hire("ana");
  world.come("ana");
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
  world.route("lead_1");
  accept(world, "ana", world.lastOffer("ana"));
  world.come("ben");
  world.go("ana");
  world.pass(std::chrono::seconds(10));
  world.settle();
  EXPECT_FALSE(world.lastOffer("ben").empty());
  EXPECT_EQ(world.flaw(), "");
}

TEST(Desk, theCapHoldsAndSomebodyWithAReasonMayOverrideIt) {
  DeskWorld world(10);
  world.hire("ana", 1);
  world.come("ana");
  world.route("lead_1");
  world.route("lead_2");
  const auto assign = [&](bool over_cap) {
    return world.ask([&](Desk::Reply done) {
      world.desk().assign(DeskWorld::user("sue", ATRIUM_ROLE_SUPERVISOR), "lead_2",
                          {.agent_id = "ana", .reason = "she knows him", .over_cap = over_cap}, std::move(done));
    });
  };
  EXPECT_EQ(assign(false).error().code, Code::at_cap);
  const auto meant = assign(true);
  EXPECT_EQ(fieldOf(meant, "by"), "sue");
  EXPECT_TRUE(JsonDocument::parse(*meant)->root()["over_cap"].boolean(false));
}

TEST(Desk, aHandoffLeavesTheLeadWithItsOwnerUntilTheNextOneAccepts) {
  DeskWorld world(11);
  world.hire("ana");
  world.hire("ben");
  world.come("ana");
  world.route("lead_1");
  accept(world, "ana", world.lastOffer("ana"));
  world.come("ben");
  const auto begun = world.ask([&](Desk::Reply done) {
    world.desk().beginHandoff(DeskWorld::user("ana"),
                              {.lead_id = "lead_1",
                               .to = "ben",
                               .reason = "a holiday",
                               .summary = "wants a balcony",
                               .commitments = {"call on Friday"},
                               .room_id = {},
                               .patience = {}},
                              std::move(done));
  });
  EXPECT_EQ(fieldOf(begun, "state"), "pending");
  EXPECT_EQ(ownerOf(world, "lead_1"), "ana");
  ASSERT_EQ(world.audience.handoffs.size(), 1U) << "the room is told";
  accept(world, "ben", world.lastOffer("ben"));
  EXPECT_EQ(ownerOf(world, "lead_1"), "ben");
  ASSERT_EQ(world.audience.handoffs.size(), 2U);
  EXPECT_EQ(world.audience.handoffs[1].state, HandoffState::accepted);
  EXPECT_EQ(world.flaw(), "");
}

TEST(Desk, aHandoffThatNobodyAcceptsInTimeReturns) {
  DeskWorld world(12);
  world.hire("ana");
  world.hire("ben");
  world.come("ana");
  world.route("lead_1");
  accept(world, "ana", world.lastOffer("ana"));
  world.come("ben");
  (void)world.ask([&](Desk::Reply done) {
    world.desk().beginHandoff(
        DeskWorld::user("ana"),
        {.lead_id = "lead_1", .to = {}, .reason = {}, .summary = "s", .commitments = {}, .room_id = {}, .patience = {}}, std::move(done));
  });
  EXPECT_FALSE(world.lastOffer("ben").empty()) << "the policy finds him";
  world.pass(world.rules.handoff_deadline);
  world.settle();
  ASSERT_EQ(world.audience.handoffs.size(), 2U);
  EXPECT_EQ(world.audience.handoffs[1].state, HandoffState::returned);
  EXPECT_EQ(ownerOf(world, "lead_1"), "ana");
  EXPECT_EQ(world.flaw(), "");
}

TEST(Desk, aReturningAgentIsNotFlooded) {
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

TEST(Desk, aLeadThatComesBackGoesToWhomItHad) {
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

TEST(Desk, aLeadThatWaitsTooLongMovesToTheNextQueue) {
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

TEST(Desk, leadsOverflowAtOnceWhereSomebodySaysSo) {
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
  accept(world, "ana", world.lastOffer("ana"));
  complete(world, "ana", world.lastOffer("ana", "active"));
  EXPECT_EQ(leadState(world, "lead_1"), "offered") << "those who know no flats may take it now";
  EXPECT_EQ(world.flaw(), "");
}

TEST(Desk, anOverflowMovesSoManyLeadsAtATime) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues = {{.name = "flats", .match = {{.field = "property_type", .one_of = {"Flat"}}}, .overflow_to = "rest"}, {.name = "rest"}};
  DeskWorld world(18, rules);
  for (std::size_t lead = 0; lead < Desk::overflow_max + 2; ++lead) world.route("lead_" + std::to_string(lead));
  const auto moved = world.ask([&](Desk::Reply done) { world.desk().overflow(std::move(done)); });
  const auto json = JsonDocument::parse(moved.value_or("{}"));
  EXPECT_EQ(json->root()["moved"].size(), Desk::overflow_max);
  EXPECT_EQ(json->root()["left"].raw(), "2");
}

TEST(Desk, nothingIsToldBeforeItIsStored) {
  DeskWorld world(16);
  world.hire("ana");
  world.come("ana");
  world.settle();
  world.store.stall(true);
  bool answered = false;
  RouteLead command;
  command.lead_id = "lead_1";
  command.fields = *JsonDocument::parse(R"({"name":"A lead","property_type":"flat"})");
  world.desk().route(std::move(command), world.now.mono, [&](const Result<std::string>&) { answered = true; });
  world.turn();
  EXPECT_FALSE(answered);
  EXPECT_TRUE(world.lastOffer("ana").empty());
  EXPECT_TRUE(world.audience.leads.empty());
  world.store.stall(false);
  world.settle();
  EXPECT_TRUE(answered);
  EXPECT_FALSE(world.lastOffer("ana").empty());
}

TEST(Desk, afterAFailureOfTheStoreItIsWhatTheStoreHas) {
  DeskWorld world(17);
  world.hire("ana");
  world.come("ana");
  world.route("lead_1");
  const std::string offer = world.lastOffer("ana");
  world.store.options.refuse_write = 1000;
  EXPECT_EQ(accept(world, "ana", offer).error().code, Code::storage_unavailable);
  world.store.options.refuse_write = 0;
  world.pass(std::chrono::seconds(1));
  world.settle();
  EXPECT_EQ(leadState(world, "lead_1"), "offered") << "the acceptance was never stored";
  EXPECT_TRUE(accept(world, "ana", offer));
  EXPECT_EQ(world.flaw(), "");
}

// ---- What event sinks are told

TEST(Desk, tellsSinksWhatBecomesOfALead) {
  DeskWorld world(40);
  world.hire("ana");
  world.come("ana");
  world.events.wanted = all_event_types;
  ASSERT_TRUE(world.route("lead_1"));
  reject(world, "ana", world.lastOffer("ana"));
  EXPECT_EQ(world.events.types(), "lead.created offer.made decision.made offer.rejected");
  world.pass(std::chrono::minutes(20));  // He is asked again.
  world.settle();
  accept(world, "ana", world.lastOffer("ana"));
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

TEST(Desk, tellsSinksOfALeadThatWaitsMovesAndIsWithdrawn) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues = {{.name = "flats", .overflow_after = std::chrono::seconds(90), .overflow_to = "rest"}, {.name = "rest"}};
  DeskWorld world(41, rules);
  world.events.wanted = all_event_types & ~bit(EventType::decision_made);
  world.route("lead_1");
  world.pass(std::chrono::seconds(91));
  world.settle();
  world.ask(
      [&](Desk::Reply done) { world.desk().withdraw(DeskWorld::user("sue", ATRIUM_ROLE_SUPERVISOR), "lead_1", "sold", std::move(done)); });
  EXPECT_EQ(world.events.types(), "lead.created lead.moved lead.withdrawn");
  const auto moved = *JsonDocument::parse(world.events.stored()[1].data), gone = *JsonDocument::parse(world.events.stored()[2].data);
  EXPECT_EQ(moved.root()["from"].text() + " " + moved.root()["queue"].text(), "flats rest");
  EXPECT_EQ(gone.root()["by"].text() + " " + gone.root()["reason"].text(), "sue sold");
}

TEST(Desk, tellsSinksOfALeadWhoseOwnerHasGone) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.lost_active = true;
  DeskWorld world(42, rules);
  world.hire("ana");
  world.come("ana");
  world.route("lead_1");
  accept(world, "ana", world.lastOffer("ana"));
  world.events.wanted = bit(EventType::lead_reopened) | bit(EventType::offer_rescinded);
  world.go("ana");
  world.pass(std::chrono::seconds(11));
  world.settle();
  EXPECT_EQ(world.events.types(), "lead.reopened offer.rescinded");
  EXPECT_EQ(JsonDocument::parse(world.events.stored()[0].data)->root()["from"].text(), "ana");
}

TEST(Desk, tellsSinksHowALeadChangesHands) {
  DeskWorld world(44);
  world.hire("ana");
  world.hire("ben");
  world.come("ana");
  world.route("lead_1");
  accept(world, "ana", world.lastOffer("ana"));
  world.come("ben");
  world.events.wanted = all_event_types;
  const auto handOver = [&](const std::string& to) {
    world.ask([&](Desk::Reply done) {
      world.desk().beginHandoff(DeskWorld::user("ana"),
                                {.lead_id = "lead_1",
                                 .to = to,
                                 .reason = "holiday",
                                 .summary = "wants a garden",
                                 .commitments = {"a call on Monday"},
                                 .room_id = {},
                                 .patience = {}},
                                std::move(done));
    });
  };
  handOver("ben");
  reject(world, "ben", world.lastOffer("ben"));
  EXPECT_EQ(world.events.types(), "handoff.started offer.made offer.rejected handoff.returned");
  handOver("ben");
  accept(world, "ben", world.lastOffer("ben"));
  EXPECT_EQ(world.events.types(),
            "handoff.started offer.made offer.rejected handoff.returned handoff.started offer.made offer.accepted offer.closed "
            "handoff.accepted lead.assigned");
  const auto told = world.events.stored();
  const auto begun = *JsonDocument::parse(told[4].data), over = *JsonDocument::parse(told[8].data),
             lead = *JsonDocument::parse(told[9].data);
  EXPECT_EQ(begun.root()["from"].text() + " " + begun.root()["to"].text() + " " + begun.root()["summary"].text(), "ana ben wants a garden");
  EXPECT_EQ(begun.root()["commitments"].size(), 1u);
  EXPECT_EQ(over.root()["state"].text(), "accepted");
  EXPECT_EQ(lead.root()["owner"].text(), "ben");
}

TEST(Desk, aChangeAndItsEventsStandOrFallTogether) {
  DeskWorld world(43);
  world.hire("ana");
  world.come("ana");
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
  world.store.work();
  world.restart();
  world.settle();
  EXPECT_EQ(ownerOf(world, "lead_1"), "ana");
  EXPECT_EQ(world.events.types(), "offer.accepted lead.assigned");
  EXPECT_EQ(world.events.published, 0u) << "they are found in the outbox";
}

TEST(Desk, aRestartFindsEverythingAgain) {
  DeskWorld world(18);
  world.hire("ana");
  world.hire("ben");
  world.come("ana");
  world.route("lead_1");
  accept(world, "ana", world.lastOffer("ana"));
  world.route("lead_2");
  const std::string pending = world.lastOffer("ana");
  world.restart();
  world.settle();
  EXPECT_EQ(ownerOf(world, "lead_1"), "ana");
  world.come("ana");
  EXPECT_TRUE(accept(world, "ana", pending));
  EXPECT_EQ(world.flaw(), "");
}

TEST(Desk, whatIsDamagedIsBroughtToAStateThatFits) {
  DeskWorld world(23);
  world.hire("ana");
  world.come("ana");
  world.route("lead_1");
  accept(world, "ana", world.lastOffer("ana"));
  world.route("lead_2");
  world.route("lead_3");
  const std::string first = world.store.documents({"offer", "acme"}).front().key[2];
  world.store.put({"offer", "acme", first}, "{");           // A lead without its offer...
  world.store.put({"lead", "acme", "lead_2"}, "not JSON");  // ...and an offer without its lead.
  world.restart();
  world.settle();
  EXPECT_EQ(leadState(world, "lead_1"), "waiting");
  world.come("ana");
  world.settle();
  EXPECT_EQ(leadState(world, "lead_1"), "offered");
  EXPECT_EQ(leadState(world, "lead_3"), "offered") << "what was sound stays as it was";
}

TEST(Desk, aScorerThatFailsDegradesAndTheLeadIsStillRouted) {
  DeskWorld world(19);
  world.panel.fail_per_mille = 1000;
  world.hire("ana");
  world.come("ana");
  ASSERT_TRUE(world.route("lead_1"));
  EXPECT_FALSE(world.lastOffer("ana").empty());
}

TEST(Desk, wrappingUpKeepsThePlaceForAWhile) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues[0].wrap_up = std::chrono::seconds(30);
  DeskWorld world(20, rules);
  world.hire("ana", 1);
  world.come("ana");
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

TEST(Desk, evensOutWhatNobodyHasAnsweredYet) {
  DeskWorld world(21);
  world.hire("ana", 4);
  world.come("ana");
  for (const char* lead : {"lead_1", "lead_2", "lead_3"}) {
    world.route(lead);
    accept(world, "ana", world.lastOffer("ana"));
  }
  world.hire("ben", 4);
  world.come("ben");
  world.settle();
  const auto ask = [&](bool preview) {
    return world.ask(
        [&](Desk::Reply done) { world.desk().rebalance(DeskWorld::user("sue", ATRIUM_ROLE_SUPERVISOR), preview, std::move(done)); });
  };
  const auto preview = ask(true);
  ASSERT_TRUE(preview);
  EXPECT_EQ(JsonDocument::parse(*preview)->root()["moves"].size(), 1U);
  EXPECT_TRUE(world.lastOffer("ben").empty()) << "a preview moves nothing";
  ask(false);
  EXPECT_FALSE(world.lastOffer("ben").empty());
}

TEST(Desk, theSameLeadIsNotRoutedTwice) {
  DeskWorld world(22);
  world.hire("ana");
  world.come("ana");
  world.route("lead_1");
  EXPECT_EQ(world.route("lead_1").error().code, Code::lead_taken);
  accept(world, "ana", world.lastOffer("ana"));
  const auto again = world.route("lead_1");
  EXPECT_EQ(again.error().code, Code::lead_taken);
  EXPECT_NE(again.error().detail.find("ana"), std::string::npos);
}

}  // namespace
}  // namespace atrium
