#include "analytics/report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "analytics/statistics.hpp"

namespace atrium {
namespace {

const Wall monday = *stepTime("2026-01-05T00:00");

// A cell by the name of its column; NaN for nothing.
double cellOf(const Table& table, std::size_t row, std::string_view column) {
  const auto at = static_cast<std::size_t>(std::ranges::find(table.columns, column) - table.columns.begin());
  const Cell& cell = table.rows.at(row).at(at);
  if (const auto* number = std::get_if<double>(&cell)) return *number;
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*whole);
  if (const auto* flag = std::get_if<bool>(&cell)) return *flag ? 1 : 0;
  return std::nan("");
}

double summaryOf(const AnalyticsReport& report, std::string_view name) {
  for (const auto& [word, cell] : report.summary)
    if (word == name) return cellOf({"", {"x"}, {{cell}}}, 0, "x");
  ADD_FAILURE() << name;
  return 0;
}

Rollup step(Wall from) {
  Rollup made;
  made.from = from;
  return made;
}

TEST(Reports, everyKindHasRowsAndOnlyFiguresOfItsColumns) {
  RollupHistory history{.from = monday, .to = monday + 1h, .step = Span::minute, .steps = {step(monday)}, .agents = {{"ana", {}}}};
  for (std::size_t kind = 0; kind < std::size(report_words); ++kind) {
    ASSERT_EQ(reportOf(report_words[kind]), static_cast<ReportKind>(kind));
    const AnalyticsReport report = makeReport({.kind = static_cast<ReportKind>(kind)}, history);
    ASSERT_FALSE(report.tables.empty());
    EXPECT_EQ(report.tables.front().name, "rows");
    for (const Table& table : report.tables)
      for (const auto& row : table.rows) EXPECT_EQ(row.size(), table.columns.size()) << report_words[kind];
  }
  EXPECT_FALSE(reportOf("anything"));
}

TEST(Reports, responseTimesAreOfTheAgentOrQueueAskedFor) {
  Rollup one = step(monday);
  one.total.note({.kind = Fact::Kind::response, .milliseconds = 2000});
  one.total.note({.kind = Fact::Kind::response, .milliseconds = 4000});
  one.queues["north"].note({.kind = Fact::Kind::response, .milliseconds = 4000});
  one.agents["ana"].activity.note({.kind = Fact::Kind::response, .milliseconds = 2000});
  const RollupHistory history{.from = monday, .to = monday + 1h, .step = Span::minute, .steps = {one}, .agents = {}};
  const auto mean = [&history](ReportQuery query) { return summaryOf(makeReport(query, history), "response_s"); };
  EXPECT_EQ(mean({.kind = ReportKind::response_time}), 3);
  EXPECT_EQ(mean({.kind = ReportKind::response_time, .queue = "north"}), 4);
  EXPECT_EQ(mean({.kind = ReportKind::response_time, .agent_id = "ana"}), 2);
  EXPECT_TRUE(std::isnan(mean({.kind = ReportKind::response_time, .agent_id = "nobody"})));
}

TEST(Reports, longTimesHaveLongerSteps) {
  RollupHistory history{.from = monday, .to = monday + 24h, .step = Span::minute, .steps = {}, .agents = {}};
  for (int minute = 0; minute < 30; ++minute) {
    history.steps.push_back(step(monday + std::chrono::minutes(minute)));
    history.steps.back().total.note({.kind = Fact::Kind::response, .milliseconds = 1000});
  }
  const Table rows = makeReport({.kind = ReportKind::response_time}, history).tables.front();
  ASSERT_EQ(rows.rows.size(), 2U);
  EXPECT_EQ(cellOf(rows, 0, "responses"), 15);
}

TEST(Reports, theClocksOfAnAssignmentStayApart) {
  Rollup one = step(monday);
  one.total.note({.kind = Fact::Kind::decided, .engine_us = 5});
  one.total.note({.kind = Fact::Kind::accepted, .milliseconds = 7, .offer_milliseconds = 3});
  one.total.note({.kind = Fact::Kind::first_response, .milliseconds = 6});
  const Table rows =
      makeReport({.kind = ReportKind::assignment}, {.from = monday, .to = monday + 1h, .step = Span::minute, .steps = {one}, .agents = {}})
          .tables.front();
  EXPECT_EQ(cellOf(rows, 0, "p99_ms"), 0.005);
  EXPECT_EQ(cellOf(rows, 1, "mean_ms"), 3);
  EXPECT_EQ(cellOf(rows, 2, "mean_ms"), 7);
  EXPECT_EQ(cellOf(rows, 3, "mean_ms"), 6);
}

TEST(Reports, whoGaveUpWasNotServedInTime) {
  Rollup one = step(monday);
  for (int n = 0; n < 7; ++n) one.total.note({.kind = Fact::Kind::accepted, .milliseconds = 60'000});
  one.total.note({.kind = Fact::Kind::accepted, .milliseconds = 60'001});
  for (int n = 0; n < 2; ++n) one.total.note({.kind = Fact::Kind::abandoned});
  const AnalyticsReport report =
      makeReport({.kind = ReportKind::sla}, {.from = monday, .to = monday + 1h, .step = Span::minute, .steps = {one}, .agents = {}});
  EXPECT_DOUBLE_EQ(summaryOf(report, "accepted_within_60s"), 0.7);
  EXPECT_NEAR(summaryOf(report, "accepted_within_60s_burn"), 3, 1e-9);
  EXPECT_NEAR(summaryOf(report, "accepted_within_60s_low"), wilson(7, 10).low, 1e-12);
}

AgentPart agentWith(double utilisation, std::uint64_t accepted, double value) {
  AgentPart part;
  part.load = {.samples = 10, .online = 10, .utilisation = utilisation * 10};
  part.activity[Tally::accepted] = accepted;
  part.activity.value = value;
  return part;
}

TEST(Reports, balanceSaysOfWhatAndWhoIsOutOfLine) {
  RollupHistory history{.from = monday, .to = monday + 1h, .step = Span::minute, .steps = {step(monday)}, .agents = {}};
  history.steps[0].load = {.samples = 2, .agents_online = 10, .staffed = 2, .utilisation = 0.8, .balance = 1.8};
  const double loads[] = {0.2, 0.3, 0.4, 0.3, 0.5, 3.0};
  for (int n = 0; n < 6; ++n) history.agents["a" + std::to_string(n)] = agentWith(loads[n], 4, n == 0 ? 100 : 0);
  history.agents["never"].load.samples = 10;
  const AnalyticsReport report = makeReport({.kind = ReportKind::load_balance}, history);
  EXPECT_DOUBLE_EQ(summaryOf(report, "balance"), 0.9);
  EXPECT_NEAR(summaryOf(report, "jain_occupancy"), jain(loads), 1e-9);
  EXPECT_EQ(summaryOf(report, "jain_leads"), 1);
  EXPECT_DOUBLE_EQ(summaryOf(report, "jain_value"), 1.0 / 6);
  ASSERT_EQ(report.tables[1].rows.size(), 6U) << "who was never there is not counted as idle";
  EXPECT_EQ(cellOf(report.tables[1], 5, "out_of_line"), 1);
  EXPECT_EQ(cellOf(report.tables[1], 0, "out_of_line"), 0);
}

TEST(Reports, agentsSeeTheirOwnRowAlone) {
  RollupHistory history{.from = monday, .to = monday + 1h, .step = Span::minute, .steps = {step(monday)}, .agents = {}};
  for (const char* id : {"ana", "ben"}) history.agents[id] = agentWith(0.5, 3, 0);
  for (const ReportKind kind : {ReportKind::agents, ReportKind::load_balance, ReportKind::utilisation}) {
    const AnalyticsReport report = makeReport({.kind = kind, .visible_agent = "ben"}, history);
    const Table& agents = report.tables.back();
    ASSERT_EQ(agents.rows.size(), 1U);
    EXPECT_EQ(std::get<std::string>(agents.rows[0][0]), "ben");
  }
  EXPECT_EQ(summaryOf(makeReport({.kind = ReportKind::agents, .visible_agent = "ben"}, history), "accepted"), 6) << "the team's stay";
}

// Condos: the team wins 6 of 12, houses 2 of 8. Ana has 4 condos and 8 houses: 4 * .5 + 8 * .25 = 4 of 12 would be the team's.
TEST(Reports, caseMixIsWhatTheTeamWouldHaveGotWithTheSameLeads) {
  RollupHistory history{.from = monday, .to = monday + 1h, .step = Span::minute, .steps = {}, .agents = {}};
  history.agents["ana"].kinds = {{"condo", {4, 3, 4000}}, {"house", {8, 2, 80'000}}};
  history.agents["ben"].kinds = {{"condo", {8, 3, 20'000}}};
  history.agents["ana"].activity[Tally::closed] = 12;
  history.agents["ana"].activity[Tally::won] = 5;
  const Table rows = makeReport({.kind = ReportKind::agents}, history).tables.front();
  EXPECT_DOUBLE_EQ(cellOf(rows, 0, "expected_conversion_rate"), 4.0 / 12);
  EXPECT_DOUBLE_EQ(cellOf(rows, 0, "conversion_rate"), 5.0 / 12);
  EXPECT_DOUBLE_EQ(cellOf(rows, 1, "expected_conversion_rate"), 0.5);
  // (4 * 2 s + 8 * 10 s) / 12
  EXPECT_NEAR(cellOf(rows, 0, "expected_handling_s"), 88.0 / 12, 1e-9);
}

TEST(Reports, theHeatMapAveragesTheHoursItHasSeen) {
  RollupHistory history{.from = monday, .to = monday + 24h * 21, .step = Span::hour, .steps = {}, .agents = {}};
  for (const int arrived : {4, 8}) {
    Rollup hour = step(monday + 24h * 2 + 9h + (arrived == 8 ? 24h * 7 : 0h));
    hour.total[Tally::arrived] = static_cast<std::uint64_t>(arrived);
    history.steps.push_back(hour);
  }
  const Table rows = makeReport({.kind = ReportKind::heatmap}, history).tables.front();
  ASSERT_EQ(rows.rows.size(), 168U);
  const std::size_t wednesday_nine = 2 * 24 + 9;
  EXPECT_EQ(cellOf(rows, wednesday_nine, "weekday"), 2);
  EXPECT_EQ(cellOf(rows, wednesday_nine, "hour"), 9);
  EXPECT_EQ(cellOf(rows, wednesday_nine, "arrived"), 6) << "not 4: the third week is not known, and no week without work";
  EXPECT_TRUE(std::isnan(cellOf(rows, 0, "arrived")));
}

TEST(Reports, theHeatMapOfAnAgentHasHisOwnLoad) {
  Rollup hour = step(monday);
  hour.load = {.samples = 1, .queue_length = 5, .staffed = 1, .utilisation = 0.9};
  hour.agents["ana"].load = {.samples = 2, .online = 2, .utilisation = 0.5};
  const RollupHistory history{.from = monday, .to = monday + 1h, .step = Span::hour, .steps = {hour}};
  const Table own = makeReport({.kind = ReportKind::heatmap, .agent_id = "ana"}, history).tables.front();
  EXPECT_EQ(cellOf(own, 0, "utilisation"), 0.25);
  EXPECT_TRUE(std::isnan(cellOf(own, 0, "queue_length")));
  const Table team = makeReport({.kind = ReportKind::heatmap}, history).tables.front();
  EXPECT_EQ(cellOf(team, 0, "utilisation"), 0.9);
  EXPECT_EQ(cellOf(team, 0, "queue_length"), 5);
}

RollupHistory weeksOf(int weeks, int (*arrived)(int week, int hour)) {
  RollupHistory history{.from = monday, .to = monday + 168h * weeks, .step = Span::hour, .steps = {}, .agents = {}};
  for (int week = 0; week < weeks; ++week)
    for (int hour = 0; hour < 168; ++hour) {
      Rollup one = step(monday + 168h * week + std::chrono::hours(hour));
      one.total[Tally::arrived] = static_cast<std::uint64_t>(arrived(week, hour));
      history.steps.push_back(one);
    }
  return history;
}

TEST(Reports, theForecastIsTheSeasonsMeanWithABandFromItsScatter) {
  // 10 ± 6 by turns in every hour but Monday's first, in which nothing ever comes.
  RollupHistory history = weeksOf(4, [](int week, int hour) { return hour == 0 ? 0 : week % 2 == 0 ? 4 : 16; });
  history.steps.front().total.note({.kind = Fact::Kind::closed, .milliseconds = 1'800'000});
  const AnalyticsReport report = makeReport({.kind = ReportKind::forecast}, history);
  EXPECT_EQ(summaryOf(report, "enough_history"), 1);
  EXPECT_EQ(summaryOf(report, "history_hours"), 672);
  // Per cell Σ (x - m)² / m = 4 * 36 / 10, over three degrees of freedom.
  EXPECT_NEAR(summaryOf(report, "dispersion"), 4.8, 1e-9);
  const Table& rows = report.tables.front();
  ASSERT_EQ(rows.rows.size(), 24U);
  EXPECT_EQ(std::get<std::string>(rows.rows[0][0]), "2026-02-02T00:00:00.000Z");
  EXPECT_EQ(cellOf(rows, 0, "arrived"), 0);
  EXPECT_DOUBLE_EQ(cellOf(rows, 0, "arrived_high"), 0.75);
  EXPECT_EQ(cellOf(rows, 1, "arrived"), 10);
  // 1.96 √(4.8 * 10 * 1.25) = 15.18
  EXPECT_NEAR(cellOf(rows, 1, "arrived_high"), 25.18, 0.01);
  EXPECT_EQ(cellOf(rows, 1, "arrived_low"), 0);
  EXPECT_EQ(cellOf(rows, 1, "work_hours"), 5);
}

TEST(Reports, theForecastRefusesToGuessWithTooLittleHistory) {
  const AnalyticsReport report = makeReport({.kind = ReportKind::forecast}, weeksOf(1, [](int, int) { return 3; }));
  EXPECT_EQ(summaryOf(report, "enough_history"), 0);
  EXPECT_TRUE(report.tables.front().rows.empty());
}

TEST(Reports, theForecastLeavesOutTheHourThatHasNotEnded) {
  RollupHistory history = weeksOf(2, [](int, int) { return 3; });
  Rollup begun = step(history.to);
  history.steps.push_back(begun);
  history.to += std::chrono::minutes(5);
  const AnalyticsReport report = makeReport({.kind = ReportKind::forecast}, history);
  EXPECT_EQ(summaryOf(report, "history_hours"), 336);
  EXPECT_EQ(cellOf(report.tables.front(), 0, "arrived"), 3);
}

}  // namespace
}  // namespace atrium
