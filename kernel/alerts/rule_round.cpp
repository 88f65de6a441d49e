#include "alerts/rule_round.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace atrium {

namespace {

void enterPhase(Alert& alert, const AlertPhase& phase) {
  alert.phase = phase;
  if (phase.state == AlertState::firing && !alert.fired_at) alert.fired_at = phase.since;
  if (phase.state == AlertState::resolved) alert.resolved_at = phase.since;
}

// Whether what the rule says now is another severity than what is known; people are told anew of one that has got worse.
bool hear(Alert& alert, RaisedAlert said, bool anyway) {
  const bool worse = said.severity > alert.said.severity;
  if (said.severity == alert.said.severity && !anyway) return false;
  alert.said = std::move(said);
  if (worse) alert.notices = std::min(alert.notices, alert.escalations);
  return true;
}

}  // namespace

Sightings::Sightings(std::string rule, const AlertWindow& window, std::vector<RaisedAlert> raised)
    : rule_(std::move(rule)), at_(window.to), raised_(std::move(raised)) {
  std::ranges::stable_sort(raised_, [](const RaisedAlert& a, const RaisedAlert& b) {
    return a.subject != b.subject ? a.subject < b.subject : a.severity > b.severity;
  });
  const auto repeated = std::ranges::unique(raised_, {}, &RaisedAlert::subject);
  raised_.erase(repeated.begin(), repeated.end());
  for (const MetricSeries& series : window.series)
    if (std::ranges::any_of(series.values, [](double value) { return !std::isnan(value); })) subjects_.insert(series.subject);
}

const RaisedAlert* Sightings::raisedOf(std::string_view subject) const {
  const auto found = std::ranges::lower_bound(raised_, subject, {}, &RaisedAlert::subject);
  return found != raised_.end() && found->subject == subject ? &*found : nullptr;
}

Sight Sightings::sightOf(const Alert& alert) const {
  if (raisedOf(alert.subject())) return Sight::raised;
  const bool known = alert.measured ? measures(alert.subject()) : !subjects_.empty();
  return known ? Sight::clear : Sight::no_data;
}

RoundOutcome stepRule(std::span<const Alert* const> alerts, const Sightings& seen, const RulePolicy& policy, std::size_t places,
                      IdSource& ids) {
  RoundOutcome outcome;
  std::set<std::string_view> known;
  const auto saidOf = [&](const RaisedAlert& raised) {
    RaisedAlert said = raised;
    said.severity = policy.severity.value_or(said.severity);
    return said;
  };
  for (const Alert* before : alerts) {
    known.insert(before->subject());
    const Sight sight = seen.sightOf(*before);
    if (before->held) {
      if (sight != Sight::clear) continue;
      outcome.changed.push_back(*before);
      outcome.changed.back().held = false;
      continue;
    }
    Alert after = *before;
    const AlertPhase phase = stepPhase(before->phase, sight, seen.at(), policy.times);
    const bool stepped = phase != before->phase;
    if (stepped) enterPhase(after, phase);
    bool heard = false;
    if (const RaisedAlert* raised = seen.raisedOf(before->subject())) heard = hear(after, saidOf(*raised), stepped);
    if (stepped || heard) outcome.changed.push_back(std::move(after));
  }
  for (const RaisedAlert& raised : seen.raised()) {
    if (known.contains(raised.subject)) continue;
    if (places == 0) {
      ++outcome.refused;
      continue;
    }
    --places;
    Alert alert{.id = ids.next(seen.at()), .rule = seen.rule(), .said = saidOf(raised), .measured = seen.measures(raised.subject)};
    alert.created_at = seen.at();
    enterPhase(alert, stepPhase({}, Sight::raised, seen.at(), policy.times));
    outcome.changed.push_back(std::move(alert));
  }
  return outcome;
}

}  // namespace atrium
