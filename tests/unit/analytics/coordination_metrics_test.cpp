#include "analytics/coordination_metrics.hpp"

#include <gtest/gtest.h>

#include "protocol/json_index.hpp"

namespace atrium {
namespace {

double number(const JsonView& view) {
  double value = -1;
  EXPECT_TRUE(view.number(value));
  return value;
}

TEST(CoordinationMetrics, areInTheSeedsUnitsAndSayWhichTargetsAreMet) {
  CoordinationNow standing;
  standing.take({.agents = {{.agent_id = "a", .status = "available", .active_conversations = 2, .capacity = 4, .utilisation = 0.5},
                            {.agent_id = "b", .status = "in_call", .active_leads = 4, .capacity = 4, .utilisation = 1},
                            {.agent_id = "c", .status = "offline"}},
                 .active_leads = 6,
                 .queue_length = 1,
                 .oldest_wait_seconds = 12.5});
  standing.last_hour.note({.kind = Fact::Kind::response, .milliseconds = 30'000});
  standing.last_hour.note({.kind = Fact::Kind::first_response, .milliseconds = 60'000});
  standing.last_hour.note({.kind = Fact::Kind::accepted, .milliseconds = 8000});
  standing.message_latency_us.add(4000);
  const auto json = JsonDocument::parse(coordinationMetricsJson(standing, Wall{}));
  ASSERT_TRUE(json);
  const JsonView root = json->root();
  EXPECT_EQ(number(root["agents_online"]), 2);
  EXPECT_EQ(number(root["agents_available"]), 1);
  EXPECT_EQ(number(root["agents_total"]), 3);
  EXPECT_EQ(number(root["agents_at_cap"]), 1);
  EXPECT_EQ(number(root["active_leads"]), 6);
  EXPECT_EQ(number(root["avg_response_time"]), 45);
  EXPECT_EQ(number(root["lead_assignment_time"]), 8);
  EXPECT_EQ(number(root["team_utilization"]), 0.75);
  EXPECT_EQ(number(root["workload_balance"]), 0.9);  // 1.5² / (2 * 1.25)
  EXPECT_EQ(number(root["message_latency_ms"]), 4);
  const JsonView targets = root["target_compliance"];
  EXPECT_TRUE(targets["avg_response_time"]["met"].boolean(false));
  EXPECT_FALSE(targets["lead_assignment_time"]["met"].boolean(true));
  EXPECT_TRUE(targets["workload_balance"]["met"].boolean(false));
  EXPECT_TRUE(targets["message_latency_ms"]["met"].boolean(false));
}

TEST(CoordinationMetrics, whatNobodyMeasuredIsNullAndNeitherMetNorMissed) {
  const auto json = JsonDocument::parse(coordinationMetricsJson({}, Wall{}));
  ASSERT_TRUE(json);
  const JsonView root = json->root();
  EXPECT_EQ(number(root["agents_online"]), 0);
  for (const char* name : {"avg_response_time", "lead_assignment_time", "workload_balance", "message_latency_ms", "team_utilization"})
    EXPECT_TRUE(root[name].isNull()) << name;
  EXPECT_TRUE(root["target_compliance"]["avg_response_time"]["met"].isNull());
}

}  // namespace
}  // namespace atrium
