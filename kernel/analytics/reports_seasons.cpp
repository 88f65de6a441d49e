#include <array>

#include "analytics/report_parts.hpp"

// Reports by the hour of the week, Monday 00:00 UTC being the first: days of UTC have 24 hours, whatever clocks do in spring and autumn.
namespace atrium {

namespace {

constexpr std::size_t week_hours = 168;

std::size_t hourOfWeek(Wall at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const unsigned weekday = std::chrono::weekday(day).iso_encoding() - 1;  // Monday is 0.
  const auto hour = std::chrono::floor<std::chrono::hours>(at - day).count();
  return weekday * 24 + static_cast<std::size_t>(hour);
}

}  // namespace

// Means over the hours of which anything was kept: one in which the server did not run is no hour without work.
AnalyticsReport heatmapReport(const ReportQuery& query, const RollupHistory& history) {
  struct Square {
    std::uint64_t hours = 0;
    Activity activity;
    TeamLoad load;
    AgentLoad own;  // Of the agent asked for.
  };
  const bool one = !query.agent_id.empty();
  std::vector<Square> squares(week_hours);
  std::uint64_t hours = 0;
  for (const Rollup& step : history.steps) {
    Square& square = squares[hourOfWeek(step.from)];
    ++square.hours;
    ++hours;
    square.activity.add(activityOf(step, query));
    square.load.add(step.load);
    if (const auto found = step.agents.find(query.agent_id); found != step.agents.end()) square.own.add(found->second.load);
  }
  AnalyticsReport report;
  report.summary = {{"hours", cell(hours)}, {"weeks", Cell(static_cast<double>(hours) / week_hours)}};
  Table rows{
      "rows", {"weekday", "hour", "hours", "arrived", "accepted", "accepted_within_60s", "response_s", "utilisation", "queue_length"}, {}};
  for (std::size_t at = 0; at < week_hours; ++at) {
    const Square& square = squares[at];
    const auto n = static_cast<double>(square.hours);
    Distribution responses = square.activity[Timing::response_ms];
    responses.add(square.activity[Timing::first_response_ms]);
    rows.rows.push_back(
        {cell(std::uint64_t{at / 24}), cell(std::uint64_t{at % 24}), cell(square.hours),
         cell(ratio(static_cast<double>(square.activity[Tally::arrived]), n)),
         cell(ratio(static_cast<double>(square.activity[Tally::accepted]), n)),
         cell(ratio(square.activity[Tally::accepted_in_time], square.activity[Tally::accepted] + square.activity[Tally::abandoned])),
         cell(responses.mean() / 1000),
         cell(one ? square.own.meanUtilisation() : ratio(square.load.utilisation, static_cast<double>(square.load.staffed))),
         one ? Cell() : cell(ratio(square.load.queue_length, static_cast<double>(square.load.samples)))});
  }
  report.tables.push_back(std::move(rows));
  return report;
}

// Arrivals of the 24 hours from `to` on, by the seasonal mean: m, what arrived in the same hour of the weeks before. The band is 95 % of a
// quasi-Poisson: m ± 1.96 √(φ m (1 + 1/n)) with n the weeks that have this hour and the dispersion φ = Σ (x - m)² / m / (N - cells) over
// all N hours in cells with m > 0 (P. McCullagh, J. Nelder, "Generalized Linear Models", 1989, section 4.5), never below 1, for arrivals
// scatter at least as a Poisson's do. Where nothing ever came the upper end is 3 / n, the rule of three (Hanley, Lippman-Hand, JAMA 249,
// 1983). It knows weeks and neither trends nor holidays. With less than two weeks, or an hour seen once, it refuses to guess.
AnalyticsReport forecastReport(const ReportQuery& query, const RollupHistory& history) {
  constexpr std::uint64_t hours_needed = 2 * week_hours;
  struct HourCell {
    std::uint64_t n = 0;
    double sum = 0, squares = 0;
  };
  std::array<HourCell, week_hours> cells{};
  Distribution handling;
  // An hour that has begun and not ended says nothing yet of how many come in one.
  const Wall begin = startOf(Span::hour, history.to);
  std::uint64_t hours = 0;
  for (const Rollup& step : history.steps) {
    if (step.from >= begin) continue;
    const Activity& activity = activityOf(step, query);
    const auto arrived = static_cast<double>(activity[Tally::arrived]);
    HourCell& one = cells[hourOfWeek(step.from)];
    ++one.n;
    one.sum += arrived;
    one.squares += arrived * arrived;
    ++hours;
    handling.add(activity[Timing::handling_ms]);
  }
  double scatter = 0, freedom = 0;
  for (const HourCell& one : cells) {
    if (one.n == 0 || one.sum == 0) continue;
    const auto n = static_cast<double>(one.n);
    const double mean = one.sum / n;
    scatter += (one.squares - n * mean * mean) / mean;
    freedom += n - 1;
  }
  const double dispersion = std::max(1.0, freedom > 0 ? scatter / freedom : 1.0);
  const bool enough = hours >= hours_needed;

  AnalyticsReport report;
  report.summary = {{"history_hours", cell(hours)},
                    {"history_hours_needed", cell(hours_needed)},
                    {"enough_history", Cell(enough)},
                    {"dispersion", enough ? cell(dispersion) : Cell()},
                    {"handling_s", cell(handling.mean() / 1000)}};
  Table rows{"rows", {"at", "weeks", "arrived", "arrived_low", "arrived_high", "work_hours"}, {}};
  for (int ahead = 0; enough && ahead < 24; ++ahead) {
    const Wall at = begin + std::chrono::hours(ahead);
    const HourCell& one = cells[hourOfWeek(at)];
    if (one.n < 2) {
      rows.rows.push_back({cell(at), cell(one.n), Cell(), Cell(), Cell(), Cell()});
      continue;
    }
    const auto n = static_cast<double>(one.n);
    const double mean = one.sum / n, half = 1.959963984540054 * std::sqrt(dispersion * mean * (1 + 1 / n));
    // What people will be busy with, in hours: arrivals times the mean handling time. Over one hour it is the offered load in Erlang.
    rows.rows.push_back({cell(at), cell(one.n), cell(mean), cell(std::max(0.0, mean - half)), cell(mean == 0 ? 3 / n : mean + half),
                         cell(mean * handling.mean() / 3'600'000)});
  }
  report.tables.push_back(std::move(rows));
  return report;
}

}  // namespace atrium
