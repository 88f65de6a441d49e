#include "alerts/alert_requests.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "protocol/body_reader.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::int64_t seconds_max = 7 * 24 * 3600;  // Of `for` and `keep_firing_for` in a backtest.
constexpr std::size_t matcher_value_max = 300;       // bytes
constexpr std::size_t name_of_rule_max = 128;        // bytes

std::optional<Wall> timeIn(BodyReader& in, std::string_view name, bool required) {
  const JsonView value = in.body()[name];
  const bool there = value.exists() && !value.isNull();
  if (required) in.needed(name, there);
  if (!there) return std::nullopt;
  const auto found = parseTime(value.text());
  if (!found) in.wrong(name, "must be a time as in 2026-01-10T15:30:00Z");
  return found;
}

std::vector<AlertMatcher> matchersIn(BodyReader& in) {
  std::vector<AlertMatcher> found;
  const JsonView list = in.body()["matchers"];
  if (!list.isArray() || list.size() == 0 || list.size() > silence_matchers_max) {
    in.wrong("matchers", "must be a list of 1 to " + std::to_string(silence_matchers_max) + " matchers");
    return found;
  }
  for (JsonView one = list.first(); one.exists(); one = one.sibling(list)) {
    const std::string path = "matchers/" + std::to_string(found.size());
    found.push_back({one["label"].text(), one["value"].text(), one["is_equal"].boolean(true)});
    if (std::ranges::find(alert_labels, found.back().label) == std::end(alert_labels))
      in.wrong(path + "/label", "must be rule, subject or severity");
    if (!one["value"].isString() || found.back().value.size() > matcher_value_max)
      in.wrong(path + "/value", "must be a text of at most " + std::to_string(matcher_value_max) + " bytes");
    if (one["is_equal"].exists() && !one["is_equal"].isBool()) in.wrong(path + "/is_equal", "must be true or false");
  }
  return found;
}

std::string noteIn(BodyReader& in) { return in.text("note", 0, alert_note_max, true).value_or(""); }

}  // namespace

bool AlertQuery::wants(const Alert& alert) const {
  if (before && alert.id >= *before) return false;
  if (open_only && !alert.open()) return false;
  if ((state && alert.state() != *state) || (severity && alert.severity() != *severity)) return false;
  return (rule.empty() || alert.rule == rule) && (subject.empty() || alert.subject() == subject);
}

Result<AlertQuery> readAlertQuery(const AlertFilter& filter) {
  AlertQuery query{.rule = filter.rule, .subject = filter.subject, .limit = filter.limit};
  std::vector<FieldProblem> problems;
  query.open_only = filter.state == "open";
  query.state = alertStateOf(filter.state);
  if (!filter.state.empty() && !query.open_only && (!query.state || *query.state == AlertState::normal))
    problems.push_back({"/state", "must be open, pending, firing, recovering, resolved or no_data"});
  query.severity = severityOf(filter.severity);
  if (!filter.severity.empty() && !query.severity) problems.push_back({"/severity", "must be low, medium, high or critical"});
  query.before = parseId(alert_prefix, filter.cursor);
  if (!filter.cursor.empty() && !query.before) problems.push_back({"/cursor", "must be the next_cursor of the page before"});
  if (problems.empty()) return query;
  return std::unexpected(Error{Code::validation_failed, "The query has wrong parameters.", 0, std::move(problems)});
}

Result<AcknowledgeAlert> readAcknowledgeAlert(const JsonView& body, const Principal& caller, Wall now) {
  BodyReader in(body, caller);
  AcknowledgeAlert command{noteIn(in), timeIn(in, "until", false)};
  if (command.until && *command.until <= now) in.wrong("until", "must lie in the future");
  return in.finish(std::move(command));
}

Result<ResolveAlert> readResolveAlert(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  ResolveAlert command{noteIn(in)};
  return in.finish(std::move(command));
}

Result<NewSilence> readNewSilence(const JsonView& body, const Principal& caller, Wall now) {
  BodyReader in(body, caller);
  NewSilence silence{.matchers = matchersIn(in), .dry_run = in.flag("dry_run").value_or(false)};
  silence.reason = in.text("reason", 1, alert_note_max, true).value_or("");
  if (!silence.dry_run) in.needed("reason", !silence.reason.empty());
  const auto expires = timeIn(in, "expires_at", !silence.dry_run);
  silence.expires_at = expires.value_or(now + silence_lifetime_max);
  if (silence.expires_at <= now) in.wrong("expires_at", "must lie in the future");
  if (silence.expires_at > now + silence_lifetime_max) in.wrong("expires_at", "must not be further away than 366 days");
  return in.finish(std::move(silence));
}

Result<BacktestRule> readBacktestRule(const JsonView& body, const Principal& caller, Wall now) {
  BodyReader in(body, caller);
  BacktestRule test{.rule = in.text("rule", 1, name_of_rule_max).value_or("")};
  in.needed("rule", !test.rule.empty());
  const auto from = timeIn(in, "from", true), to = timeIn(in, "to", false);
  test.from = from.value_or(now);
  test.to = to.value_or(now);
  test.step = std::chrono::seconds(in.integer("step_seconds", 1, 3600).value_or(60));
  if (const auto pending = in.integer("for_seconds", 0, seconds_max)) test.pending = std::chrono::seconds(*pending);
  if (const auto keep = in.integer("keep_firing_for_seconds", 0, seconds_max)) test.keep_firing_for = std::chrono::seconds(*keep);
  if (from && test.from >= test.to)
    in.wrong("to", "must be later than from");
  else if (from && test.from + test.step * backtest_steps_max < test.to)
    in.wrong("step_seconds", "leads to more than " + std::to_string(backtest_steps_max) + " evaluations");
  return in.finish(std::move(test));
}

}  // namespace atrium
