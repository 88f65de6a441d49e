#include "rest/metrics_json.hpp"

#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

double rate(std::uint64_t good, std::uint64_t bad) {
  return good + bad == 0 ? 1.0 : static_cast<double>(good) / static_cast<double>(good + bad);
}

void writeTarget(JsonWriter<std::string>& json, std::string_view name, double target, double actual, bool met) {
  json.key(name).begin('{').key("target").value(target).key("actual").value(actual).key("met").value(met).end('}');
}

}  // namespace

std::string metricsJson(const EngineFigures& figures, const NodeStatus& node, bool whole_node, Wall now) {
  const double p95_ms = static_cast<double>(figures.latency.quantileUs(0.95)) / 1000;
  const double p99_ms = static_cast<double>(figures.latency.quantileUs(0.99)) / 1000;
  const bool latency_met = p95_ms < latency_p95_target_ms;
  const bool throughput_met = figures.messages_refused_last_minute == 0 && figures.queued_late_last_minute == 0;
  const double delivery_rate = rate(figures.deliveries, figures.deliveries_failed);
  const double success_rate = rate(figures.sessions_opened, figures.sessions_refused);

  std::string out;
  JsonWriter json(out);
  json.begin('{').key("timestamp").time(now).key("scope").value(whole_node ? "node" : "tenant");
  json.key("collaboration_engine").begin('{');
  json.key("total_connections").value(figures.sessions);
  json.key("active_rooms").value(figures.rooms_active);
  json.key("total_messages_sent").value(figures.messages);
  json.key("average_message_latency_ms").value(figures.latency.meanUs() / 1000);
  json.key("p95_message_latency_ms").value(p95_ms);
  json.key("p99_message_latency_ms").value(p99_ms);
  json.key("messages_per_second").value(static_cast<double>(figures.messages_last_minute) / 60);
  json.end('}');
  json.key("performance_status").begin('{');
  json.key("latency_target_met").value(latency_met);
  json.key("throughput_target_met").value(throughput_met);
  json.key("overall_healthy").value(latency_met && throughput_met && node.ready);
  json.end('}');
  json.key("connection_success_rate").value(success_rate);
  json.key("message_delivery_rate").value(delivery_rate);
  json.key("redis_health").value(node.redis_health);
  json.key("websocket_health").value(node.websocket_health);
  json.key("circuit_breakers").begin('{');
  for (const auto& [name, state] : node.breakers) json.key(name).value(state);
  json.end('}');
  json.key("resource_utilization").begin('{');
  json.key("sessions").value(figures.sessions).key("rooms").value(figures.rooms_active);
  if (whole_node)
    for (const auto& [name, value] : node.resource_utilization) json.key(name).value(value);
  json.end('}');
  json.key("target_compliance").begin('{');
  writeTarget(json, "message_latency_ms_p95", latency_p95_target_ms, p95_ms, latency_met);
  writeTarget(json, "message_latency_ms_p99", latency_p99_target_ms, p99_ms, p99_ms < latency_p99_target_ms);
  // What was offered was taken in time: refused or late messages of the last minute.
  writeTarget(json, "messages_refused_or_late", 0,
              static_cast<double>(figures.messages_refused_last_minute + figures.queued_late_last_minute), throughput_met);
  writeTarget(json, "message_delivery_rate", 1, delivery_rate, figures.deliveries_failed == 0);
  json.end('}').end('}');
  return out;
}

std::string readinessJson(const Readiness& readiness) {
  std::string out;
  JsonWriter json(out);
  json.begin('{').key("status").value(readiness.status).key("components").begin('[');
  for (const Component& component : readiness.components) {
    json.begin('{').key("name").value(component.name).key("healthy").value(component.healthy).key("state").value(component.state);
    if (!component.detail.empty()) json.key("detail").value(component.detail);
    json.end('}');
  }
  json.end(']').end('}');
  return out;
}

}  // namespace atrium
