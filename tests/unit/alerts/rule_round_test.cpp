#include "alerts/rule_round.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace atrium {
namespace {

constexpr Wall round_at{1'700'000'000'000ms};

RaisedAlert raisedFor(std::string subject, Severity severity = Severity::medium) {
  return {.severity = severity, .subject = std::move(subject), .title = "T", .message = "M"};
}

AlertWindow windowOf(const std::vector<std::string>& subjects, Wall at = round_at) {
  AlertWindow window{.tenant_id = "acme", .from = at - 60s, .to = at, .series = {}};
  for (const std::string& subject : subjects)
    window.series.push_back({.metric = "load", .subject = subject, .at_ms = {toMillis(at)}, .values = {1.0}});
  return window;
}

// One rule's alerts from round to round.
struct RuleLife {
  void step(const Sightings& seen, std::size_t places = 10) {
    std::vector<const Alert*> open;
    for (const Alert& alert : alerts)
      if (alert.open() || alert.held) open.push_back(&alert);
    RoundOutcome outcome = stepRule(open, seen, policy, places, ids);
    refused = outcome.refused;
    changed = outcome.changed.size();
    for (Alert& alert : outcome.changed) {
      const auto known = std::ranges::find(alerts, alert.id, &Alert::id);
      if (known == alerts.end())
        alerts.push_back(std::move(alert));
      else
        *known = std::move(alert);
    }
  }
  RulePolicy policy;
  IdSource ids{Random(1)};
  std::vector<Alert> alerts;
  std::size_t refused = 0, changed = 0;
};

TEST(RuleRound, ofTwoAlertsWithOneSubjectTheSeverestCounts) {
  RuleLife life;
  life.step(
      Sightings("load", windowOf({"ana"}), {raisedFor("ana"), raisedFor("ana", Severity::critical), raisedFor("ana", Severity::low)}));
  ASSERT_EQ(life.alerts.size(), 1u);
  EXPECT_EQ(life.alerts[0].severity(), Severity::critical);
  EXPECT_EQ(life.alerts[0].state(), AlertState::firing);
  EXPECT_EQ(life.alerts[0].fired_at, round_at);
  life.step(Sightings("load", windowOf({"ana"}), {raisedFor("ana", Severity::critical)}));
  EXPECT_EQ(life.changed, 0u) << "the same again is no change";
}

TEST(RuleRound, theOperatorsSeverityGoesBeforeTheRules) {
  RuleLife life;
  life.policy.severity = Severity::low;
  life.step(Sightings("load", windowOf({"ana"}), {raisedFor("ana", Severity::critical)}));
  EXPECT_EQ(life.alerts[0].severity(), Severity::low);
}

TEST(RuleRound, oneThatGetsWorseIsToldAgain) {
  RuleLife life;
  life.step(Sightings("load", windowOf({"ana"}), {raisedFor("ana")}));
  life.alerts[0].notices = 1;
  life.step(Sightings("load", windowOf({"ana"}), {raisedFor("ana", Severity::low)}));
  EXPECT_EQ(life.alerts[0].severity(), Severity::low);
  EXPECT_EQ(life.alerts[0].notices, 1u) << "nobody is disturbed because it got better";
  life.step(Sightings("load", windowOf({"ana"}), {raisedFor("ana", Severity::high)}));
  EXPECT_EQ(life.alerts[0].notices, 0u);
}

TEST(RuleRound, whoIsNoLongerMeasuredHasNoData) {
  RuleLife life;
  life.policy.times.no_data_for = 60s;
  life.step(Sightings("load", windowOf({"ana", "ben"}), {raisedFor("ana"), raisedFor("queue")}));
  life.step(Sightings("load", windowOf({"ben"}, round_at + 5s), {}));
  EXPECT_EQ(life.alerts[0].state(), AlertState::no_data);
  EXPECT_EQ(life.alerts[1].state(), AlertState::resolved) << "what is no series is clear when anything is known";
  AlertWindow unknown = windowOf({"ana"}, round_at + 10s);
  unknown.series[0].values = {std::nan("")};
  life.step(Sightings("load", unknown, {}));
  EXPECT_EQ(life.alerts[0].state(), AlertState::no_data) << "NaN is no data";
}

TEST(RuleRound, whatWasResolvedByHandComesBackAfterItWasClearOnce) {
  RuleLife life;
  life.step(Sightings("load", windowOf({"ana"}), {raisedFor("ana")}));
  life.alerts[0].phase = {AlertState::resolved, round_at};
  life.alerts[0].held = true;
  life.step(Sightings("load", windowOf({"ana"}, round_at + 5s), {raisedFor("ana")}));
  EXPECT_EQ(life.alerts.size(), 1u);
  life.step(Sightings("load", windowOf({}, round_at + 10s), {}));
  EXPECT_TRUE(life.alerts[0].held) << "no data is not clear";
  life.step(Sightings("load", windowOf({"ana"}, round_at + 15s), {}));
  EXPECT_FALSE(life.alerts[0].held);
  life.step(Sightings("load", windowOf({"ana"}, round_at + 20s), {raisedFor("ana")}));
  ASSERT_EQ(life.alerts.size(), 2u);
  EXPECT_EQ(life.alerts[1].state(), AlertState::firing);
}

TEST(RuleRound, noneIsMadeBeyondTheBound) {
  RuleLife life;
  life.step(Sightings("load", windowOf({"a", "b", "c"}), {raisedFor("a"), raisedFor("b"), raisedFor("c")}), 2);
  EXPECT_EQ(life.alerts.size(), 2u);
  EXPECT_EQ(life.refused, 1u);
}

}  // namespace
}  // namespace atrium
