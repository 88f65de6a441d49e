// A storage host while its plugin is exchanged: kernel/plugin/store_host.cpp and store_exchange.cpp.
#include <gtest/gtest.h>

#include "store_world.hpp"

namespace atrium::test {
namespace {

class StoreHostParking : public StoreWorld {};

TEST_F(StoreHostParking, holdsWhatIsHandedOverWhileItIsParkedAndGoesOnInOrder) {
  start();
  ASSERT_TRUE(host->park(30s));
  append(0, {"a"});
  write(0, "room");
  append(0, {"b"});
  ++expected;
  std::optional<std::uint64_t> seq;
  stores[0]->locate(room, Id{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}}, [&](Result<std::uint64_t> found) {
    seq = found.value();
    --expected;
  });
  EXPECT_EQ(shards.posts(), 0u) << "nothing is answered";
  EXPECT_EQ(metric(Metric::store_queue_items), 3);
  EXPECT_TRUE(host->health());
  clock.advance(251ms);
  ASSERT_FALSE(host->health()) << "it takes long";
  EXPECT_EQ(host->health().error().detail, "the plugin of the storage is being exchanged");
  ASSERT_TRUE(host->resume(*plugin));
  wait();
  EXPECT_TRUE(host->health());
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].second.seq, 1u);
  EXPECT_EQ(answers[1].second.seq, 3u) << "the write took 2";
  EXPECT_EQ(seq, 7u);
}

TEST_F(StoreHostParking, refusesBeyondItsBoundWhileItIsParked) {
  start(false, {.queue_items = 2, .queue_reads = 1});
  ASSERT_TRUE(host->park(30s));
  append(0, {"a", "b"});
  append(0, {"c"});
  EXPECT_EQ(last(), ATRIUM_FULL);
  ++expected;
  stores[0]->head(room, [&](Result<RoomHead>) { --expected; });
  std::optional<Code> refused;
  stores[0]->head(room, [&](Result<RoomHead> head) { refused = head.error().code; });
  EXPECT_EQ(refused, Code::overloaded);
  ASSERT_TRUE(host->resume(*plugin));
  wait();
  EXPECT_EQ(last(), ATRIUM_OK);
}

TEST_F(StoreHostParking, isNotParkedWhileACallDoesNotComeBack) {
  start();
  occupy();
  const auto parked = host->park(1ms);
  ASSERT_FALSE(parked);
  EXPECT_EQ(parked.error().detail, "a call of it has been inside for more than 1 ms");
  append(1, {"a"});
  gate.open();
  wait();
  EXPECT_EQ(last(), ATRIUM_OK) << "it goes on as before";
  ASSERT_TRUE(host->park(30s));
  ASSERT_TRUE(host->resume(*plugin));
}

TEST_F(StoreHostParking, doesNotGoOnWithAStoreThatDoesNotHoldItsMark) {
  PluginWorld other{ATRIUM_TEST_PLUGINS};
  start();
  other.wishes = world.wishes;
  ASSERT_TRUE(other.start());
  ASSERT_TRUE(host->park(30s));
  append(0, {"a"});
  const auto resumed = host->resume(*other.host().storage());
  ASSERT_FALSE(resumed);
  EXPECT_TRUE(resumed.error().detail.starts_with("it opened another store than the one that is in use")) << resumed.error().detail;
  EXPECT_EQ(shards.posts(), 0u) << "still parked";
  ASSERT_TRUE(host->resume(*plugin));
  appendAndWait({"b"});
  EXPECT_EQ(last(), ATRIUM_OK);
}

TEST_F(StoreHostParking, refusesWhatWaitedWhenThereIsNoPluginToGoOnWith) {
  start();
  ASSERT_TRUE(host->park(30s));
  append(0, {"a"});
  write(0, "room");
  ++expected;
  std::optional<Code> refused;
  stores[0]->head(room, [&](Result<RoomHead> head) {
    refused = head.error().code;
    --expected;
  });
  host->giveUp();
  wait();
  EXPECT_EQ(last(), ATRIUM_FATAL);
  EXPECT_EQ(writes, std::vector<std::optional<Code>>{Code::storage_unavailable});
  EXPECT_EQ(refused, Code::storage_unavailable);
  EXPECT_FALSE(host->health());
  EXPECT_FALSE(host->park(30s)) << "what failed for good is not exchanged";
}

}  // namespace
}  // namespace atrium::test
