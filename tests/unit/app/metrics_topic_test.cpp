#include "app/metrics_topic.hpp"

#include <gtest/gtest.h>

#include <map>

#include "protocol/json_index.hpp"
#include "protocol/metrics.hpp"
#include "sim/store.hpp"

namespace atrium {
namespace {

class PutTopics final : public Topics {
 public:
  bool put(std::string_view tenant_id, Topic topic, std::string_view key, std::string_view value) override {
    EXPECT_EQ(topic, Topic::metrics);
    EXPECT_EQ(key, MetricsTopic::key);
    values[std::string(tenant_id)] = value;
    return true;
  }
  void remove(std::string_view, Topic, std::string_view) override {}
  bool append(std::string_view, Topic, std::string_view, std::string_view) override { return true; }
  std::map<std::string, std::string> values;
};

class MetricsTopicTest : public testing::Test {
 protected:
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    now = clock.now();
    timers.advance(now.mono);
  }
  void measure(std::size_t tenants) {
    for (std::size_t tenant = 0; tenant < tenants; ++tenant)
      recorder.note("t" + std::to_string(tenant), {.kind = Fact::Kind::lead_arrived});
  }

  ManualClock clock;
  Now now = clock.now();
  Random random{1};
  sim::SimStore store{random, {}};
  std::unique_ptr<Store> port = store.port([](Task task) { task(); });
  TimerWheel timers{now.mono};
  MetricSet metrics{metric_table};
  Log log{Log::Options{}};
  Recorder recorder{{.store = *port, .timers = timers, .now = now, .metrics = metrics, .log = log, .index = 0, .shards = 1}, {}};
  PutTopics topics;
  MetricsTopic shown{recorder, topics, timers, now};
};

TEST_F(MetricsTopicTest, showsWhatTheFiguresAreAtEachSampling) {
  shown.begin();
  measure(1);
  pass(recorder.options().sampling);
  const auto first = JsonDocument::parse(topics.values["t0"]);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->root()["target_compliance"].isObject()) << topics.values["t0"];
  topics.values.clear();
  pass(recorder.options().sampling - std::chrono::milliseconds(1));
  EXPECT_TRUE(topics.values.empty());
  pass(std::chrono::milliseconds(1));
  EXPECT_EQ(topics.values.size(), 1U);
}

TEST_F(MetricsTopicTest, manyTenantsHaveTheirTurnsOneAfterTheOther) {
  shown.begin();
  measure(2 * MetricsTopic::tenants_at_once + 1);
  pass(recorder.options().sampling);
  EXPECT_EQ(topics.values.size(), MetricsTopic::tenants_at_once);
  pass(MetricsTopic::pause);
  EXPECT_EQ(topics.values.size(), 2 * MetricsTopic::tenants_at_once);
  pass(MetricsTopic::pause);
  EXPECT_EQ(topics.values.size(), 2 * MetricsTopic::tenants_at_once + 1);
  topics.values.clear();
  pass(recorder.options().sampling - 2 * MetricsTopic::pause);
  EXPECT_EQ(topics.values.size(), MetricsTopic::tenants_at_once) << "the next round begins at its time";
}

}  // namespace
}  // namespace atrium
