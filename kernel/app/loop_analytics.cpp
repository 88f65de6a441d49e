#include "app/loop_analytics.hpp"

#include <algorithm>
#include <utility>

#include "analytics/report.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

namespace {

constexpr std::uint32_t sees_all_roles = ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE;

std::unexpected<Error> wrongParameter(std::string name, std::string problem) {
  return fail({Code::validation_failed, "The query has wrong parameters.", 0, {{"/" + std::move(name), std::move(problem)}}});
}

// What has to be read and made for what is asked.
struct ReportPlan {
  RollupQuery history;
  ReportQuery report;
  AnalyticsAsk::Format format;
  std::string table;
};

Result<ReportPlan> planReport(AnalyticsAsk ask, Wall now, const KeepingTimes& keep) {
  const auto kind = reportOf(ask.report);
  if (!kind) return fail(Code::not_found, "There is no such report.");
  const bool sees_all = ask.caller->has(sees_all_roles);
  if (!ask.agent_id.empty()) {
    if (!takesAgent(*kind)) return wrongParameter("agent", "does not go with this report, which is about the team");
    if (!sees_all && ask.agent_id != ask.caller->user_id)
      return fail(Code::forbidden, "Only supervisors, admins and services may see another agent's figures.");
  }
  if (!ask.queue.empty()) {
    if (!takesQueue(*kind)) return wrongParameter("queue", "does not go with this report");
    if (!ask.agent_id.empty()) return wrongParameter("queue", "does not go with an agent: they are counted apart");
  }
  const Wall to = ask.to.value_or(now);
  const Wall from = ask.from.value_or(to - usualTime(*kind));
  if (from >= to) return wrongParameter("from", "must be before `to`");
  if (to - from > history_max) return wrongParameter("from", "must be at most 400 days before `to`");
  // What is too old for minutes is kept by hours alone.
  const Span step = from < now - keep.minutes ? Span::hour : stepFor(*kind, from, to);
  return ReportPlan{.history = {.tenant_id = ask.caller->tenant_id,
                                .from = from,
                                .to = to,
                                .step = step,
                                .agents = agentsFor(*kind, !ask.agent_id.empty()),
                                .agent_id = ask.agent_id},
                    .report = {.kind = *kind,
                               .agent_id = std::move(ask.agent_id),
                               .queue = std::move(ask.queue),
                               .visible_agent = sees_all ? std::string() : ask.caller->user_id},
                    .format = ask.format,
                    .table = std::move(ask.table)};
}

Result<std::string> textOf(const ReportPlan& plan, const RollupHistory& history) {
  const AnalyticsReport report = makeReport(plan.report, history);
  if (plan.format == AnalyticsAsk::Format::json) {
    if (!plan.table.empty()) return wrongParameter("table", "goes with csv and ndjson alone; json has all tables");
    return reportJson(report);
  }
  const auto table = plan.table.empty() ? report.tables.begin() : std::ranges::find(report.tables, plan.table, &Table::name);
  if (table == report.tables.end()) return wrongParameter("table", "names no table of this report");
  return plan.format == AnalyticsAsk::Format::csv ? tableCsv(*table) : tableNdjson(*table);
}

// What was observed since; `now` was read later than `before`.
Distribution differenceOf(const Histogram::Snapshot& now, const Histogram::Snapshot& before) {
  Distribution difference;
  double squares = 0;
  Distribution::Buckets buckets;
  for (std::size_t bucket = 0; bucket < Histogram::bucket_count; ++bucket) {
    const std::uint64_t count = now.buckets[bucket] - before.buckets[bucket];
    if (count == 0) continue;
    buckets.emplace_back(static_cast<std::uint8_t>(bucket), count);
    const auto edge = static_cast<double>(Histogram::upperEdgeUs(bucket));
    squares += edge * edge * static_cast<double>(count);
  }
  return Distribution::of(static_cast<double>(now.sum_us - before.sum_us), squares, std::move(buckets));
}

}  // namespace

LoopAnalytics::LoopAnalytics(const Parts& parts)
    : parts_(parts), road_(parts.index, parts.shards, parts.recorders), timer_([this] { tellMessages(); }) {}

void LoopAnalytics::begin() { parts_.timers.arm(timer_, parts_.now.mono + parts_.options.sampling); }

void LoopAnalytics::tellMessages() {
  begin();
  parts_.shard.eachTenantsMessages([this](std::string_view tenant_id, const Histogram& latency, std::uint64_t failed) {
    Told now{.latency = {}, .failed = failed};
    latency.addTo(now.latency);
    if (now.latency.count == 0 && failed == 0) return;
    auto told = told_.find(tenant_id);
    if (told == told_.end()) {
      if (told_.size() >= parts_.options.tenants_max) return parts_.metrics.add(Metric::analytics_left_out_tenants);
      told = told_.emplace(std::string(tenant_id), Told{}).first;
    }
    const Told& before = told->second;
    if (before.latency.count == now.latency.count && before.failed == failed) return;
    // What a full mailbox refuses is told the next time.
    if (road_.tell(tenant_id, [tenant = std::string(tenant_id), difference = differenceOf(now.latency, before.latency),
                               more = failed - before.failed](Recorder& recorder) { recorder.noteMessages(tenant, difference, more); }))
      told->second = now;
  });
}

void LoopAnalytics::report(AnalyticsAsk ask, Completion<std::string> done) {
  Result<ReportPlan> plan = planReport(std::move(ask), parts_.now.wall, parts_.options.keep);
  if (!plan) return done(fail(std::move(plan.error())));
  if (reports_ >= reports_max) {
    parts_.metrics.add(Metric::analytics_reports_refused);
    return done(fail(Code::overloaded, "Too many reports are being made already.", 1000));
  }
  ++reports_;
  const std::string tenant_id = plan->history.tenant_id;
  road_.ask<std::string>(
      tenant_id,
      [this, done = std::move(done)](Result<std::string> text) mutable {
        --reports_;
        done(std::move(text));
      },
      [plan = *std::move(plan)](Recorder& recorder, Completion<std::string> answer) mutable {
        RollupQuery query = std::move(plan.history);
        recorder.load(std::move(query), [plan = std::move(plan), answer = std::move(answer)](Result<RollupHistory> history) mutable {
          if (!history) return answer(fail(std::move(history.error())));
          answer(textOf(plan, *history));
        });
      });
}

void LoopAnalytics::metrics(std::string tenant_id, Completion<std::string> done) {
  road_.ask<std::string>(tenant_id, std::move(done), [tenant_id](Recorder& recorder, Completion<std::string> answer) {
    answer(coordinationMetricsJson(recorder.standing(tenant_id), recorder.now()));
  });
}

}  // namespace atrium
