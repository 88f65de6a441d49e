#include "rest/metrics_json.hpp"

#include <gtest/gtest.h>

#include "protocol/json_index.hpp"

namespace atrium {
namespace {

JsonDocument body(const EngineFigures& figures, const NodeStatus& node, bool whole_node) {
  auto parsed = JsonDocument::parse(metricsJson(figures, node, whole_node, ManualClock{}.now().wall));
  EXPECT_TRUE(parsed);
  return parsed ? *std::move(parsed) : JsonDocument::emptyObject();
}

double number(const JsonView& value) {
  double out = -1;
  EXPECT_TRUE(value.number(out));
  return out;
}

NodeStatus healthyNode() { return {.ready = true, .breakers = {{"storage", "closed"}}, .resource_utilization = {{"cpu_seconds", 1.5}}}; }

EngineFigures quiet() {
  EngineFigures figures;
  figures.sessions = 3;
  figures.sessions_opened = 9;
  figures.sessions_refused = 1;
  figures.rooms_active = 2;
  figures.messages = 120;
  figures.messages_last_minute = 90;
  figures.deliveries = 300;
  figures.deliveries_failed = 100;
  Histogram latency;
  for (int n = 0; n < 100; ++n) latency.observe(2ms);
  latency.addTo(figures.latency);
  return figures;
}

TEST(MetricsJson, hasTheSeedsShape) {
  const JsonDocument document = body(quiet(), healthyNode(), false);
  const JsonView root = document.root();
  EXPECT_EQ(root["timestamp"].text(), "2026-01-01T00:00:00.000Z");
  const JsonView engine = root["collaboration_engine"];
  EXPECT_EQ(engine.size(), 7u);
  EXPECT_EQ(number(engine["total_connections"]), 3);
  EXPECT_EQ(number(engine["active_rooms"]), 2);
  EXPECT_EQ(number(engine["total_messages_sent"]), 120);
  EXPECT_NEAR(number(engine["average_message_latency_ms"]), 2, 0.01);
  EXPECT_NEAR(number(engine["p95_message_latency_ms"]), 2, 0.3);
  EXPECT_NEAR(number(engine["p99_message_latency_ms"]), 2, 0.3);
  EXPECT_EQ(number(engine["messages_per_second"]), 1.5);
  const JsonView status = root["performance_status"];
  EXPECT_TRUE(status["latency_target_met"].boolean(false));
  EXPECT_TRUE(status["throughput_target_met"].boolean(false));
  EXPECT_TRUE(status["overall_healthy"].boolean(false));
  EXPECT_EQ(number(root["connection_success_rate"]), 0.9);
  EXPECT_EQ(number(root["message_delivery_rate"]), 0.75);
  EXPECT_EQ(root["redis_health"].text(), "not_configured");
  EXPECT_EQ(root["websocket_health"].text(), "healthy");
  EXPECT_EQ(root["circuit_breakers"]["storage"].text(), "closed");
  EXPECT_EQ(number(root["target_compliance"]["message_latency_ms_p95"]["target"]), 50);
}

TEST(MetricsJson, showsTheNodeOnlyToWhoSeesIt) {
  EXPECT_EQ(body(quiet(), healthyNode(), false).root()["scope"].text(), "tenant");
  EXPECT_FALSE(body(quiet(), healthyNode(), false).root()["resource_utilization"]["cpu_seconds"].exists());
  EXPECT_EQ(body(quiet(), healthyNode(), true).root()["scope"].text(), "node");
  EXPECT_EQ(number(body(quiet(), healthyNode(), true).root()["resource_utilization"]["cpu_seconds"]), 1.5);
}

TEST(MetricsJson, countsNothingAsSuccess) {
  const JsonDocument document = body({}, healthyNode(), false);
  EXPECT_EQ(number(document.root()["connection_success_rate"]), 1);
  EXPECT_EQ(number(document.root()["message_delivery_rate"]), 1);
  EXPECT_TRUE(document.root()["performance_status"]["overall_healthy"].boolean(false));
}

TEST(MetricsJson, refusedOrLateMessagesMissTheThroughputTarget) {
  for (auto member : {&EngineFigures::messages_refused_last_minute, &EngineFigures::queued_late_last_minute}) {
    EngineFigures figures = quiet();
    figures.*member = 1;
    const JsonDocument document = body(figures, healthyNode(), false);
    EXPECT_FALSE(document.root()["performance_status"]["throughput_target_met"].boolean(true));
    EXPECT_TRUE(document.root()["performance_status"]["latency_target_met"].boolean(false));
    EXPECT_FALSE(document.root()["performance_status"]["overall_healthy"].boolean(true));
  }
}

TEST(MetricsJson, slowMessagesMissTheLatencyTarget) {
  EngineFigures figures = quiet();
  Histogram latency;
  for (int n = 0; n < 100; ++n) latency.observe(60ms);
  latency.addTo(figures.latency);
  EXPECT_FALSE(body(figures, healthyNode(), false).root()["performance_status"]["latency_target_met"].boolean(true));
}

TEST(MetricsJson, aNodeThatIsNotReadyIsNotHealthy) {
  NodeStatus node = healthyNode();
  node.ready = false;
  EXPECT_FALSE(body(quiet(), node, false).root()["performance_status"]["overall_healthy"].boolean(true));
}

TEST(ReadinessJson, namesEveryComponent) {
  const auto parsed = JsonDocument::parse(
      readinessJson({.ready = false,
                     .status = "failed",
                     .components = {{"storage", false, "failed", "A \"sync\" failed."}, {"loops", true, "turning", ""}}}));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->root()["status"].text(), "failed");
  const JsonView components = parsed->root()["components"];
  ASSERT_EQ(components.size(), 2u);
  EXPECT_EQ(components.first()["name"].text(), "storage");
  EXPECT_FALSE(components.first()["healthy"].boolean(true));
  EXPECT_EQ(components.first()["detail"].text(), "A \"sync\" failed.");
  EXPECT_FALSE(components.first().sibling(components)["detail"].exists());
}

}  // namespace
}  // namespace atrium
