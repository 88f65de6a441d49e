// How what happens to plugins reaches the shards. kernel/plugin/plugin_news.cpp.
#include "plugin/plugin_news.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/json_index.hpp"
#include "protocol/metrics.hpp"

namespace atrium {
namespace {

// Shards whose only thread is the test's: each runs when it is told to.
class StillShards final : public Shards {
 public:
  unsigned count() const override { return 2; }
  bool post(unsigned shard, Task task) override { return postAlways(shard, std::move(task)), true; }
  void postAlways(unsigned shard, Task task) override { tasks[shard].push_back(std::move(task)); }
  void turn(unsigned shard) {
    for (std::deque<Task> fresh = std::exchange(tasks[shard], {}); !fresh.empty(); fresh.pop_front()) fresh.front()();
  }

  std::deque<Task> tasks[2];
};

std::int64_t integerAt(const JsonView& event, std::string_view name) {
  std::int64_t value = -1;
  static_cast<void>(event[name].integer(value));
  return value;
}

class PluginNewsTest : public testing::Test {
 protected:
  [[nodiscard]] PluginEvent step(PluginState state, std::string reason = {}) const {
    return {.plugin = "com.acme.one", .version = "1.2.3", .generation = 4, .state = state, .reason = std::move(reason)};
  }
  // The numbers a shard was told of so far.
  [[nodiscard]] std::vector<std::int64_t> numbers(unsigned shard) const {
    std::vector<std::int64_t> found;
    for (const JsonDocument& event : told[shard]) found.push_back(integerAt(event.root(), "number"));
    return found;
  }

  StillShards shards;
  MetricRegistry registry{metric_table};
  std::vector<JsonDocument> told[2];
  PluginNews news{shards, registry.makeSet(), [this](unsigned shard, std::span<const FramePtr> events) {
                    for (const FramePtr& event : events) told[shard].push_back(*JsonDocument::parse(event->payload()));
                  }};
  ManualClock clock;
  Log log{Log::Options{.level = LogLevel::error}};
  PluginJournal journal{log, clock};
};

TEST_F(PluginNewsTest, tellsEveryShardWhatTheJournalNotes) {
  journal.onEvent([this](const PluginEvent& event) { news.add(event); });
  const PluginEvent noted = journal.note(step(PluginState::quarantined, "it said \"no\""));
  for (const unsigned shard : {0u, 1u}) {
    shards.turn(shard);
    ASSERT_EQ(told[shard].size(), 1u);
    const JsonView event = told[shard].front().root();
    EXPECT_EQ(event["event_type"].text(), "plugin_state");
    EXPECT_EQ(integerAt(event, "number"), 1);
    EXPECT_EQ(event["plugin"].text(), "com.acme.one");
    EXPECT_EQ(event["version"].text(), "1.2.3");
    EXPECT_EQ(integerAt(event, "generation"), 4);
    EXPECT_EQ(event["state"].text(), "quarantined");
    EXPECT_EQ(event["reason"].text(), "it said \"no\"");
    EXPECT_EQ(event["at"].text(), formatTime(noted.at));
  }
}

TEST_F(PluginNewsTest, aFileThatIsNotCalledInUtf8IsToldInUtf8) {
  journal.onEvent([this](const PluginEvent& event) { news.add(event); });
  PluginEvent event = step(PluginState::rejected, "there is no \xFF.so");
  event.plugin = "/plugins/\xFF.so";
  journal.note(std::move(event));
  shards.turn(0);
  ASSERT_EQ(told[0].size(), 1u) << "it was no JSON";
  EXPECT_EQ(told[0].front().root()["plugin"].text(), "/plugins/\xEF\xBF\xBD.so");
  EXPECT_EQ(told[0].front().root()["reason"].text(), "there is no \xEF\xBF\xBD.so");
}

TEST_F(PluginNewsTest, oneWaitingPostTakesAlongWhatComesMeanwhile) {
  for (std::uint64_t number = 1; number <= 3; ++number) {
    PluginEvent event = step(PluginState::active);
    event.number = number;
    news.add(event);
  }
  EXPECT_EQ(shards.tasks[0].size(), 1u);
  EXPECT_EQ(shards.tasks[1].size(), 1u);
  shards.turn(0);
  EXPECT_EQ(numbers(0), (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(numbers(1), std::vector<std::int64_t>()) << "it did not turn yet";
  PluginEvent later = step(PluginState::degraded);
  later.number = 4;
  news.add(later);
  EXPECT_EQ(shards.tasks[0].size(), 1u) << "another post, once the first has run";
  EXPECT_EQ(shards.tasks[1].size(), 1u);
  shards.turn(0);
  shards.turn(1);
  EXPECT_EQ(numbers(0), (std::vector<std::int64_t>{1, 2, 3, 4}));
  EXPECT_EQ(numbers(1), (std::vector<std::int64_t>{1, 2, 3, 4}));
  EXPECT_EQ(registry.sum(Metric::plugin_news_dropped), 0);
}

TEST_F(PluginNewsTest, aShardThatIsFarBehindMissesTheOldest) {
  const auto most = static_cast<std::int64_t>(PluginNews::waiting_max);
  for (std::int64_t number = 1; number <= most + 5; ++number) {
    PluginEvent event = step(PluginState::active);
    event.number = static_cast<std::uint64_t>(number);
    news.add(event);
    if (number == 5) shards.turn(1);  // This one keeps up for a while.
  }
  shards.turn(0);
  shards.turn(1);
  ASSERT_EQ(numbers(0).size(), PluginNews::waiting_max);
  EXPECT_EQ(numbers(0).front(), 6);
  EXPECT_EQ(numbers(0).back(), most + 5) << "the latest tells by its number that there were others";
  ASSERT_EQ(numbers(1).size(), PluginNews::waiting_max + 5);
  EXPECT_EQ(registry.sum(Metric::plugin_news_dropped), 5);
}

}  // namespace
}  // namespace atrium
