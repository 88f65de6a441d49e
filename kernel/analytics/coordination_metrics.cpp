#include "analytics/coordination_metrics.hpp"

#include <cmath>
#include <limits>

#include "analytics/statistics.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

void writeGoal(JsonWriter<std::string>& json, std::string_view name, double target, double actual, bool at_least) {
  json.key(name).begin('{').key("target").value(target).key("actual").value(actual).key("met");
  if (std::isnan(actual))
    json.null();
  else
    json.value(at_least ? actual > target : actual < target);
  json.end('}');
}

}  // namespace

void CoordinationNow::take(const TeamSample& sample) {
  has_team = true;
  active_leads = sample.active_leads;
  queue_length = sample.queue_length;
  oldest_wait_seconds = sample.oldest_wait_seconds;
  for (const AgentSample& agent : sample.agents) {
    ++agents_total;
    if (!isOnline(agent.status)) continue;
    ++agents_online;
    if (agent.status == "available") ++agents_available;
    if (agent.capacity > 0 && agent.active_leads >= agent.capacity) ++agents_at_cap;
    active_conversations += agent.active_conversations;
  }
  const std::vector<double> loads = onlineUtilisation(sample);
  double sum = 0;
  for (const double load : loads) sum += load;
  team_utilization = loads.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(loads.size());
  workload_balance = jain(loads);
}

std::string coordinationMetricsJson(const CoordinationNow& standing, Wall now) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  Distribution responses = standing.last_hour[Timing::response_ms];
  responses.add(standing.last_hour[Timing::first_response_ms]);
  const Distribution& assignment = standing.last_hour[Timing::acceptance_ms];
  const Distribution& latency = standing.message_latency_us;
  const double response_s = responses.mean() / 1000, assignment_s = assignment.mean() / 1000, latency_ms = latency.mean() / 1000;
  const double balance = standing.has_team ? standing.workload_balance : unknown;

  std::string out;
  JsonWriter json(out);
  json.begin('{').key("timestamp").time(now);
  json.key("agents_online").value(standing.agents_online).key("agents_available").value(standing.agents_available);
  json.key("agents_total").value(standing.agents_total).key("agents_at_cap").value(standing.agents_at_cap);
  json.key("active_leads").value(standing.active_leads).key("active_conversations").value(standing.active_conversations);
  json.key("queue_length").value(standing.queue_length).key("oldest_wait_seconds").value(standing.oldest_wait_seconds);
  json.key("avg_response_time").value(response_s);
  json.key("lead_assignment_time").value(assignment_s).key("lead_assignment_time_p95").value(assignment.quantile(0.95) / 1000);
  json.key("routing_decision_ms_p99").value(standing.last_hour[Timing::decision_us].quantile(0.99) / 1000);
  json.key("workload_balance").value(balance);
  json.key("message_latency_ms").value(latency_ms).key("message_latency_ms_p95").value(latency.quantile(0.95) / 1000);
  json.key("team_utilization").value(standing.has_team ? standing.team_utilization : unknown);
  json.key("target_compliance").begin('{');
  writeGoal(json, "avg_response_time", response_target_s, response_s, false);
  writeGoal(json, "lead_assignment_time", lead_assignment_target_s, assignment_s, false);
  writeGoal(json, "workload_balance", balance_target, balance, true);
  writeGoal(json, "message_latency_ms", message_latency_target_ms, latency_ms, false);
  json.end('}').end('}');
  return out;
}

}  // namespace atrium
