#include "analytics/report.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "analytics/report_parts.hpp"

namespace atrium {

static_assert(static_cast<std::size_t>(ReportKind::forecast) + 1 == std::size(report_words));

std::optional<ReportKind> reportOf(std::string_view word) {
  const auto found = std::ranges::find(report_words, word);
  if (found == std::end(report_words)) return std::nullopt;
  return static_cast<ReportKind>(found - std::begin(report_words));
}

std::chrono::hours usualTime(ReportKind kind) {
  switch (kind) {
    case ReportKind::heatmap:
    case ReportKind::forecast: return std::chrono::hours(24 * 56);
    case ReportKind::agents: return std::chrono::hours(24 * 28);
    default: return std::chrono::hours(24);
  }
}

RollupQuery::Agents agentsFor(ReportKind kind, bool of_one_agent) {
  using Agents = RollupQuery::Agents;
  if (kind == ReportKind::agents || kind == ReportKind::load_balance || (kind == ReportKind::utilisation && !of_one_agent))
    return Agents::sum;
  return of_one_agent ? Agents::one : Agents::none;
}

bool takesAgent(ReportKind kind) {
  return kind != ReportKind::message_latency && kind != ReportKind::load_balance && kind != ReportKind::forecast;
}

bool takesQueue(ReportKind kind) {
  return kind == ReportKind::response_time || kind == ReportKind::assignment || kind == ReportKind::sla || kind == ReportKind::heatmap ||
         kind == ReportKind::forecast;
}

Span stepFor(ReportKind kind, Wall from, Wall to) {
  const bool season = kind == ReportKind::heatmap || kind == ReportKind::forecast;
  return season || std::chrono::duration_cast<std::chrono::hours>(to - from) > minutes_read_max ? Span::hour : Span::minute;
}

double ratio(double part, double whole) { return whole == 0 ? std::numeric_limits<double>::quiet_NaN() : part / whole; }

const Activity& activityOf(const Rollup& step, const ReportQuery& query) {
  static const Activity none;
  if (!query.agent_id.empty()) {
    const auto found = step.agents.find(query.agent_id);
    return found == step.agents.end() ? none : found->second.activity;
  }
  if (query.queue.empty()) return step.total;
  const auto found = step.queues.find(query.queue);
  return found == step.queues.end() ? none : found->second;
}

Activity totalOf(const RollupHistory& history, const ReportQuery& query) {
  Activity total;
  for (const Rollup& step : history.steps) total.add(activityOf(step, query));
  return total;
}

std::vector<Rollup> trendOf(const RollupHistory& history) {
  const auto time = history.to - history.from;
  const std::chrono::minutes width(time <= std::chrono::hours(6)         ? 1
                                   : time <= minutes_read_max            ? 15
                                   : time <= std::chrono::hours(28 * 24) ? 60
                                                                         : 24 * 60);
  std::vector<Rollup> trend;
  for (const Rollup& step : history.steps) {
    const Wall from = step.from - (step.from.time_since_epoch() % width);
    if (trend.empty() || trend.back().from != from) trend.emplace_back().from = from;
    trend.back().add(step);
  }
  return trend;
}

bool mayBeSeen(const ReportQuery& query, std::string_view agent_id) {
  return (query.visible_agent.empty() || agent_id == query.visible_agent) && (query.agent_id.empty() || agent_id == query.agent_id);
}

AnalyticsReport makeReport(const ReportQuery& query, const RollupHistory& history) {
  const auto made = [&] {
    switch (query.kind) {
      case ReportKind::response_time: return responseTimeReport(query, history);
      case ReportKind::assignment: return assignmentReport(query, history);
      case ReportKind::message_latency: return messageLatencyReport(history);
      case ReportKind::load_balance: return loadBalanceReport(query, history);
      case ReportKind::sla: return slaReport(query, history);
      case ReportKind::utilisation: return utilisationReport(query, history);
      case ReportKind::heatmap: return heatmapReport(query, history);
      case ReportKind::agents: return agentsReport(query, history);
      case ReportKind::forecast: break;
    }
    return forecastReport(query, history);
  };
  AnalyticsReport report = made();
  report.kind = query.kind;
  report.from = history.from;
  report.to = history.to;
  report.agent_id = query.agent_id;
  report.queue = query.queue;
  return report;
}

}  // namespace atrium
