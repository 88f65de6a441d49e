#include <algorithm>
#include <utility>

#include "alerts/tenant_alerts.hpp"
#include "engine/room_key.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

// The alerts of a tenant as time goes on: how they are read at first, evaluated at each interval, escalated, told and forgotten.
namespace atrium {

namespace {

constexpr std::uint32_t alerts_read_at_once = 500;
// Of one evaluation, and alerts of one notice; further ones have their turn at the next. Each alert may have an event beside it.
constexpr std::size_t changes_at_once = 400;

// The part of the series that a rule asks for.
std::shared_ptr<const AlertWindow> windowOf(const std::string& tenant_id, const AlertRuleInfo& rule, Wall at,
                                            const std::vector<MetricSeries>& series) {
  auto window = std::make_shared<AlertWindow>(AlertWindow{.tenant_id = tenant_id, .from = at - rule.window, .to = at, .series = {}});
  for (const MetricSeries& one : series) {
    if (std::ranges::find(rule.metrics, one.metric) == rule.metrics.end()) continue;
    const auto first = std::ranges::lower_bound(one.at_ms, toMillis(window->from)) - one.at_ms.begin();
    window->series.push_back({.metric = one.metric,
                              .subject = one.subject,
                              .at_ms = {one.at_ms.begin() + first, one.at_ms.end()},
                              .values = {one.values.begin() + first, one.values.end()}});
  }
  return window;
}

// Tells one notice from another: of other alerts, at another severity, or told once more. A notice that is tried again has the same.
std::string keyOf(const std::vector<Alert>& alerts) {
  std::uint64_t hash = stableHash("");
  for (const Alert& alert : alerts)
    hash = stableHash(formatId("", alert.id) + std::string(word(alert.severity())) + std::to_string(toMillis(alert.told_at)), hash);
  return formatId("fired_", alerts.front().id) + "_" + std::to_string(hash);
}

}  // namespace

// One evaluation of all rules.
struct TenantAlerts::Round {
  Wall at{};
  std::vector<AlertRuleInfo> rules;
  std::size_t open = 0;  // Rules that have not answered.
  std::vector<Sightings> seen;
};

// ---- Reading what is stored

void TenantAlerts::load(Serial::Next next) {
  auto end = std::make_shared<Serial::Next>(std::move(next));
  loadAlerts({}, [this, end](Result<void> alerts) {
    if (!alerts) return (*end)();
    loadSilences([this, end](Result<void> silences) {
      loaded_ = silences.has_value();
      countOpen();
      if (loaded_) showFound();
      (*end)();
    });
  });
}

void TenantAlerts::loadAlerts(DocumentKey after, Completion<void> done) {
  parts_.store.scan({"alert", tenant_id_}, std::move(after), alerts_read_at_once,
                    [this, done = std::move(done)](Result<std::vector<Document>> page) mutable {
                      if (!page) return done(fail(std::move(page.error())));
                      for (const Document& document : *page) {
                        auto alert = decodeAlert(document.value);
                        if (!alert) {
                          parts_.log.error("alerts.damaged", {{"tenant", tenant_id_}, {"alert", document.key.back()}});
                          continue;
                        }
                        alerts_.insert_or_assign(alert->id, *std::move(alert));
                      }
                      if (page->size() < alerts_read_at_once) return done({});
                      loadAlerts(page->back().key, std::move(done));
                    });
}

void TenantAlerts::loadSilences(Completion<void> done) {
  // One page holds them all: each tenant has a bound.
  parts_.store.scan({"silence", tenant_id_}, {}, ATRIUM_SCAN_MAX,
                    [this, done = std::move(done)](Result<std::vector<Document>> page) mutable {
                      if (!page) return done(fail(std::move(page.error())));
                      for (const Document& document : *page) {
                        auto silence = decodeSilence(document.value);
                        if (silence)
                          silences_.insert_or_assign(silence->id, *std::move(silence));
                        else
                          parts_.log.error("alerts.damaged", {{"tenant", tenant_id_}, {"silence", document.key.back()}});
                      }
                      done({});
                    });
}

// ---- One evaluation

void TenantAlerts::evaluate() {
  parts_.timers.arm(timer_, parts_.now.mono + options_.interval);
  if (!loaded_) return serial_.size() == 0 ? serial_.run([this](Serial::Next next) { load(std::move(next)); }) : void();
  if (evaluating_) return parts_.metrics.add(Metric::alert_rounds_skipped);
  evaluating_ = true;
  auto round = std::make_shared<Round>(Round{.at = parts_.now.wall, .rules = {}, .open = 0, .seen = {}});
  std::set<std::string> metrics;
  std::chrono::seconds longest{0};
  if (parts_.history)
    for (AlertRuleInfo& rule : parts_.rules.rules()) {
      if (!options_.policyOf(rule.name).enabled) continue;
      metrics.insert(rule.metrics.begin(), rule.metrics.end());
      longest = std::max(longest, rule.window);
      round->rules.push_back(std::move(rule));
    }
  if (round->rules.empty()) return finishRound(round);
  parts_.history->read(tenant_id_, {metrics.begin(), metrics.end()}, round->at - longest, round->at,
                       [this, round](const Result<std::vector<MetricSeries>>& series) {
                         if (series) return evaluateRules(round, *series);
                         parts_.metrics.add(Metric::alert_evaluations_failed, static_cast<std::int64_t>(round->rules.size()));
                         finishRound(round);
                       });
}

void TenantAlerts::evaluateRules(const std::shared_ptr<Round>& round, const std::vector<MetricSeries>& series) {
  round->open = round->rules.size();
  for (const AlertRuleInfo& rule : round->rules) {
    auto window = windowOf(tenant_id_, rule, round->at, series);
    parts_.rules.evaluate(rule.name, window, [this, round, window, name = rule.name](Result<std::vector<RaisedAlert>> raised) {
      parts_.metrics.add(raised ? Metric::alert_evaluations : Metric::alert_evaluations_failed);
      if (raised) round->seen.emplace_back(name, *window, *std::move(raised));
      if (--round->open == 0) finishRound(round);
    });
  }
}

void TenantAlerts::finishRound(const std::shared_ptr<Round>& round) {
  serial_.run([this, round](Serial::Next next) {
    Change change = changeOf(*round);
    evaluating_ = false;
    if (change.size() == 0) {
      tellDue();
      return next();
    }
    const std::vector<Alert> changed = change.alerts;
    commit(std::move(change), [this, changed, next = std::move(next)](const Result<void>& stored) mutable {
      if (stored) {
        tellResolved(changed);
        tellDue();
      }
      next();
    });
  });
}

TenantAlerts::Change TenantAlerts::changeOf(const Round& round) {
  Change change;
  stepRules(round, change);
  escalate(change, round.at);
  expire(change, round.at);
  trimHistory(change);
  return change;
}

void TenantAlerts::stepRules(const Round& round, Change& change) {
  std::map<std::string_view, std::vector<const Alert*>> by_rule;
  std::size_t open = 0;
  for (const auto& [id, alert] : alerts_) {
    if (!alert.open() && !alert.held) continue;
    by_rule[alert.rule].push_back(&alert);
    open += alert.open() ? 1 : 0;
  }
  const auto step = [&](const Sightings& seen) {
    const std::size_t room = changes_at_once - std::min(change.size(), changes_at_once);
    const std::size_t places = std::min<std::size_t>(options_.open_max - std::min<std::size_t>(open, options_.open_max), room);
    RoundOutcome outcome = stepRule(by_rule[seen.rule()], seen, options_.policyOf(seen.rule()), places, parts_.ids);
    if (outcome.refused > 0) parts_.metrics.add(Metric::alerts_refused, static_cast<std::int64_t>(outcome.refused));
    for (Alert& alert : outcome.changed) {
      if (change.size() >= changes_at_once) break;
      if (!alerts_.contains(alert.id)) ++open;
      if (alert.state() == AlertState::normal)
        change.gone.push_back(alert.id);
      else
        change.alerts.push_back(std::move(alert));
    }
  };
  for (const Sightings& seen : round.seen) step(seen);
  // A rule that is switched off or gone sees nothing any more, which ends its alerts in time.
  for (const auto& [rule, alerts] : by_rule)
    if (std::ranges::find(round.rules, rule, &AlertRuleInfo::name) == round.rules.end())
      step(Sightings(std::string(rule), {.tenant_id = tenant_id_, .from = round.at, .to = round.at, .series = {}}, {}));
}

// Nobody has acknowledged them: they become more severe, and are told again. Of a quiet one nobody was to hear.
void TenantAlerts::escalate(Change& change, Wall at) {
  const auto waits = [&](const Alert& alert) {
    const auto patience = options_.policyOf(alert.rule).escalate_after;
    return patience.count() > 0 && alert.state() == AlertState::firing && !alert.acknowledged && alert.notices > alert.escalations &&
           alert.severity() != Severity::critical && at >= alert.told_at + patience && !quietOf(alert).quiet();
  };
  for (const auto& [id, alert] : alerts_) {
    if (change.size() >= changes_at_once) return;
    if (!waits(alert) || std::ranges::find(change.alerts, id, &Alert::id) != change.alerts.end()) continue;
    change.alerts.push_back(alert);
    ++change.alerts.back().escalations;
  }
}

// Silences and acknowledgements end at their time; an alert whose acknowledgement has ended is told again.
void TenantAlerts::expire(Change& change, Wall at) {
  for (const auto& [id, silence] : silences_)
    if (silence.expires_at <= at && change.size() < changes_at_once) change.silences_gone.push_back(id);
  for (const auto& [id, alert] : alerts_) {
    if (!alert.acknowledged || !alert.acknowledged->until || *alert.acknowledged->until > at || !alert.open()) continue;
    auto found = std::ranges::find(change.alerts, id, &Alert::id);
    if (found == change.alerts.end()) {
      if (change.size() >= changes_at_once) return;
      found = change.alerts.insert(found, alert);
    }
    found->acknowledged.reset();
    found->notices = std::min(found->notices, found->escalations);
  }
}

void TenantAlerts::trimHistory(Change& change) const {
  std::vector<Id> resolved;
  for (const auto& [id, alert] : alerts_)
    if (!alert.open()) resolved.push_back(id);
  for (std::size_t at = 0; resolved.size() - at > options_.history_max && change.size() + change.alerts.size() < ATRIUM_BATCH_MAX; ++at)
    change.gone.push_back(resolved[at]);
}

// ---- Telling people

void TenantAlerts::tellResolved(const std::vector<Alert>& changed) {
  std::map<std::string, std::vector<Alert>> groups;
  for (const Alert& alert : changed)
    if (alert.state() == AlertState::resolved && alert.notices > 0 && !quietOf(alert).quiet())
      groups[groupOf(alert, options_.policyOf(alert.rule))].push_back(alert);
  for (auto& [group, alerts] : groups) {
    std::string key = formatId("resolved_", alerts.front().id);
    ++endings_open_;
    parts_.delivery.notify(
        {.tenant_id = tenant_id_, .group = group, .kind = AlertNotice::Kind::resolved, .alerts = std::move(alerts), .key = std::move(key)},
        [this](const Result<std::string>& reached) {
          --endings_open_;
          parts_.metrics.add(reached ? Metric::alert_notices : Metric::alert_notices_failed);
        });
  }
}

void TenantAlerts::tellDue() {
  std::map<std::string, std::vector<Alert>> groups;
  for (const auto& [id, alert] : alerts_) {
    const bool due = alert.state() == AlertState::firing && alert.notices <= alert.escalations && !alert.acknowledged;
    if (!due || telling_.contains(id) || quietOf(alert).quiet()) continue;
    std::vector<Alert>& group = groups[groupOf(alert, options_.policyOf(alert.rule))];
    if (group.size() < changes_at_once) group.push_back(alert);
  }
  for (auto& [group, alerts] : groups) {
    std::vector<std::pair<Id, Severity>> telling;
    for (const Alert& alert : alerts) {
      telling.emplace_back(alert.id, alert.severity());
      telling_.insert(alert.id);
    }
    std::string key = keyOf(alerts);
    std::ranges::stable_sort(alerts, std::ranges::greater{}, &Alert::severity);
    parts_.delivery.notify(
        {.tenant_id = tenant_id_, .group = group, .kind = AlertNotice::Kind::fired, .alerts = std::move(alerts), .key = std::move(key)},
        [this, telling](const Result<std::string>& room_id) { told(telling, room_id); });
  }
}

void TenantAlerts::told(const std::vector<std::pair<Id, Severity>>& alerts, const Result<std::string>& room_id) {
  parts_.metrics.add(room_id ? Metric::alert_notices : Metric::alert_notices_failed);
  if (!room_id) {
    for (const auto& [id, severity] : alerts) telling_.erase(id);
    return;
  }
  serial_.run([this, alerts, room_id = *room_id](Serial::Next next) {
    Change change;
    for (const auto& [id, severity] : alerts) {
      const Alert* alert = find(id);
      if (!alert || (alert->open() && alert->severity() > severity)) continue;  // It has got worse meanwhile, and is told again.
      change.alerts.push_back(*alert);
      change.alerts.back().notices = alert->escalations + 1;
      change.alerts.back().told_at = parts_.now.wall;
      change.alerts.back().room_id = room_id;
    }
    const std::vector<Alert> now_told = change.alerts;
    commit(std::move(change), [this, alerts, now_told, next = std::move(next)](const Result<void>& stored) mutable {
      for (const auto& [id, severity] : alerts) telling_.erase(id);
      if (stored) tellResolved(now_told);  // Those that ended while people were being told of them.
      next();
    });
  });
}

}  // namespace atrium
