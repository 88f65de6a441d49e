#include "engine/figures.hpp"

#include <gtest/gtest.h>

#include "user.hpp"

namespace atrium {
namespace {

TEST(MinuteCounter, forgetsWhatIsAMinuteOld) {
  MinuteCounter counter;
  const Mono start{1h};
  counter.add(start, 3);
  counter.add(start + 30s);
  EXPECT_EQ(counter.sum(start + 30s), 4u);
  EXPECT_EQ(counter.sum(start + 59s), 4u);
  EXPECT_EQ(counter.sum(start + 60s), 1u);
  EXPECT_EQ(counter.sum(start + 90s), 0u);
  counter.add(start + 10min, 2);
  EXPECT_EQ(counter.sum(start + 10min), 2u);
}

TEST(Figures, keepTenantsApartAndAddThemUp) {
  Figures figures;
  figures.of("north").messages = 3;
  figures.of("south").messages = 4;
  EXPECT_EQ(figures.read("north", Mono{1h}).messages, 3u);
  EXPECT_EQ(figures.read("nowhere", Mono{1h}).messages, 0u);
  EXPECT_EQ(figures.read("", Mono{1h}).messages, 7u);
}

using namespace sim;

TEST(Figures, tellSessionsRoomsAndMessagesOfOneTenant) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben"), foreign(world, "ana", ATRIUM_ROLE_AGENT, "other");
  const std::string room = ana.room({"ben"});
  foreign.room();
  Client& client = ana.connect(room);
  Client& other = ben.connect(room);
  foreign.connect();
  ana.says(client, message(room, "one"));
  ana.says(client, message(room, "two"));
  world.disconnect(other);
  world.settle();

  EngineFigures figures = world.figures("acme");
  EXPECT_EQ(figures.sessions, 1u);
  EXPECT_EQ(figures.sessions_opened, 2u);
  EXPECT_EQ(figures.sessions_refused, 0u);
  EXPECT_EQ(figures.rooms_active, 1u);
  EXPECT_EQ(figures.messages, 2u);
  EXPECT_EQ(figures.messages_last_minute, 2u);
  EXPECT_EQ(figures.deliveries, 4u);
  EXPECT_EQ(figures.deliveries_failed, 0u);
  EXPECT_EQ(figures.latency.count, 2u);
  EXPECT_EQ(world.figures("").sessions, 2u);
  EXPECT_EQ(world.figures("").rooms_active, 2u);
  EXPECT_EQ(world.figures("nobody").sessions_opened, 0u);

  EXPECT_EQ(codeOf(ana.close(room)), "ok");
  world.pass(61s);
  figures = world.figures("acme");
  EXPECT_EQ(figures.rooms_active, 0u);
  EXPECT_EQ(figures.messages, 2u);
  EXPECT_EQ(figures.messages_last_minute, 0u);
}

TEST(Figures, countWhatWasRefusedForWantOfCapacityButNotWhatWasWrong) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  EXPECT_EQ(codeOf(ana.post(message(room, ""))), "validation_failed");
  EXPECT_EQ(world.figures("acme").messages_refused_last_minute, 0u);
  world.store.options.refuse_batch = 1000;
  EXPECT_EQ(codeOf(ana.post(message(room, "hello"))), "storage_unavailable");
  EXPECT_EQ(world.figures("acme").messages_refused_last_minute, 1u);
  EXPECT_EQ(world.metric(Metric::messages_refused), 2);
}

TEST(Figures, countMessagesConfirmedLate) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  world.store.stall(true);
  ana.says(client, message(room, "slowly"));
  world.pass(60ms);
  world.store.stall(false);
  world.settle();
  ASSERT_EQ(count(client, "message_confirmation"), 1u);
  EXPECT_EQ(world.figures("acme").queued_late_last_minute, 1u);
  ana.says(client, message(room, "quickly"));
  EXPECT_EQ(world.figures("acme").queued_late_last_minute, 1u);
}

}  // namespace
}  // namespace atrium
