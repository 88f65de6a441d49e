// What of the rooms' logs is dropped, and when: kernel/engine/retention.cpp.
#include "engine/retention.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/rooms.hpp"
#include "user.hpp"

namespace atrium::sim {
namespace {

// Time passes in one step: the sweep is found at its next stop.
void passes(World& world, std::chrono::milliseconds time) {
  world.clock.advance(time);
  world.settle();
}

std::size_t trimsOf(const World& world, const std::string& room) {
  return static_cast<std::size_t>(
      std::ranges::count_if(world.store.trims, [&](const SimStore::Trim& trim) { return trim.room == keyOf(room); }));
}

TEST(Retention, sweepsAllRoomsEachHour) {
  World world(1, {.engine = {.history_limit = 7, .message_ttl = 100s}});
  const User ana(world, "ana");
  const std::string plain = ana.room(), narrow = ana.room({}, "narrow");
  const std::string own =
      ana.create(R"({"room_type":"narrow","name":"n","settings":{"message_retention_days":2}})")->root()["room_id"].text();
  passes(world, Retention::first_sweep - 1s);
  EXPECT_EQ(world.store.trims.size(), 0u);
  passes(world, 1s);
  ASSERT_EQ(world.store.trims.size(), 3u);
  const Wall now = world.clock.now().wall;
  for (const SimStore::Trim& trim : world.store.trims) {
    if (trim.room == keyOf(plain)) {
      EXPECT_EQ(trim.keep_last, 7u);
      EXPECT_EQ(trim.sent_before, now - 100s);
    } else {
      // Days set by a room or its type are a policy: what is older goes, however few there are.
      EXPECT_EQ(trim.keep_last, 0u);
      EXPECT_EQ(trim.sent_before, now - std::chrono::days(trim.room == keyOf(narrow) ? 30 : 2)) << own;
    }
  }
  EXPECT_EQ(world.metric(Metric::retention_sweeps), 1);
  world.store.trim_answer = 5;
  passes(world, Retention::sweep_interval);
  EXPECT_EQ(world.store.trims.size(), 6u);
  EXPECT_EQ(world.metric(Metric::records_trimmed), 15);
  EXPECT_EQ(world.metric(Metric::retention_sweeps), 2);
}

TEST(Retention, reachesRoomsThatAreNotInMemory) {
  World world(1, {.engine = {.rooms_loaded_max = 1}});
  const User ana(world, "ana"), zoe(world, "zoe", ATRIUM_ROLE_AGENT, "other");
  Strings rooms;
  for (int n = 0; n < 12; ++n) rooms.push_back(ana.room());
  const std::string closed = ana.room(), abroad = zoe.room();
  ASSERT_EQ(codeOf(ana.close(closed)), "ok");
  passes(world, Retention::first_sweep);
  for (const std::string& room : rooms) EXPECT_EQ(trimsOf(world, room), 1u);
  EXPECT_EQ(trimsOf(world, closed), 1u);
  EXPECT_EQ(world.store.trims.size(), 14u);
  EXPECT_LE(world.metric(Metric::rooms_loaded), 2) << "nothing is loaded for it";
}

TEST(Retention, takesAPageOfRoomsAtATime) {
  World world(1);
  const User ana(world, "ana");
  for (int n = 0; n < 250; ++n) ana.room();
  passes(world, Retention::first_sweep);
  EXPECT_EQ(world.store.trims.size(), 100u);
  passes(world, Retention::page_interval - 1ms);
  EXPECT_EQ(world.store.trims.size(), 100u);
  passes(world, 1ms);
  EXPECT_EQ(world.store.trims.size(), 200u);
  EXPECT_EQ(world.metric(Metric::retention_sweeps), 0);
  passes(world, Retention::page_interval);
  EXPECT_EQ(world.store.trims.size(), 250u);
  EXPECT_EQ(world.metric(Metric::retention_sweeps), 1);
  std::ranges::sort(world.store.trims, {}, [](const SimStore::Trim& trim) { return trim.room.room.bytes; });
  const auto again = std::ranges::adjacent_find(world.store.trims, {}, [](const SimStore::Trim& trim) { return trim.room.room.bytes; });
  EXPECT_EQ(again, world.store.trims.end()) << "each room once";
}

TEST(Retention, goesOnWhereTheStoreRefused) {
  World world(1);
  const User ana(world, "ana");
  for (int n = 0; n < 150; ++n) ana.room();
  passes(world, Retention::first_sweep);
  ASSERT_EQ(world.store.trims.size(), 100u);
  world.store.options.refuse_read = 1000;
  passes(world, Retention::page_interval);
  passes(world, Retention::retry_interval - 1ms);
  EXPECT_EQ(world.store.trims.size(), 100u);
  world.store.options.refuse_read = 0;
  passes(world, 1ms);
  EXPECT_EQ(world.store.trims.size(), 150u);
  EXPECT_EQ(world.metric(Metric::retention_sweeps), 1);
}

TEST(Retention, aRoomThatCannotBeTrimmedKeepsNoneBehindItWaiting) {
  World world(1, {.store = {.refuse_trim = 1}});
  const User ana(world, "ana");
  for (int n = 0; n < 5; ++n) ana.room();
  passes(world, Retention::first_sweep);
  EXPECT_EQ(world.store.trims.size(), 1u) << "a store that refuses is left alone for a while";
  passes(world, Retention::retry_interval);
  EXPECT_EQ(world.store.trims.size(), 5u);
  EXPECT_EQ(world.metric(Metric::retention_sweeps), 1);
}

TEST(Retention, waitsForAStoreThatIsSlow) {
  World world(1, {.store = {.turns_max = 5}});
  const User ana(world, "ana");
  for (int n = 0; n < 5; ++n) ana.room();
  world.store.stall(true);
  passes(world, Retention::first_sweep);
  passes(world, Retention::sweep_interval);
  EXPECT_EQ(world.store.trims.size(), 0u);
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(world.store.trims.size(), 5u) << "one sweep, not two";
}

TEST(Retention, leavesWhatItCannotJudge) {
  World world(1);
  const User ana(world, "ana");
  IdSource ids{Random(5)};
  const auto stored = [&](std::string_view document) {
    const RoomKey key{"acme", ids.next(fromMillis(1))};
    world.store.put(roomDocumentKey(key), std::string(document));
    return formatId(room_prefix, key.room);
  };
  const std::string damaged = stored("{}");
  const std::string off = stored(R"({"room_type":"off","name":"n","created_at_ms":1,"max_members":2,"settings":{},"context":{}})");
  const std::string own =
      stored(R"({"room_type":"off","name":"n","created_at_ms":1,"max_members":2,"settings":{"message_retention_days":3},"context":{}})");
  const std::string plain = ana.room();
  passes(world, Retention::first_sweep);
  EXPECT_EQ(trimsOf(world, damaged), 0u);
  EXPECT_EQ(trimsOf(world, off), 0u) << "its type may keep for years";
  EXPECT_EQ(trimsOf(world, own), 1u);
  EXPECT_EQ(trimsOf(world, plain), 1u);
}

TEST(Retention, anAgeBeyondAllTimeDropsNothing) {
  World world(1, {.engine = {.message_ttl = std::chrono::days(36'500)}});
  const User ana(world, "ana");
  ana.room();
  ana.create(R"({"room_type":"open","name":"n","settings":{"message_retention_days":9007199254740991}})");
  passes(world, Retention::first_sweep);
  ASSERT_EQ(world.store.trims.size(), 2u);
  for (const SimStore::Trim& trim : world.store.trims) {
    EXPECT_GT(trim.sent_before, Wall{}) << "0 means: however young";
    EXPECT_LT(trim.sent_before, fromMillis(1000));
  }
}

TEST(Retention, stopsWhenTheServerDrains) {
  World world(1);
  const User ana(world, "ana");
  ana.room();
  world.shard(0).drain(CloseCode::shutdown, [] {});
  passes(world, Retention::first_sweep);
  EXPECT_EQ(world.store.trims.size(), 0u);
}

}  // namespace
}  // namespace atrium::sim
