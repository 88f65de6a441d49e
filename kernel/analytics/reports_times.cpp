#include "analytics/report_parts.hpp"

// Reports of durations and of promises about them.
namespace atrium {

namespace {

// Quantiles come from log-linear buckets and are upper edges: at most 12.5 % above the truth, never below it.
double secondsAt(const Distribution& milliseconds, double q) { return milliseconds.quantile(q) / 1000; }

// How often a promise was kept, and what of its budget is burnt: with an objective of 90 %, 10 % may miss it; the burn is the share that
// missed over the share that may (B. Beyer and others, "The Site Reliability Workbook", chapter 5): 1 uses the budget up exactly, 2 twice.
constexpr double sla_objective = 0.9;

double burnOf(std::uint64_t kept, std::uint64_t of) { return (1 - ratio(kept, of)) / (1 - sla_objective); }

// Who gave up before anybody had accepted was not served in time either.
std::uint64_t assignmentsDue(const Activity& activity) { return activity[Tally::accepted] + activity[Tally::abandoned]; }

void addPromise(AnalyticsReport& report, std::array<std::string_view, 5> names, std::uint64_t kept, std::uint64_t of) {
  const Interval interval = wilson(kept, of);
  report.summary.emplace_back(names[0], cell(of));
  report.summary.emplace_back(names[1], cell(ratio(kept, of)));
  report.summary.emplace_back(names[2], cell(interval.low));
  report.summary.emplace_back(names[3], cell(interval.high));
  report.summary.emplace_back(names[4], cell(burnOf(kept, of)));
}

}  // namespace

// How long clients wait for an agent: from acceptance to the first message, and from a client's message to the agent's next one. Means are
// sums over counts.
AnalyticsReport responseTimeReport(const ReportQuery& query, const RollupHistory& history) {
  AnalyticsReport report;
  const Activity total = totalOf(history, query);
  const Distribution& later = total[Timing::response_ms];
  const Distribution& first = total[Timing::first_response_ms];
  const Interval interval = meanInterval(later.mean() / 1000, later.variance() / 1e6, later.count());
  report.summary = {{"responses", cell(later.count())},
                    {"response_s", cell(later.mean() / 1000)},
                    {"response_s_low", cell(interval.low)},
                    {"response_s_high", cell(interval.high)},
                    {"response_s_p50", cell(secondsAt(later, 0.5))},
                    {"response_s_p95", cell(secondsAt(later, 0.95))},
                    {"response_s_p99", cell(secondsAt(later, 0.99))},
                    {"first_responses", cell(first.count())},
                    {"first_response_s", cell(first.mean() / 1000)},
                    {"first_response_s_p95", cell(secondsAt(first, 0.95))}};
  Table rows{"rows",
             {"at", "responses", "response_s", "response_s_p50", "response_s_p95", "response_s_p99", "first_responses", "first_response_s",
              "first_response_s_p95"},
             {}};
  for (const Rollup& step : trendOf(history)) {
    const Activity& activity = activityOf(step, query);
    const Distribution& some = activity[Timing::response_ms];
    const Distribution& firsts = activity[Timing::first_response_ms];
    rows.rows.push_back({cell(step.from), cell(some.count()), cell(some.mean() / 1000), cell(secondsAt(some, 0.5)),
                         cell(secondsAt(some, 0.95)), cell(secondsAt(some, 0.99)), cell(firsts.count()), cell(firsts.mean() / 1000),
                         cell(secondsAt(firsts, 0.95))});
  }
  report.tables.push_back(std::move(rows));
  return report;
}

// The clocks of an assignment, which are never one figure: the engine's, until it has decided, and people's, until one accepts and writes.
AnalyticsReport assignmentReport(const ReportQuery& query, const RollupHistory& history) {
  AnalyticsReport report;
  const Activity total = totalOf(history, query);
  const std::uint64_t answered = total[Tally::accepted] + total[Tally::rejected] + total[Tally::expired];
  report.summary = {{"arrived", cell(total[Tally::arrived])},
                    {"decided", cell(total[Tally::decided])},
                    {"degraded", cell(total[Tally::degraded])},
                    {"offered", cell(total[Tally::offered])},
                    {"accepted", cell(total[Tally::accepted])},
                    {"rejected", cell(total[Tally::rejected])},
                    {"expired", cell(total[Tally::expired])},
                    {"rescinded", cell(total[Tally::rescinded])},
                    {"abandoned", cell(total[Tally::abandoned])},
                    {"handed_over", cell(total[Tally::handed_over])},
                    {"acceptance_rate", cell(ratio(total[Tally::accepted], answered))}};
  Table rows{"rows", {"clock", "count", "mean_ms", "p50_ms", "p95_ms", "p99_ms"}, {}};
  const auto add = [&rows](std::string clock, const Distribution& spread, double unit) {
    rows.rows.push_back({cell(std::move(clock)), cell(spread.count()), cell(spread.mean() / unit), cell(spread.quantile(0.5) / unit),
                         cell(spread.quantile(0.95) / unit), cell(spread.quantile(0.99) / unit)});
  };
  add("decision", total[Timing::decision_us], 1000);
  add("offer_to_acceptance", total[Timing::offer_ms], 1);
  add("arrival_to_acceptance", total[Timing::acceptance_ms], 1);
  add("acceptance_to_first_response", total[Timing::first_response_ms], 1);
  report.tables.push_back(std::move(rows));
  return report;
}

// From receipt of a message to its hand-over to the last live recipient, as the engine measures it.
AnalyticsReport messageLatencyReport(const RollupHistory& history) {
  AnalyticsReport report;
  Distribution total;
  for (const Rollup& step : history.steps) total.add(step.message_latency_us);
  const double p95 = total.quantile(0.95) / 1000;
  report.summary = {{"messages", cell(total.count())},
                    {"mean_ms", cell(total.mean() / 1000)},
                    {"p50_ms", cell(total.quantile(0.5) / 1000)},
                    {"p95_ms", cell(p95)},
                    {"p99_ms", cell(total.quantile(0.99) / 1000)},
                    {"target_ms_p95", Cell(50.0)},
                    {"target_met", total.count() == 0 ? Cell() : Cell(p95 < 50)}};
  Table rows{"rows", {"at", "messages", "mean_ms", "p50_ms", "p95_ms", "p99_ms"}, {}};
  for (const Rollup& step : trendOf(history)) {
    const Distribution& some = step.message_latency_us;
    rows.rows.push_back({cell(step.from), cell(some.count()), cell(some.mean() / 1000), cell(some.quantile(0.5) / 1000),
                         cell(some.quantile(0.95) / 1000), cell(some.quantile(0.99) / 1000)});
  }
  report.tables.push_back(std::move(rows));
  return report;
}

AnalyticsReport slaReport(const ReportQuery& query, const RollupHistory& history) {
  AnalyticsReport report;
  const Activity total = totalOf(history, query);
  report.summary = {{"objective", Cell(sla_objective)}};
  addPromise(report,
             {"assignments", "accepted_within_60s", "accepted_within_60s_low", "accepted_within_60s_high", "accepted_within_60s_burn"},
             total[Tally::accepted_in_time], assignmentsDue(total));
  addPromise(report,
             {"first_responses", "first_response_within_5min", "first_response_within_5min_low", "first_response_within_5min_high",
              "first_response_within_5min_burn"},
             total[Tally::first_in_time], total[Tally::first_responses]);
  addPromise(report, {"promises", "kept", "kept_low", "kept_high", "kept_burn"}, total[Tally::sla_met],
             total[Tally::sla_met] + total[Tally::sla_missed]);
  Table rows{"rows",
             {"at", "assignments", "accepted_within_60s", "accepted_within_60s_burn", "first_responses", "first_response_within_5min",
              "first_response_within_5min_burn", "sla_met", "sla_missed"},
             {}};
  for (const Rollup& step : trendOf(history)) {
    const Activity& some = activityOf(step, query);
    const std::uint64_t due = assignmentsDue(some), first = some[Tally::first_responses];
    rows.rows.push_back({cell(step.from), cell(due), cell(ratio(some[Tally::accepted_in_time], due)),
                         cell(burnOf(some[Tally::accepted_in_time], due)), cell(first), cell(ratio(some[Tally::first_in_time], first)),
                         cell(burnOf(some[Tally::first_in_time], first)), cell(some[Tally::sla_met]), cell(some[Tally::sla_missed])});
  }
  report.tables.push_back(std::move(rows));
  return report;
}

}  // namespace atrium
