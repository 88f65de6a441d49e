#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "plugin/store_host.hpp"
#include "plugin_world.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium::test {

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
class StoreGate {
 public:
  StoreGate() {
    if (::pipe(steps_) != 0 || ::pipe(arrivals_) != 0) std::abort();
  }
  ~StoreGate() {
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

// A storage host over the plugin test.store, whose calls a test holds up.
class StoreWorld : public testing::Test {
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

  StoreGate gate;
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

}  // namespace atrium::test
