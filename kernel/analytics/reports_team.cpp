#include "analytics/report_parts.hpp"

// Reports of who carries how much, and what becomes of it.
namespace atrium {

namespace {

double per(double sum, std::uint64_t count) { return ratio(sum, static_cast<double>(count)); }

struct Case {
  std::uint64_t closed = 0, won = 0;
  double handling_ms = 0;
};

// What the whole team makes of each kind of lead.
std::map<std::string, Case, std::less<>> teamByKind(const AgentParts& agents) {
  std::map<std::string, Case, std::less<>> team;
  for (const auto& [id, part] : agents)
    for (const auto& [kind, outcome] : part.kinds) {
      Case& sum = team[kind];
      sum.closed += outcome.closed;
      sum.won += outcome.won;
      sum.handling_ms += outcome.handling_ms;
    }
  return team;
}

// What the team would have got with this agent's mix of leads: Σ n_k r_k / Σ n_k, where n_k is how many of kind k he closed and r_k the
// team's mean for that kind, his own leads included. It is the "expected" of indirect standardisation (N. Breslow, N. Day, "Statistical
// Methods in Cancer Research" II, IARC 1987, chapter 2). NaN when none of his leads has a kind.
struct Expected {
  double conversion;
  double handling_ms;
};
Expected expectedOf(const AgentPart& part, const std::map<std::string, Case, std::less<>>& team) {
  double leads = 0, won = 0, handling = 0;
  for (const auto& [kind, outcome] : part.kinds) {
    const Case& all = team.find(kind)->second;
    const auto n = static_cast<double>(outcome.closed);
    leads += n;
    if (all.closed == 0) continue;
    won += n * ratio(all.won, all.closed);
    handling += n * all.handling_ms / static_cast<double>(all.closed);
  }
  return {ratio(won, leads), ratio(handling, leads)};
}

}  // namespace

// Jain's index (statistics.hpp), of three things, because each can be fair while another is not: `occupancy` of the mean utilisation of the
// agents while online, `leads` of how many each accepted, `value` of what each won; of those who were online at all. The trend is the mean
// of the index over the samples of a step, of the utilisation of those online at that moment. Out of line: |modified z| above 3.5.
AnalyticsReport loadBalanceReport(const ReportQuery& query, const RollupHistory& history) {
  AnalyticsReport report;
  std::vector<double> occupancy, leads, value;
  std::vector<const AgentParts::value_type*> present;
  for (const auto& entry : history.agents) {
    const AgentPart& part = entry.second;
    if (part.load.online == 0) continue;
    present.push_back(&entry);
    occupancy.push_back(part.load.meanUtilisation());
    leads.push_back(static_cast<double>(part.activity[Tally::accepted]));
    value.push_back(part.activity.value);
  }
  double balance = 0;
  std::uint64_t staffed = 0;
  Table rows{"rows", {"at", "balance", "utilisation", "agents_online"}, {}};
  for (const Rollup& step : trendOf(history)) {
    balance += step.load.balance;
    staffed += step.load.staffed;
    rows.rows.push_back({cell(step.from), cell(per(step.load.balance, step.load.staffed)),
                         cell(per(step.load.utilisation, step.load.staffed)), cell(per(step.load.agents_online, step.load.samples))});
  }
  report.summary = {{"agents", cell(std::uint64_t{present.size()})},
                    {"balance", cell(per(balance, staffed))},
                    {"jain_occupancy", cell(jain(occupancy))},
                    {"jain_leads", cell(jain(leads))},
                    {"jain_value", cell(jain(value))},
                    {"target", Cell(0.85)}};
  const std::vector<double> z_occupancy = modifiedZ(occupancy), z_leads = modifiedZ(leads);
  Table agents{"agents", {"agent_id", "name", "utilisation", "accepted", "value", "utilisation_z", "accepted_z", "out_of_line"}, {}};
  for (std::size_t at = 0; at < present.size(); ++at) {
    if (!mayBeSeen(query, present[at]->first)) continue;
    const bool out = std::abs(z_occupancy[at]) > out_of_line_z || std::abs(z_leads[at]) > out_of_line_z;
    agents.rows.push_back({cell(present[at]->first), cell(present[at]->second.name), cell(occupancy[at]),
                           cell(present[at]->second.activity[Tally::accepted]), cell(value[at]), cell(z_occupancy[at]), cell(z_leads[at]),
                           Cell(out)});
  }
  report.tables = {std::move(rows), std::move(agents)};
  return report;
}

// Utilisation is what counts against the capacity over the capacity. The team's is the mean over the samples of the mean over those online;
// an agent's is the mean over the samples in which he was.
AnalyticsReport utilisationReport(const ReportQuery& query, const RollupHistory& history) {
  AnalyticsReport report;
  TeamLoad team;
  AgentLoad own;
  for (const Rollup& step : history.steps) {
    team.add(step.load);
    if (const auto found = step.agents.find(query.agent_id); found != step.agents.end()) own.add(found->second.load);
  }
  const bool one = !query.agent_id.empty();
  if (one)
    report.summary = {{"utilisation", cell(own.meanUtilisation())},
                      {"online_share", cell(ratio(own.online, own.samples))},
                      {"available_share", cell(ratio(own.available, own.online))},
                      {"at_cap_share", cell(ratio(own.at_cap, own.online))},
                      {"team_utilisation", cell(per(team.utilisation, team.staffed))}};
  else
    report.summary = {{"utilisation", cell(per(team.utilisation, team.staffed))},
                      {"agents_online", cell(per(team.agents_online, team.samples))},
                      {"active_leads", cell(per(team.active_leads, team.samples))},
                      {"queue_length", cell(per(team.queue_length, team.samples))},
                      {"oldest_wait_s", team.samples == 0 ? Cell() : Cell(team.oldest_wait_seconds)}};
  Table rows{"rows", {"at", "utilisation", "agents_online", "active_leads", "queue_length", "oldest_wait_s"}, {}};
  if (one) rows.columns = {"at", "utilisation", "online_share", "active_leads", "active_conversations"};
  for (const Rollup& step : trendOf(history)) {
    if (!one) {
      rows.rows.push_back({cell(step.from), cell(per(step.load.utilisation, step.load.staffed)),
                           cell(per(step.load.agents_online, step.load.samples)), cell(per(step.load.active_leads, step.load.samples)),
                           cell(per(step.load.queue_length, step.load.samples)),
                           step.load.samples == 0 ? Cell() : Cell(step.load.oldest_wait_seconds)});
      continue;
    }
    const auto found = step.agents.find(query.agent_id);
    const AgentLoad load = found == step.agents.end() ? AgentLoad{} : found->second.load;
    rows.rows.push_back({cell(step.from), cell(load.meanUtilisation()), cell(ratio(load.online, load.samples)),
                         cell(per(load.active_leads, load.online)), cell(per(load.active_conversations, load.online))});
  }
  report.tables.push_back(std::move(rows));
  if (one) return report;
  Table agents{
      "agents",
      {"agent_id", "name", "utilisation", "online_share", "available_share", "at_cap_share", "active_leads", "active_conversations"},
      {}};
  for (const auto& [id, part] : history.agents) {
    const AgentLoad& load = part.load;
    if (!mayBeSeen(query, id) || load.samples == 0) continue;
    agents.rows.push_back({cell(id), cell(part.name), cell(load.meanUtilisation()), cell(ratio(load.online, load.samples)),
                           cell(ratio(load.available, load.online)), cell(ratio(load.at_cap, load.online)),
                           cell(per(load.active_leads, load.online)), cell(per(load.active_conversations, load.online))});
  }
  report.tables.push_back(std::move(agents));
  return report;
}

// Agents side by side. Rates with Wilson's interval, means with Student's (statistics.hpp): where the intervals of two overlap, the figures
// do not say who is better. `expected_...` takes account of the mix of leads each was given.
AnalyticsReport agentsReport(const ReportQuery& query, const RollupHistory& history) {
  AnalyticsReport report;
  const auto team = teamByKind(history.agents);
  Activity all;
  Table rows{"rows",
             {"agent_id",
              "name",
              "accepted",
              "rejected",
              "expired",
              "acceptance_rate",
              "acceptance_rate_low",
              "acceptance_rate_high",
              "closed",
              "won",
              "conversion_rate",
              "conversion_rate_low",
              "conversion_rate_high",
              "expected_conversion_rate",
              "responses",
              "response_s",
              "response_s_low",
              "response_s_high",
              "handling_s",
              "expected_handling_s",
              "value",
              "handed_over",
              "utilisation",
              "satisfaction"},
             {}};
  for (const auto& [id, part] : history.agents) {
    all.add(part.activity);
    if (!mayBeSeen(query, id)) continue;
    const Activity& own = part.activity;
    const std::uint64_t answered = own[Tally::accepted] + own[Tally::rejected] + own[Tally::expired];
    const Interval acceptance = wilson(own[Tally::accepted], answered), conversion = wilson(own[Tally::won], own[Tally::closed]);
    Distribution responses = own[Timing::response_ms];
    responses.add(own[Timing::first_response_ms]);
    const Interval response = meanInterval(responses.mean() / 1000, responses.variance() / 1e6, responses.count());
    const Expected expected = expectedOf(part, team);
    rows.rows.push_back({cell(id),
                         cell(part.name),
                         cell(own[Tally::accepted]),
                         cell(own[Tally::rejected]),
                         cell(own[Tally::expired]),
                         cell(ratio(own[Tally::accepted], answered)),
                         cell(acceptance.low),
                         cell(acceptance.high),
                         cell(own[Tally::closed]),
                         cell(own[Tally::won]),
                         cell(ratio(own[Tally::won], own[Tally::closed])),
                         cell(conversion.low),
                         cell(conversion.high),
                         cell(expected.conversion),
                         cell(responses.count()),
                         cell(responses.mean() / 1000),
                         cell(response.low),
                         cell(response.high),
                         cell(own[Timing::handling_ms].mean() / 1000),
                         cell(expected.handling_ms / 1000),
                         cell(own.value),
                         cell(own[Tally::handed_over]),
                         cell(part.load.meanUtilisation()),
                         part.load.satisfaction > 0 ? Cell(part.load.satisfaction) : Cell()});
  }
  Distribution responses = all[Timing::response_ms];
  responses.add(all[Timing::first_response_ms]);
  report.summary = {{"agents", cell(std::uint64_t{history.agents.size()})},
                    {"accepted", cell(all[Tally::accepted])},
                    {"closed", cell(all[Tally::closed])},
                    {"won", cell(all[Tally::won])},
                    {"conversion_rate", cell(ratio(all[Tally::won], all[Tally::closed]))},
                    {"response_s", cell(responses.mean() / 1000)},
                    {"handling_s", cell(all[Timing::handling_ms].mean() / 1000)},
                    {"value", cell(all.value)}};
  report.tables.push_back(std::move(rows));
  return report;
}

}  // namespace atrium
