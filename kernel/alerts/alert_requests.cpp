#include "alerts/alert_requests.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::int64_t seconds_max = 7 * 24 * 3600;  // Of `for` and `keep_firing_for` in a backtest.
constexpr std::size_t matcher_value_max = 300;       // bytes
constexpr std::size_t name_of_rule_max = 128;        // bytes

// Reads the fields of one body and remembers everything that is wrong with them.
class AlertBody {
 public:
  explicit AlertBody(const JsonView& body) : body_(body) {
    if (!body.isObject()) wrong("", "must be an object");
  }

  void wrong(std::string path, std::string message) { problems_.push_back({std::move(path), std::move(message)}); }

  // At most `most` bytes; empty when it is absent.
  std::string text(std::string_view key, std::size_t most, bool required = false) {
    const JsonView value = body_[key];
    if (!value.exists()) {
      if (required) wrong(pathOf(key), "is required");
      return {};
    }
    if (!value.isString()) return wrong(pathOf(key), "must be a string"), std::string();
    std::string found = value.text();
    if (found.size() > most) wrong(pathOf(key), "must have at most " + std::to_string(most) + " bytes");
    if (required && found.empty()) wrong(pathOf(key), "must not be empty");
    return found;
  }

  std::optional<Wall> time(std::string_view key, bool required) {
    const JsonView value = body_[key];
    if (!value.exists() || value.isNull()) {
      if (required) wrong(pathOf(key), "is required");
      return std::nullopt;
    }
    const auto found = parseTime(value.text());
    if (!found) wrong(pathOf(key), "must be a time as in 2026-01-10T15:30:00Z");
    return found;
  }

  std::optional<std::int64_t> whole(std::string_view key, std::int64_t least, std::int64_t most) {
    const JsonView value = body_[key];
    if (!value.exists()) return std::nullopt;
    std::int64_t number = 0;
    if (value.integer(number) && number >= least && number <= most) return number;
    wrong(pathOf(key), "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }

  bool flag(std::string_view key) {
    const JsonView value = body_[key];
    if (value.exists() && !value.isBool()) wrong(pathOf(key), "must be true or false");
    return value.boolean(false);
  }

  std::vector<AlertMatcher> matchers() {
    std::vector<AlertMatcher> found;
    const JsonView list = body_["matchers"];
    if (!list.isArray() || list.size() == 0 || list.size() > silence_matchers_max) {
      wrong("/matchers", "must be a list of 1 to " + std::to_string(silence_matchers_max) + " matchers");
      return found;
    }
    for (JsonView one = list.first(); one.exists(); one = one.sibling(list)) {
      const std::string path = "/matchers/" + std::to_string(found.size());
      found.push_back({one["label"].text(), one["value"].text(), one["is_equal"].boolean(true)});
      if (std::ranges::find(alert_labels, found.back().label) == std::end(alert_labels))
        wrong(path + "/label", "must be rule, subject or severity");
      if (!one["value"].isString() || found.back().value.size() > matcher_value_max)
        wrong(path + "/value", "must be a text of at most " + std::to_string(matcher_value_max) + " bytes");
      if (one["is_equal"].exists() && !one["is_equal"].isBool()) wrong(path + "/is_equal", "must be true or false");
    }
    return found;
  }

  template <typename T>
  Result<T> finish(T value) {
    if (problems_.empty()) return value;
    return std::unexpected(Error{Code::validation_failed, "Some fields are missing or wrong.", 0, std::move(problems_)});
  }

 private:
  static std::string pathOf(std::string_view key) { return "/" + std::string(key); }
  const JsonView& body_;
  std::vector<FieldProblem> problems_;
};

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

Result<AcknowledgeAlert> readAcknowledgeAlert(const JsonView& body, Wall now) {
  AlertBody reader(body);
  AcknowledgeAlert command{reader.text("note", alert_note_max), reader.time("until", false)};
  if (command.until && *command.until <= now) reader.wrong("/until", "must lie in the future");
  return reader.finish(std::move(command));
}

Result<ResolveAlert> readResolveAlert(const JsonView& body) {
  AlertBody reader(body);
  ResolveAlert command{reader.text("note", alert_note_max)};
  return reader.finish(std::move(command));
}

Result<NewSilence> readNewSilence(const JsonView& body, Wall now) {
  AlertBody reader(body);
  NewSilence silence{.matchers = reader.matchers(), .dry_run = reader.flag("dry_run")};
  silence.reason = reader.text("reason", alert_note_max, !silence.dry_run);
  const auto expires = reader.time("expires_at", !silence.dry_run);
  silence.expires_at = expires.value_or(now + silence_lifetime_max);
  if (silence.expires_at <= now) reader.wrong("/expires_at", "must lie in the future");
  if (silence.expires_at > now + silence_lifetime_max) reader.wrong("/expires_at", "must not be further away than 366 days");
  return reader.finish(std::move(silence));
}

Result<BacktestRule> readBacktestRule(const JsonView& body, Wall now) {
  AlertBody reader(body);
  BacktestRule test{.rule = reader.text("rule", name_of_rule_max, true)};
  const auto from = reader.time("from", true), to = reader.time("to", false);
  test.from = from.value_or(now);
  test.to = to.value_or(now);
  test.step = std::chrono::seconds(reader.whole("step_seconds", 1, 3600).value_or(60));
  if (const auto pending = reader.whole("for_seconds", 0, seconds_max)) test.pending = std::chrono::seconds(*pending);
  if (const auto keep = reader.whole("keep_firing_for_seconds", 0, seconds_max)) test.keep_firing_for = std::chrono::seconds(*keep);
  if (from && test.from >= test.to)
    reader.wrong("/to", "must be later than from");
  else if (from && test.from + test.step * backtest_steps_max < test.to)
    reader.wrong("/step_seconds", "leads to more than " + std::to_string(backtest_steps_max) + " evaluations");
  return reader.finish(std::move(test));
}

}  // namespace atrium
