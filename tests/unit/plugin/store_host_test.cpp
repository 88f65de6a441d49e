#include "plugin/store_host.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "plugin_world.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium::test {
namespace {

// Time that several threads read and the test moves.
class SharedClock final : public Clock {
 public:
  Now now() const override { return {Mono{std::chrono::nanoseconds{ns_.load()}}, fromMillis(1'767'225'600'000)}; }
  void advance(std::chrono::nanoseconds step) { ns_ += step.count(); }

 private:
  std::atomic<std::int64_t> ns_{1'000'000'000};
};

// Shards without loops: the test is the thread of all of them.
class HandShards final : public Shards {
 public:
  unsigned count() const override { return 3; }
  bool post(unsigned shard, Task task) override { return postAlways(shard, std::move(task)), true; }
  void postAlways(unsigned shard, Task task) override {
    {
      const std::scoped_lock lock(mutex_);
      tasks_.emplace_back(shard, std::move(task));
      ++posts_;
    }
    came_.notify_all();
  }
  // Runs the next task that comes, waiting for it.
  void runOne() {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(came_.wait_for(lock, 30s, [this] { return !tasks_.empty(); })) << "no answer came";
    auto [shard, task] = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
  }
  [[nodiscard]] unsigned posts() const {
    const std::scoped_lock lock(mutex_);
    return posts_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::pair<unsigned, Task>> tasks_;
  unsigned posts_ = 0;
};

// Holds the store up and lets it through, a byte a step.
class Gate {
 public:
  Gate() {
    if (::pipe(steps_) != 0 || ::pipe(arrivals_) != 0) std::abort();
  }
  ~Gate() {
    for (const int end : {steps_[0], steps_[1], arrivals_[0], arrivals_[1]}) ::close(end);
  }
  [[nodiscard]] int steps() const { return steps_[0]; }
  [[nodiscard]] int arrivals() const { return arrivals_[1]; }
  void open(int steps = 1) {
    for (int n = 0; n < steps; ++n) ASSERT_EQ(::write(steps_[1], "x", 1), 1);
  }
  // Returns once somebody stands before it.
  void awaitArrival() {
    char byte = 0;
    ASSERT_EQ(::read(arrivals_[0], &byte, 1), 1);
  }

 private:
  int steps_[2];
  int arrivals_[2];
};

class StoreHostTest : public testing::Test {
 protected:
  void start(bool inline_store = false, StoreHost::Options options = {}) {
    options.idle_interval = std::chrono::hours{1};  // Unless a test asks for it.
    begin(inline_store, options);
  }
  void begin(bool inline_store, const StoreHost::Options& options) {
    world.wishes.storage = "test";
    world.wishes.use["test.store"].config =
        yaml("{inline: " + std::string(inline_store ? "true" : "false") + ", gate: " + std::to_string(gate.steps()) +
             ", arrivals: " + std::to_string(gate.arrivals()) + "}");
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
    plugin = world.host().storage();
    ASSERT_NE(plugin, nullptr);
    host.emplace(*plugin, shards, clock, world.log, metrics, options);
    for (unsigned n = 0; n < 3; ++n) stores.push_back(host->makeStore(n));
  }
  void TearDown() override {
    gate.open(1000);
    if (host) host->stop();
    stores.clear();
    host.reset();
  }

  std::unique_ptr<AppendBatch> batchOf(std::initializer_list<const char*> types) {
    auto batch = std::make_unique<AppendBatch>();
    for (const char* type : types) {
      AppendItem item;
      item.room = &room;
      item.message.bytes[15] = ++ids;
      item.message_type = type;
      FrameBuilder body;
      body.append("{}");
      item.body = body.finishRaw();
      batch->items.push_back(std::move(item));
    }
    return batch;
  }
  // Hands a batch over; its results come to `answers` when they come.
  void append(unsigned shard, std::initializer_list<const char*> types) {
    ++expected;
    stores[shard]->append(batchOf(types), [this, shard](std::unique_ptr<AppendBatch> batch) {
      for (AppendItem& item : batch->items) answers.emplace_back(shard, item.result);
      --expected;
    });
  }
  void appendAndWait(std::initializer_list<const char*> types) {
    append(0, types);
    wait();
  }
  // Holds the writer inside the store until the gate opens.
  void occupy() {
    append(0, {"wait"});
    gate.awaitArrival();
  }
  void write(unsigned shard, const char* key) {
    ++expected;
    stores[shard]->write({DocumentWrite{{key}, ATRIUM_VERSION_ANY, "v"}}, [this](Result<void> result) {
      writes.push_back(result ? std::nullopt : std::optional(result.error().code));
      --expected;
    });
  }
  void wait() {
    while (expected > 0) shards.runOne();
  }
  atrium_status last() const { return answers.back().second.status; }
  std::int64_t metric(Metric which) const { return metrics.read(which); }

  Gate gate;
  PluginWorld world{ATRIUM_TEST_PLUGINS};
  SharedClock clock;
  HandShards shards;
  MetricSet metrics{metric_table};
  LoadedPlugin* plugin = nullptr;
  std::optional<StoreHost> host;
  std::vector<std::unique_ptr<Store>> stores;
  RoomKey room{"tenant_a", Id{{9}}};
  std::uint8_t ids = 0;
  int expected = 0;
  std::vector<std::pair<unsigned, atrium_append_result>> answers;
  std::vector<std::optional<Code>> writes;
};

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

TEST_F(StoreHostTest, readsBesideTheWriter) {
  start();
  occupy();
  std::optional<RoomHead> head;
  stores[0]->head({"t", Id{{9}}}, [&](Result<RoomHead> result) { head = *result; });
  shards.runOne();
  EXPECT_EQ(head->epoch, "e1");
  std::optional<Result<std::uint64_t>> seq;
  stores[0]->locate({"t", Id{{9}}}, Id{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}},
                    [&](Result<std::uint64_t> result) { seq = result; });
  shards.runOne();
  EXPECT_EQ(**seq, 7u);
  stores[0]->locate({"t", Id{{9}}}, Id{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200}},
                    [&](Result<std::uint64_t> result) { seq = result; });
  shards.runOne();
  EXPECT_EQ(seq->error().code, Code::not_found);
  std::vector<Document> documents;
  stores[0]->scan({"p"}, {}, 3, [&](Result<std::vector<Document>> result) { documents = *result; });
  shards.runOne();
  EXPECT_EQ(documents.size(), 3u) << "a store that goes on after the limit is not listened to";
  std::optional<Document> document;
  stores[0]->get({"d"}, [&](auto result) { document = *result; });
  shards.runOne();
  EXPECT_EQ(document->value, "value");
  EXPECT_EQ(document->version, 3u);
  stores[0]->get({"absent"}, [&](auto result) { document = *result; });
  shards.runOne();
  EXPECT_FALSE(document);
  gate.open();
  wait();
}

TEST_F(StoreHostTest, knowsARoomWithoutALogFromOneThatCannotBeRead) {
  start();
  std::optional<Result<RoomHead>> head;
  const auto ask = [&](std::uint8_t first) {
    stores[0]->head({"t", Id{{first}}}, [&](Result<RoomHead> result) { head = std::move(result); });
    shards.runOne();
  };
  ask(1);
  EXPECT_EQ((*head)->last_seq, 0u);
  EXPECT_TRUE((*head)->epoch.empty());
  ask(2);
  EXPECT_EQ(head->error().code, Code::storage_unavailable);
  ask(3);
  EXPECT_EQ(head->error().code, Code::storage_unavailable) << "a head that makes no sense";
}

TEST_F(StoreHostTest, aPageSaysWhereToGoOn) {
  start();
  RecordPage found;
  const auto page = [&](PageQuery query) {
    stores[0]->page(std::move(query), [&](Result<RecordPage> result) { found = std::move(*result); });
    shards.runOne();
  };
  page({.room = {"t", Id{{9}}}, .limit = 30, .message_types = {"even"}, .sender_id = {}, .thread = {}});
  ASSERT_EQ(found.records.size(), 5u) << "one call, which looks at ten records";
  EXPECT_EQ(found.records.front().seq, 100u);
  EXPECT_EQ(found.next, 91u);
  page({.room = {"t", Id{{9}}}, .limit = 30, .before_seq = 11, .message_types = {"even"}, .sender_id = {}, .thread = {}});
  ASSERT_EQ(found.records.size(), 5u);
  EXPECT_EQ(found.records.back().seq, 2u);
  EXPECT_EQ(found.next, 0u) << "the log ends there";
  page({.room = {"t", Id{{9}}}, .limit = 500, .after_seq = 80, .forward = true, .message_types = {"odd"}, .sender_id = {}, .thread = {}});
  ASSERT_EQ(found.records.size(), 5u);
  EXPECT_EQ(found.records.front().seq, 81u);
  EXPECT_EQ(found.next, 90u);
  std::optional<Code> stuck;
  stores[0]->page({.room = {"t", Id{{4}}}, .limit = 5, .before_seq = 50, .message_types = {}, .sender_id = {}, .thread = {}},
                  [&](auto result) { stuck = result.error().code; });
  shards.runOne();
  EXPECT_EQ(stuck, Code::storage_unavailable) << "a page that never ends is a broken contract";
}

TEST_F(StoreHostTest, boundsTheReadsThatWait) {
  start(false, {.queue_reads = 2, .readers = 1});
  int answered = 0, refused = 0;
  const auto read = [&](const char* key) { stores[0]->get({key}, [&](auto result) { result ? ++answered : ++refused; }); };
  read("wait");
  gate.awaitArrival();
  for (int n = 0; n < 5; ++n) read("wait");
  EXPECT_EQ(refused, 3) << "one is being read, two wait";
  gate.open(3);
  while (answered < 3) shards.runOne();
  EXPECT_EQ(refused, 3);
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

// ---- The exchange of the plugin

TEST_F(StoreHostTest, holdsWhatIsHandedOverWhileItIsParkedAndGoesOnInOrder) {
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

TEST_F(StoreHostTest, refusesBeyondItsBoundWhileItIsParked) {
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

TEST_F(StoreHostTest, isNotParkedWhileACallDoesNotComeBack) {
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

TEST_F(StoreHostTest, doesNotGoOnWithAStoreThatDoesNotHoldItsMark) {
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

TEST_F(StoreHostTest, refusesWhatWaitedWhenThereIsNoPluginToGoOnWith) {
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
