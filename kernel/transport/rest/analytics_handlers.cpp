#include <utility>
#include <vector>

#include "protocol/errors.hpp"
#include "rest/rest_handler.hpp"

// The handlers of reports and of the team's present figures.
namespace atrium {

namespace {

constexpr std::size_t filter_max = 128;  // bytes; the longest id there is

// What a team does is for those who are of it.
constexpr std::uint32_t of_the_team = ATRIUM_ROLE_AGENT | ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE;

Error notOfTheTeam() { return {Code::forbidden, "This is for the team.", 0, {}}; }

// A time as the API writes it, or a day: 2026-01-10T15:30:00Z, 2026-01-10.
std::optional<Wall> timeOrDay(const std::string& text) { return parseTime(text.size() == 10 ? text + "T00:00:00Z" : text); }

Result<AnalyticsAsk> readAnalyticsAsk(const HttpRequest& request) {
  AnalyticsAsk ask;
  std::vector<FieldProblem> problems;
  std::string text;
  if (request.parameter("format", text)) {
    if (text == "csv")
      ask.format = AnalyticsAsk::Format::csv;
    else if (text == "ndjson")
      ask.format = AnalyticsAsk::Format::ndjson;
    else if (text != "json")
      problems.push_back({"/format", "must be json, csv or ndjson"});
  }
  const auto time = [&](std::string_view name, std::optional<Wall>& at) {
    if (!request.parameter(name, text)) return;
    at = timeOrDay(text);
    if (!at) problems.push_back({"/" + std::string(name), "must be a time in UTC as 2026-01-10T15:30:00Z, or a day"});
  };
  time("from", ask.from);
  time("to", ask.to);
  const auto filter = [&](std::string_view name, std::string& value) {
    if (!request.parameter(name, value)) return;
    if (value.empty() || value.size() > filter_max)
      problems.push_back({"/" + std::string(name), "must be 1 to " + std::to_string(filter_max) + " bytes long"});
  };
  filter("agent", ask.agent_id);
  filter("queue", ask.queue);
  filter("table", ask.table);
  if (!problems.empty()) return fail({Code::validation_failed, "The query has wrong parameters.", 0, std::move(problems)});
  return ask;
}

}  // namespace

void RestHandler::analyticsReport(Call call) {
  if (!call.caller->has(of_the_team)) return call.reply.problem(notOfTheTeam());
  Result<AnalyticsAsk> ask = readAnalyticsAsk(call.request);
  if (!ask) return call.reply.problem(ask.error());
  ask->report = call.routing.parameters.front();
  ask->caller = std::move(call.caller);
  const AnalyticsAsk::Format format = ask->format;
  const std::string file = ask->report + (format == AnalyticsAsk::Format::csv ? ".csv" : ".ndjson");
  parts_.analytics.report(*std::move(ask), [format, file, reply = std::move(call.reply)](Result<std::string> text) mutable {
    if (!text) return reply.problem(text.error());
    if (format == AnalyticsAsk::Format::json) return reply.json(*std::move(text));
    const bool csv = format == AnalyticsAsk::Format::csv;
    // The report's word has been found in the table of reports, so that it needs no quoting.
    reply.send({.status = 200,
                .content_type = csv ? "text/csv; charset=utf-8" : "application/x-ndjson",
                .body = *std::move(text),
                .headers = {{"Content-Disposition", "attachment; filename=\"" + file + "\""}}});
  });
}

void RestHandler::coordinationMetrics(Call call) {
  if (!call.caller->has(of_the_team)) return call.reply.problem(notOfTheTeam());
  parts_.analytics.metrics(call.caller->tenant_id, [reply = std::move(call.reply)](Result<std::string> text) mutable {
    if (!text) return reply.problem(text.error());
    reply.json(*std::move(text));
  });
}

}  // namespace atrium
