// What a desk keeps, and what becomes of it when the store fails: kernel/coordination/desk.cpp, ledger.cpp.
#include <gtest/gtest.h>

#include "desk_asks.hpp"

namespace atrium::test {
namespace {

TEST(DeskStore, nothingIsToldBeforeItIsStored) {
  DeskWorld world(16);
  staff(world, "ana");
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

TEST(DeskStore, anOfferWhoseEndIsBeingStoredHasEnded) {
  DeskWorld world(31);
  staff(world, "ana");
  (void)world.route("lead_1");
  const std::string offer = world.lastOffer("ana");
  world.store.stall(true);
  AgentProfile ben;
  ben.agent_id = ben.name = "ben";
  world.desk().putAgent(ben, [](const Result<std::string>&) {});  // On its way to the store; what follows waits behind it.
  world.desk().reject(DeskWorld::user("ana"), offer, {.reason = "at lunch"}, [](const Result<std::string>&) {});
  std::optional<Result<std::string>> late, read;
  world.desk().accept(DeskWorld::user("ana"), offer, [&](Result<std::string> answer) { late = std::move(answer); });
  world.desk().offer(DeskWorld::user("ana"), offer, [&](Result<std::string> answer) { read = std::move(answer); });
  world.store.stall(false);
  world.settle();
  ASSERT_TRUE(late && !*late && read);
  EXPECT_EQ(late->error().code, Code::offer_ended);
  EXPECT_EQ(fieldOf(*read, "state"), "rejected");
}

TEST(DeskStore, afterAFailureOfTheStoreItIsWhatTheStoreHas) {
  DeskWorld world(17);
  staff(world, "ana");
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

TEST(DeskStore, aRestartFindsEverythingAgain) {
  DeskWorld world(18);
  world.hire("ana");
  world.hire("ben");
  world.come("ana");
  works(world, "ana", "lead_1");
  world.route("lead_2");
  const std::string pending = world.lastOffer("ana");
  world.restart();
  world.settle();
  EXPECT_EQ(ownerOf(world, "lead_1"), "ana");
  world.come("ana");
  EXPECT_TRUE(accept(world, "ana", pending));
  EXPECT_EQ(world.flaw(), "");
}

TEST(DeskStore, whatIsDamagedIsBroughtToAStateThatFits) {
  DeskWorld world(23);
  staff(world, "ana");
  works(world, "ana", "lead_1");
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

// The store refuses a change, and the desk is read anew a moment later.
void failOnce(DeskWorld& world, const std::function<void()>& change) {
  world.store.options.refuse_write = 1000;
  change();
  world.settle();
  world.store.options.refuse_write = 0;
  world.pass(std::chrono::seconds(1));
  world.settle();
}

TEST(DeskStore, whoCouldNotBeStoredIsNotOnTheRoster) {
  DeskWorld world(50);
  staff(world, "ana");
  failOnce(world, [&] { world.hire("ben"); });
  const auto ben = world.ask([&](Desk::Reply done) { world.desk().agent("ben", std::move(done)); });
  EXPECT_EQ(ben.error().code, Code::agent_unknown);
  EXPECT_TRUE(world.ask([&](Desk::Reply done) { world.desk().agent("ana", std::move(done)); }));
}

TEST(DeskStore, whatTimeWasToBringComesAlsoAfterAFailure) {
  DeskWorld world(51);
  world.hire("ana", 20);
  for (int lead = 0; lead < 10; ++lead) world.route("lead_" + std::to_string(lead));
  world.come("ana");
  world.settle();
  failOnce(world, [&] { world.hire("ben"); });
  const auto offered = world.audience.facts[Fact::Kind::offered];
  ASSERT_EQ(offered, std::uint64_t{world.rules.queues[0].ramp_in_offers});
  world.pass(std::chrono::seconds(59));
  world.settle();
  EXPECT_GT(world.audience.facts[Fact::Kind::offered], offered) << "she is flooded no more, and asked again";
}

// After a restart people come back while the desk is still being read, and are ramped in as whoever comes later.
TEST(DeskStore, rampsInWhoCameWhileItWasRead) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues[0].ramp_in_offers = 2;
  DeskWorld world(3, rules, sim::StoreOptions{.turns_max = 2});
  world.hire("ana", 10);
  for (int lead = 0; lead < 6; ++lead) ASSERT_TRUE(world.route("lead_" + std::to_string(lead)));
  world.restart();
  world.come("ana");  // Nothing of what the store answers has come yet.
  world.settle();
  EXPECT_EQ(world.audience.rows.size(), 2U);
}

TEST(DeskStore, saysNothingOfTheTeamWhileItIsRead) {
  DeskWorld world(52);
  staff(world, "ana");
  TeamSample sample;
  EXPECT_TRUE(world.desk().sample(sample));
  world.store.options.refuse_write = 1000;
  world.hire("ben");
  EXPECT_FALSE(world.desk().sample(sample));
}

// A thousand writes at once are more than a store takes.
TEST(DeskStore, bringsAnyNumberOfDamagedThingsToAStateThatFits) {
  DeskWorld world(53);
  LeadOffer offer;
  offer.lead_id = "lead_gone";
  offer.agent_id = "ana";
  for (int number = 0; number < 600; ++number) {
    offer.offer_id = "offer_" + std::to_string(number);
    world.store.put({"offer", "acme", offer.offer_id}, encodeOffer(offer));
  }
  world.restart();
  world.settle();
  EXPECT_TRUE(world.store.documents({"offer", "acme"}).empty());
  staff(world, "ana");
  EXPECT_TRUE(world.route("lead_1"));
}

// As many changes wait for a slow store as may, and everything that brings another one meets the end of what the desk knows.
TEST(DeskStore, beyondTheChangesThatMayWaitEverybodyIsToldAndItBeginsAnew) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues = {{.name = "flats",
                   .match = {{.field = "property_type", .one_of = {"flat"}}},
                   .overflow_after = std::chrono::seconds(30),
                   .overflow_to = "rest"},
                  {.name = "rest"}};
  DeskWorld world(54, rules);
  staff(world, "ana");
  works(world, "ana", "lead_1");
  reject(world, "ana", (world.route("lead_2"), world.lastOffer("ana")));
  world.store.stall(true);
  world.desk().pauseAgent("ana", true, {}, [](const Result<std::string>&) {});
  std::size_t told = 0, read = 0;
  for (std::size_t asked = 1; asked < Ledger::waiting_max; ++asked) world.come("ana");
  world.desk().agent("ana", [&](const Result<std::string>& done) { read += done ? 0 : 1; });
  world.desk().agent("ana", [&](const Result<std::string>& done) { read += done ? 0 : 1; });
  EXPECT_EQ(read, 1U) << "one who only reads does no harm";
  world.desk().pauseAgent("ana", false, {}, [&](const Result<std::string>& done) { told += done ? 0 : 1; });
  EXPECT_EQ(told, 1U);
  EXPECT_EQ(read, 2U);
  world.store.stall(false);
  world.settle();
  world.pass(std::chrono::seconds(30));
  world.settle();
  EXPECT_EQ(ownerOf(world, "lead_1"), "ana");
  EXPECT_EQ(fieldOf(readLead(world, "lead_2"), "queue"), "rest");
  EXPECT_EQ(world.flaw(), "");
}

// The lead's own overflow is the change that is one too many.
TEST(DeskStore, aLeadThatMovesOnAtThatBoundIsStillThere) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues = {{.name = "flats",
                   .match = {{.field = "property_type", .one_of = {"flat"}}},
                   .overflow_after = std::chrono::seconds(30),
                   .overflow_to = "rest"},
                  {.name = "rest"}};
  DeskWorld world(55, rules);
  world.hire("ana");
  world.route("lead_1");
  world.store.stall(true);
  world.desk().pauseAgent("ana", true, {}, [](const Result<std::string>&) {});
  for (std::size_t asked = 0; asked < Ledger::waiting_max; ++asked) world.come("ana");
  world.pass(std::chrono::seconds(30));
  world.store.stall(false);
  world.settle();
  world.pass(std::chrono::seconds(1));
  world.settle();
  EXPECT_EQ(fieldOf(readLead(world, "lead_1"), "queue"), "rest");
}

}  // namespace
}  // namespace atrium::test
