#include <gtest/gtest.h>

#include "store_world.hpp"

namespace atrium::test {
namespace {

class StoreHostTest : public StoreWorld {};

TEST_F(StoreHostTest, answersEveryItemOnItsShard) {
  start();
  append(0, {"a", "b"});
  append(2, {"c"});
  append(0, {"item-conflicts"});
  wait();
  ASSERT_EQ(answers.size(), 4u);
  std::vector<std::uint64_t> seqs;
  for (const auto& [shard, result] : answers)
    if (result.status == ATRIUM_OK) seqs.push_back(result.seq);
  std::ranges::sort(seqs);
  EXPECT_EQ(seqs, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(stores[0]->durabilityMax(), Durability::stored);
  EXPECT_TRUE(host->health());
}

TEST_F(StoreHostTest, mergesWhatWaitsAndPostsOnceToEachShard) {
  start();
  occupy();
  for (int n = 0; n < 4; ++n) {
    append(1, {"a", "b"});
    append(2, {"c"});
  }
  gate.open();
  wait();
  for (const auto& [shard, result] : answers) {
    if (shard == 0) continue;
    EXPECT_EQ(result.sent_at_ms, 12u) << "all twelve stood in one call";
  }
  EXPECT_EQ(shards.posts(), 3u) << "one to each shard";
  EXPECT_EQ(metric(Metric::store_queue_items), 0);
}

TEST_F(StoreHostTest, mergesNoMoreThanAThousandItemsOrAMebibyte) {
  start();
  occupy();
  const auto big = [&](std::size_t items, std::size_t bytes) {
    auto batch = std::make_unique<AppendBatch>();
    for (std::size_t n = 0; n < items; ++n) {
      AppendItem item;
      item.room = &room;
      item.message.bytes[15] = 1;
      item.message_type = "a";
      FrameBuilder body;
      std::ranges::fill_n(body.extend(bytes), static_cast<std::ptrdiff_t>(bytes), 'x');
      item.body = body.finishRaw();
      batch->items.push_back(std::move(item));
    }
    ++expected;
    stores[1]->append(std::move(batch), [this](std::unique_ptr<AppendBatch> done) {
      answers.emplace_back(1, done->items.front().result);
      --expected;
    });
  };
  big(600, 10);
  big(400, 10);
  big(1, 10);
  big(1, 700'000);
  big(1, 700'000);
  gate.open();
  wait();
  ASSERT_EQ(answers.size(), 6u);
  std::vector<std::uint64_t> calls;
  for (std::size_t n = 1; n < answers.size(); ++n) calls.push_back(answers[n].second.sent_at_ms);
  EXPECT_EQ(calls, (std::vector<std::uint64_t>{1000, 1000, 2, 2, 1}));
}

TEST_F(StoreHostTest, keepsAppendsAndWritesOfAShardInOrder) {
  start();
  occupy();
  append(0, {"a"});
  write(0, "room");
  append(0, {"b"});
  gate.open();
  wait();
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[1].second.seq, 2u);
  EXPECT_EQ(answers[2].second.seq, 4u) << "the write took 3";
  EXPECT_EQ(writes, std::vector<std::optional<Code>>{std::nullopt});
}

TEST_F(StoreHostTest, refusesAtOnceWhenTheQueueIsFull) {
  start(false, {.queue_items = 4});
  occupy();
  append(1, {"a", "b", "c"});
  const int before = expected;
  append(1, {"d"});
  EXPECT_EQ(expected, before) << "answered inline";
  EXPECT_EQ(last(), ATRIUM_FULL);
  write(2, "room");
  EXPECT_EQ(writes.back(), Code::overloaded);
  EXPECT_EQ(metric(Metric::store_refused), 2);
  gate.open();
  wait();
  EXPECT_EQ(last(), ATRIUM_OK);
  appendAndWait({"e"});
  EXPECT_EQ(last(), ATRIUM_OK) << "there is room again";
}

TEST_F(StoreHostTest, tellsWhatBecameOfWrites) {
  start();
  for (const char* wish : {"fine", "precondition", "full", "fail", "unknown-status"}) {
    write(0, wish);
    wait();
  }
  EXPECT_EQ(writes, (std::vector<std::optional<Code>>{std::nullopt, Code::conflict, Code::overloaded, Code::storage_unavailable,
                                                      Code::storage_unavailable}));
}

TEST_F(StoreHostTest, takesNoAnswerThatMakesNoSense) {
  start();
  for (const char* wish : {"item-nonsense", "seq-zero", "no-epoch", "item-fails", "call-throws"}) {
    appendAndWait({wish});
    EXPECT_EQ(last(), ATRIUM_FAILED) << wish;
    appendAndWait({"fine"});
    EXPECT_EQ(last(), ATRIUM_OK);
  }
}

TEST_F(StoreHostTest, opensTheCircuitAfterFiveFailuresAndProbesLater) {
  start();
  for (int n = 0; n < 5; ++n) appendAndWait({"call-fails"});
  EXPECT_EQ(last(), ATRIUM_FAILED);
  EXPECT_EQ(metric(Metric::breaker_open), 1);
  EXPECT_FALSE(host->health());
  append(0, {"fine"});
  EXPECT_EQ(expected, 0) << "refused at once";
  EXPECT_EQ(last(), ATRIUM_FAILED);
  std::optional<Error> refused;
  stores[1]->write({DocumentWrite{{"room"}, ATRIUM_VERSION_ANY, "v"}}, [&](Result<void> result) { refused = result.error(); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, Code::storage_unavailable);
  EXPECT_GE(refused->retry_after_ms, 4000u);
  EXPECT_LE(refused->retry_after_ms, 6000u);

  clock.advance(7s);
  occupy();             // The probe...
  append(1, {"fine"});  // ...and nothing beside it.
  EXPECT_EQ(last(), ATRIUM_FAILED);
  gate.open();
  wait();
  EXPECT_EQ(last(), ATRIUM_OK);
  EXPECT_FALSE(host->health());
  appendAndWait({"fine"});
  EXPECT_TRUE(host->health()) << "two successes close it";
  EXPECT_EQ(metric(Metric::breaker_open), 0);
}

TEST_F(StoreHostTest, maintenanceTakesNoProbe) {
  begin(false, {.idle_interval = 1ms});
  gate.open(1000);  // Maintenance waits for nothing.
  for (int n = 0; n < 5; ++n) appendAndWait({"call-fails"});
  clock.advance(7s);  // The next append may probe. Meanwhile the writer is idle, over and over.
  for (int n = 0; n < 2000; ++n) {
    stores[0]->get({"room"}, [this](auto) { --expected; });
    ++expected;
    wait();
    ASSERT_EQ(host->breakerState(), "open");
  }
  appendAndWait({"fine"});
  EXPECT_EQ(last(), ATRIUM_OK);
  appendAndWait({"fine"});
  EXPECT_TRUE(host->health());
}

TEST_F(StoreHostTest, answersWhatWaitedWhenTheCircuitOpened) {
  start();
  for (int n = 0; n < 4; ++n) appendAndWait({"call-fails"});
  append(0, {"wait", "call-fails"});
  gate.awaitArrival();
  write(0, "room");  // Handed over before it is known that the circuit opens.
  append(1, {"fine"});
  gate.open();
  wait();
  EXPECT_EQ(writes.back(), Code::storage_unavailable);
  EXPECT_EQ(last(), ATRIUM_FAILED);
}

TEST_F(StoreHostTest, countsACallPastItsDeadlineAsFailedAndStillDeliversItsAnswer) {
  start();
  for (int n = 0; n < 5; ++n) {
    occupy();
    EXPECT_TRUE(host->health());
    clock.advance(300ms);
    EXPECT_FALSE(host->health()) << "not ready while it hangs";
    gate.open();
    wait();
    EXPECT_EQ(last(), ATRIUM_OK) << "a late success is a success";
  }
  append(0, {"fine"});
  EXPECT_EQ(last(), ATRIUM_FAILED) << "but the circuit is open";
}

TEST_F(StoreHostTest, isNotReadyWhileATrimHangs) {
  start();
  std::optional<std::uint64_t> dropped;
  stores[0]->trim({"wait", Id{{9}}}, 1, fromMillis(5), [&](Result<std::uint64_t> result) { dropped = *result; });
  gate.awaitArrival();
  EXPECT_TRUE(host->health());
  clock.advance(300ms);
  EXPECT_FALSE(host->health()) << "every write waits behind it";
  gate.open(2);
  while (!dropped) shards.runOne();
}

TEST_F(StoreHostTest, isNotReadyWhileMaintenanceHoldsUpWhatWaits) {
  begin(false, {.idle_interval = 1ms});
  gate.awaitArrival();
  clock.advance(300ms);
  EXPECT_TRUE(host->health()) << "a checkpoint may take its time";
  append(0, {"fine"});
  EXPECT_FALSE(host->health()) << "but nobody may wait for it that long";
  gate.open();
  wait();
  EXPECT_EQ(last(), ATRIUM_OK);
}

TEST_F(StoreHostTest, stopsUsingAStoreThatDied) {
  start();
  appendAndWait({"call-dies"});
  EXPECT_EQ(last(), ATRIUM_FATAL);
  const auto health = host->health();
  ASSERT_FALSE(health);
  EXPECT_EQ(health.error().code, Code::storage_unavailable);
  clock.advance(std::chrono::hours{1});
  append(1, {"fine"});
  EXPECT_EQ(last(), ATRIUM_FATAL);
  write(1, "room");
  EXPECT_EQ(writes.back(), Code::storage_unavailable);
  std::optional<Code> read;
  stores[0]->get({"room"}, [&](auto result) { read = result.error().code; });
  EXPECT_EQ(read, Code::storage_unavailable);
}

TEST_F(StoreHostTest, noticesADeathInOneItem) {
  start();
  appendAndWait({"fine", "item-dies"});
  EXPECT_EQ(answers[0].second.status, ATRIUM_OK);
  EXPECT_EQ(answers[1].second.status, ATRIUM_FATAL);
  EXPECT_FALSE(host->health());
}

TEST_F(StoreHostTest, noticesADeathInOneRead) {
  start();
  std::optional<Code> read;
  stores[0]->get({"die"}, [&](auto result) { read = result.error().code; });
  shards.runOne();
  EXPECT_EQ(read, Code::storage_unavailable);
  EXPECT_FALSE(host->health());
  append(0, {"fine"});
  EXPECT_EQ(last(), ATRIUM_FATAL);
}

TEST_F(StoreHostTest, trimsInStepsUntilNothingIsLeft) {
  start();
  std::optional<std::uint64_t> dropped;
  stores[0]->trim(room, 3, fromMillis(5), [&](Result<std::uint64_t> result) { dropped = *result; });
  shards.runOne();
  EXPECT_EQ(dropped, 30u);
}

TEST_F(StoreHostTest, offersMaintenanceWhenNothingWaits) {
  begin(false, {.idle_interval = 1ms});
  gate.open(2);  // Two times it may; each shows only after it is done.
  std::optional<std::uint64_t> times;
  while (times.value_or(0) < 2) {
    stores[0]->get({"maintained"}, [&](auto result) { times = (*result)->version; });
    shards.runOne();
  }
  EXPECT_EQ(times, 2u);
}

TEST_F(StoreHostTest, doesWhatWasHandedOverBeforeItStops) {
  start();
  occupy();
  append(1, {"a"});
  write(2, "room");
  gate.open();
  host->stop();
  wait();
  EXPECT_EQ(answers.size(), 2u);
  for (const auto& [shard, result] : answers) EXPECT_EQ(result.status, ATRIUM_OK);
  EXPECT_EQ(writes.back(), std::nullopt);
  append(0, {"late"});
  EXPECT_EQ(last(), ATRIUM_FAILED);
  write(0, "late");
  EXPECT_EQ(writes.back(), Code::shutting_down);
}

TEST_F(StoreHostTest, callsAStoreThatNeverBlocksInline) {
  start(true);
  append(0, {"a", "b"});
  EXPECT_EQ(expected, 0);
  EXPECT_EQ(last(), ATRIUM_OK);
  write(1, "room");
  write(1, "precondition");
  EXPECT_EQ(writes, (std::vector<std::optional<Code>>{std::nullopt, Code::conflict}));
  std::optional<Document> document;
  stores[2]->get({"d"}, [&](auto result) { document = *result; });
  EXPECT_EQ(document->value, "value");
  EXPECT_EQ(shards.posts(), 0u);
  std::optional<std::uint64_t> dropped;
  stores[0]->trim(room, 3, fromMillis(5), [&](Result<std::uint64_t> result) { dropped = *result; });
  for (int step = 0; step < 3; ++step) {
    EXPECT_FALSE(dropped) << "the loop has other work, too";
    shards.runOne();
  }
  EXPECT_EQ(dropped, 30u);

  for (int n = 0; n < 5; ++n) append(0, {"call-fails"});
  append(2, {"fine"});
  EXPECT_EQ(last(), ATRIUM_FAILED) << "one breaker for all shards";
  EXPECT_FALSE(host->health());
}

TEST_F(StoreHostTest, servesManyThreadsAtOnce) {
  start();
  // Each shard's work is handed over by a thread of its own; the answers are run here.
  std::atomic<int> done{0};
  constexpr int rounds = 300;
  std::vector<std::unique_ptr<AppendBatch>> batches;
  for (int n = 0; n < 3 * rounds; ++n) batches.push_back(batchOf({"a", "b"}));
  std::vector<std::thread> threads;
  for (unsigned shard = 0; shard < 3; ++shard)
    threads.emplace_back([&, shard] {
      for (int n = 0; n < rounds; ++n) {
        stores[shard]->append(std::move(batches[shard * rounds + static_cast<unsigned>(n)]),
                              [&done](std::unique_ptr<AppendBatch>) { ++done; });
        stores[shard]->get({"d"}, [&done](auto) { ++done; });
        EXPECT_TRUE(host->health());
      }
    });
  while (done < 6 * rounds) shards.runOne();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(metric(Metric::store_refused), 0);
}

}  // namespace
}  // namespace atrium::test
