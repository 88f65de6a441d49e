#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/report.hpp"
#include "analytics/statistics.hpp"

// What the reports have in common. Of kernel/analytics only.
namespace atrium {

// NaN becomes nothing.
[[nodiscard]] inline Cell cell(double value) { return std::isfinite(value) ? Cell(value) : Cell(); }
[[nodiscard]] inline Cell cell(std::uint64_t count) { return static_cast<std::int64_t>(count); }
[[nodiscard]] inline Cell cell(std::string text) { return text; }
[[nodiscard]] inline Cell cell(Wall at) { return formatTime(at); }

[[nodiscard]] double ratio(double part, double whole);  // NaN when the whole is 0.
[[nodiscard]] inline double ratio(std::uint64_t part, std::uint64_t whole) {
  return ratio(static_cast<double>(part), static_cast<double>(whole));
}

// What happened in a step to whoever the report is about.
[[nodiscard]] const Activity& activityOf(const Rollup& step, const ReportQuery& query);
// Of the whole time.
[[nodiscard]] Activity totalOf(const RollupHistory& history, const ReportQuery& query);
// The steps added up to as long ones as make at most some 700 rows: minutes up to 6 hours, quarters of an hour up to two days, hours up
// to 28 days, days above.
[[nodiscard]] std::vector<Rollup> trendOf(const RollupHistory& history);
[[nodiscard]] bool mayBeSeen(const ReportQuery& query, std::string_view agent_id);

[[nodiscard]] AnalyticsReport responseTimeReport(const ReportQuery& query, const RollupHistory& history);
[[nodiscard]] AnalyticsReport assignmentReport(const ReportQuery& query, const RollupHistory& history);
[[nodiscard]] AnalyticsReport messageLatencyReport(const RollupHistory& history);
[[nodiscard]] AnalyticsReport slaReport(const ReportQuery& query, const RollupHistory& history);
[[nodiscard]] AnalyticsReport loadBalanceReport(const ReportQuery& query, const RollupHistory& history);
[[nodiscard]] AnalyticsReport utilisationReport(const ReportQuery& query, const RollupHistory& history);
[[nodiscard]] AnalyticsReport agentsReport(const ReportQuery& query, const RollupHistory& history);
[[nodiscard]] AnalyticsReport heatmapReport(const ReportQuery& query, const RollupHistory& history);
[[nodiscard]] AnalyticsReport forecastReport(const ReportQuery& query, const RollupHistory& history);

}  // namespace atrium
