#include "alerts/tenant_alerts.hpp"

#include <gtest/gtest.h>

#include "alert_world.hpp"

namespace atrium::test {
namespace {

class TenantAlertsTest : public AlertWorld {
 protected:
  TenantAlertsTest() { options.rules["load"].times = {.pending = 30s, .keep_firing_for = 20s}; }
  void SetUp() override {
    start();
    desk->watch("acme");
  }
  Result<std::string> acknowledge(Id id, AcknowledgeAlert command) {
    return answerOf<std::string>(
        [&](Completion<std::string> done) { desk->acknowledge(who("sue"), id, std::move(command), std::move(done)); });
  }
  Result<std::string> resolve(Id id) {
    return answerOf<std::string>([&](Completion<std::string> done) { desk->resolve(who("sue"), id, {"done"}, std::move(done)); });
  }
  Result<std::string> silence(NewSilence wanted) {
    return answerOf<std::string>([&](Completion<std::string> done) { desk->silence(who("sue"), std::move(wanted), std::move(done)); });
  }
  NewSilence silenceOf(std::string subject, std::chrono::seconds lasting) {
    return {.matchers = {{"subject", std::move(subject)}}, .reason = "works", .expires_at = now.wall + lasting};
  }
};

TEST_F(TenantAlertsTest, livesThroughItsStates) {
  loads = {{"ana", 1.0}, {"ben", 0.5}};
  pass(10s);
  EXPECT_EQ(shown(), "ana pending");
  EXPECT_TRUE(delivery.notices.empty());
  EXPECT_TRUE(delivery.states.empty()) << "a pending one is no news";
  pass(35s);
  EXPECT_EQ(shown(), "ana firing");
  ASSERT_EQ(delivery.notices.size(), 1u);
  EXPECT_EQ(delivery.notices[0].group, "rule=load");
  EXPECT_TRUE(first().root()["notified"].boolean(false));
  EXPECT_EQ(first().root()["room_id"].text(), "room_1");
  loads["ana"] = 0.5;
  pass(10s);
  EXPECT_EQ(shown(), "ana recovering");
  pass(30s);
  EXPECT_EQ(shown(), "ana resolved");
  ASSERT_EQ(delivery.notices.size(), 2u);
  EXPECT_EQ(delivery.notices[1].kind, AlertNotice::Kind::resolved);
  EXPECT_EQ(counted(Metric::alerts_open), 0);
}

TEST_F(TenantAlertsTest, whatDoesNotLastIsForgotten) {
  loads = {{"ana", 1.0}};
  pass(10s);
  EXPECT_EQ(store.documents.size(), 1u);
  loads["ana"] = 0.5;
  pass(10s);
  EXPECT_EQ(shown(), "");
  EXPECT_TRUE(store.documents.empty());
}

TEST_F(TenantAlertsTest, nobodyIsToldBeforeItIsStored) {
  loads = {{"ana", 1.0}};
  pass(10s);
  store.refusal = Code::storage_unavailable;
  pass(60s);
  EXPECT_EQ(shown(), "ana pending");
  EXPECT_TRUE(delivery.notices.empty());
  store.refusal.reset();
  pass(6s);
  EXPECT_EQ(shown(), "ana firing");
  EXPECT_EQ(delivery.notices.size(), 1u);
}

TEST_F(TenantAlertsTest, aNoticeThatReachesNobodyIsTriedAgain) {
  loads = {{"ana", 1.0}};
  delivery.reachable = false;
  pass(45s);
  ASSERT_GE(delivery.notices.size(), 2u);
  EXPECT_EQ(delivery.notices[0].key, delivery.notices[1].key) << "so that who got it after all knows";
  EXPECT_FALSE(first().root()["notified"].boolean(true));
  delivery.reachable = true;
  pass(6s);
  const std::size_t told = delivery.notices.size();
  pass(30s);
  EXPECT_EQ(delivery.notices.size(), told);
  EXPECT_GT(counted(Metric::alert_notices_failed), 0);
}

TEST_F(TenantAlertsTest, alertsOfOneGroupAreToldTogether) {
  loads = {{"ana", 1.0}, {"ben", 2.0}};
  pass(45s);
  ASSERT_EQ(delivery.notices.size(), 1u);
  ASSERT_EQ(delivery.notices[0].alerts.size(), 2u);
  EXPECT_EQ(delivery.notices[0].alerts[0].subject(), "ben") << "the most severe one first";
}

TEST_F(TenantAlertsTest, aRestartForgetsNothing) {
  loads = {{"ana", 1.0}};
  pass(20s);
  ASSERT_EQ(shown(), "ana pending");
  start();
  pass(15s);
  EXPECT_EQ(shown(), "ana firing") << "the 30 s began before";
  const Id id = firstId();
  ASSERT_TRUE(acknowledge(id, {.note = "on it"}));
  ASSERT_TRUE(silence(silenceOf("ben", 1h)));
  start();
  EXPECT_EQ(delivery.states.back(), "ana found firing") << "for streams that begin anew";
  EXPECT_EQ(firstId(), id);
  EXPECT_EQ(first().root()["acknowledged_note"].text(), "on it");
  pass(30s);
  EXPECT_EQ(delivery.notices.size(), 1u);
}

TEST_F(TenantAlertsTest, anAcknowledgementThatEndsHasItToldAgain) {
  loads = {{"ana", 1.0}};
  pass(45s);
  ASSERT_EQ(delivery.notices.size(), 1u);
  ASSERT_TRUE(acknowledge(firstId(), {.note = "", .until = now.wall + 60s}));
  pass(50s);
  EXPECT_EQ(delivery.notices.size(), 1u);
  pass(20s);
  ASSERT_EQ(delivery.notices.size(), 2u);
  EXPECT_NE(delivery.notices[0].key, delivery.notices[1].key);
  EXPECT_TRUE(first().root()["acknowledged_by"].isNull());
}

TEST_F(TenantAlertsTest, whatIsResolvedByHandStaysSoWhileItLasts) {
  loads = {{"ana", 1.0}};
  pass(45s);
  const auto answer = resolve(firstId());
  ASSERT_TRUE(answer);
  EXPECT_NE(answer->find(R"("resolved_by":"sue","resolve_note":"done")"), std::string::npos) << *answer;
  ASSERT_EQ(delivery.notices.size(), 2u) << "whoever was told that it fires is told that it is over";
  EXPECT_EQ(delivery.notices[1].kind, AlertNotice::Kind::resolved);
  EXPECT_EQ(delivery.notices[1].alerts[0].resolved_by, "sue");
  pass(60s);
  EXPECT_EQ(shown(), "ana resolved");
  start();
  pass(60s);
  EXPECT_EQ(shown(), "ana resolved") << "a restart does not forget it either";
  loads["ana"] = 0.1;
  pass(10s);
  loads["ana"] = 1.0;
  pass(10s);
  EXPECT_EQ(shown(), "ana pending, ana resolved");
  const auto again = resolve(parseId(alert_prefix, JsonDocument::parse(*answer)->root()["id"].text()).value());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::conflict);
  EXPECT_EQ(again.error().detail, "The alert was resolved by sue.");
}

TEST_F(TenantAlertsTest, aSilenceKeepsPeopleFromBeingToldUntilItEnds) {
  const NewSilence ana = silenceOf("ana", 100s);
  ASSERT_TRUE(silence(ana));
  loads = {{"ana", 1.0}};
  pass(60s);
  EXPECT_EQ(shown(), "ana firing");
  EXPECT_NE(first().root()["silenced_by"].raw(), "[]");
  EXPECT_TRUE(delivery.notices.empty());
  EXPECT_FALSE(delivery.states.empty()) << "who looks sees it";
  pass(50s);
  EXPECT_EQ(delivery.notices.size(), 1u);
  const auto left = answerOf<std::string>([&](Completion<std::string> done) { desk->silences("acme", std::move(done)); });
  EXPECT_EQ(left, R"({"items":[],"next_cursor":null})");
}

TEST_F(TenantAlertsTest, sessionsHearOnceThatAnAlertFiresAndThatItIsOver) {
  loads = {{"ana", 1.0}};
  pass(10s);
  EXPECT_TRUE(delivery.turns.empty()) << "it is pending";
  pass(50s);
  ASSERT_TRUE(acknowledge(firstId(), {.note = "on it"}));
  loads["ana"] = 0.1;
  pass(10s);
  loads["ana"] = 1.0;
  pass(10s);
  EXPECT_EQ(delivery.turns, (std::vector<std::string>{"ana firing"})) << "recovering and back, and an acknowledgement, are no turns";
  ASSERT_TRUE(resolve(firstId()));
  EXPECT_EQ(delivery.turns.back(), "ana resolved");
}

TEST_F(TenantAlertsTest, sessionsHearNothingOfASilencedAlertAndOfNoMoreThanTheyCanRead) {
  ASSERT_TRUE(silence(silenceOf("quiet", 1h)));
  loads = {{"quiet", 1.0}};
  for (std::size_t agent = 0; agent < TenantAlerts::news_at_once + 5; ++agent) loads["agent" + std::to_string(agent)] = 1.0;
  pass(60s);
  EXPECT_EQ(delivery.turns.size(), TenantAlerts::news_at_once);
  EXPECT_EQ(std::ranges::count(delivery.turns, "quiet firing"), 0);
  EXPECT_EQ(counted(Metric::alert_events_left_out), 5);
}

TEST_F(TenantAlertsTest, aDryRunShowsWhatASilenceWouldMatch) {
  loads = {{"ana", 1.0}, {"ben", 1.0}};
  pass(10s);
  NewSilence wanted = silenceOf("an*", 60s);
  wanted.dry_run = true;
  const auto json = JsonDocument::parse(silence(wanted).value_or("{}"));
  EXPECT_TRUE(json->root()["silence"].isNull());
  EXPECT_EQ(json->root()["match_count"].raw(), "1");
  EXPECT_EQ(json->root()["matches"].first()["subject"].text(), "ana");
  EXPECT_EQ(first().root()["silenced_by"].raw(), "[]");
}

TEST_F(TenantAlertsTest, silencesHaveABoundAndEndByHand) {
  options.silences_max = 1;
  SetUp();
  const auto made = silence(silenceOf("ana", 60s));
  ASSERT_TRUE(made);
  const auto more = silence(silenceOf("ben", 60s));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Code::too_many_silences);
  const Id id = parseId(silence_prefix, JsonDocument::parse(*made)->root()["silence"]["id"].text()).value();
  const auto end = [&] { return answerOf<void>([&](Completion<void> done) { desk->unsilence("acme", id, std::move(done)); }); };
  EXPECT_TRUE(end());
  const auto again = end();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::not_found);
}

TEST_F(TenantAlertsTest, anAlertInhibitsOthersOfItsSubject) {
  options.rules["load"].inhibits = {"wait"};
  options.rules["load"].times = {};
  SetUp();
  loads = {{"ana", 1.0}};
  waits = {{"ana", 1.0}, {"ben", 1.0}};
  pass(10s);
  ASSERT_EQ(delivery.notices.size(), 2u);
  for (const AlertNotice& notice : delivery.notices)
    for (const Alert& alert : notice.alerts) EXPECT_NE(alert.rule + alert.subject(), "waitana");
  loads["ana"] = 0.1;
  pass(10s);
  EXPECT_EQ(delivery.notices.back().alerts[0].subject(), "ana") << "told once nothing inhibits it";
  EXPECT_EQ(delivery.notices.back().alerts[0].rule, "wait");
}

TEST_F(TenantAlertsTest, tellsSinksOfItsTurns) {
  events.wanted = true;
  loads = {{"ana", 1.0}};
  pass(10s);
  EXPECT_TRUE(events.told.empty()) << "a pending one is no news";
  pass(35s);
  ASSERT_EQ(events.told, std::vector<std::string>({"ana alert.fired"}));
  EXPECT_EQ(events.last.root()["state"].text(), "firing");
  EXPECT_EQ(events.last.root()["recommended_actions"].size(), 2u);
  acknowledge(firstId(), {.note = "on it"});
  EXPECT_EQ(events.last.root()["acknowledged_by"].text() + " " + events.last.root()["acknowledged_note"].text(), "sue on it");
  loads["ana"] = 2.0;
  pass(10s);
  EXPECT_EQ(events.last.root()["severity"].text(), "critical");
  loads["ana"] = 0.5;
  pass(40s);
  EXPECT_EQ(events.told,
            std::vector<std::string>({"ana alert.fired", "ana alert.acknowledged", "ana alert.escalated", "ana alert.resolved"}));
}

TEST_F(TenantAlertsTest, tellsSinksWhoResolvedIt) {
  events.wanted = true;
  loads = {{"ana", 1.0}};
  pass(45s);
  ASSERT_TRUE(resolve(firstId()));
  EXPECT_EQ(events.told.back(), "ana alert.resolved");
  EXPECT_EQ(events.last.root()["resolved_by"].text(), "sue");
}

TEST_F(TenantAlertsTest, tellsSinksNothingThatIsNotStored) {
  events.wanted = true;
  loads = {{"ana", 1.0}};
  pass(25s);
  store.refusal = Code::storage_unavailable;
  pass(20s);
  EXPECT_TRUE(events.told.empty());
  EXPECT_EQ(store.documents.size(), 1u) << "neither the change nor its event";
  store.refusal.reset();
  pass(10s);
  EXPECT_EQ(events.told, std::vector<std::string>({"ana alert.fired"})) << "once";
}

// Both fire in the same change: what sinks are told of the one already knows of the other.
TEST_F(TenantAlertsTest, tellsSinksWhatInhibitsAnAlert) {
  options.rules["load"].inhibits = {"wait"};
  options.rules["load"].times = {};
  SetUp();
  events.wanted = true;
  loads = waits = {{"ana", 1.0}};
  pass(10s);
  ASSERT_EQ(events.told, std::vector<std::string>({"ana alert.fired", "ana alert.fired"}));
  EXPECT_EQ(events.last.root()["rule"].text(), "wait");
  EXPECT_FALSE(events.last.root()["inhibited_by"].isNull());
}

TEST_F(TenantAlertsTest, whatNobodyAcknowledgesEscalates) {
  options.rules["load"] = {};
  options.rules["load"].escalate_after = 60s;
  SetUp();
  loads = {{"ana", 1.0}};
  pass(10s);
  ASSERT_EQ(delivery.notices.size(), 1u);
  pass(70s);
  ASSERT_EQ(delivery.notices.size(), 2u);
  EXPECT_EQ(delivery.notices[1].alerts[0].severity(), Severity::high);
  pass(70s);
  EXPECT_EQ(first().root()["severity"].text(), "critical");
  pass(140s);
  EXPECT_EQ(delivery.notices.size(), 3u) << "there is nothing above critical";
}

TEST_F(TenantAlertsTest, anAcknowledgedOneDoesNotEscalate) {
  options.rules["load"] = {};
  options.rules["load"].escalate_after = 60s;
  SetUp();
  loads = {{"ana", 1.0}};
  pass(10s);
  ASSERT_TRUE(acknowledge(firstId(), {}));
  pass(120s);
  EXPECT_EQ(first().root()["severity"].text(), "medium");
}

// A silence by severity must not let an alert through by making it more severe.
TEST_F(TenantAlertsTest, aQuietOneDoesNotEscalate) {
  options.rules["load"] = {};
  options.rules["load"].escalate_after = 60s;
  SetUp();
  loads = {{"ana", 1.0}};
  pass(10s);
  ASSERT_EQ(delivery.notices.size(), 1u);
  ASSERT_TRUE(silence({.matchers = {{"severity", "medium"}}, .reason = "works", .expires_at = now.wall + 300s}));
  pass(200s);
  EXPECT_EQ(first().root()["severity"].text(), "medium");
  EXPECT_EQ(delivery.notices.size(), 1u);
  pass(110s);
  EXPECT_EQ(first().root()["severity"].text(), "high") << "the silence is over";
}

TEST_F(TenantAlertsTest, whatEndsWhilePeopleAreToldOfItIsToldAsOverToo) {
  options.rules["load"] = {};
  SetUp();
  delivery.hold = true;
  loads = {{"ana", 1.0}};
  pass(10s);
  ASSERT_EQ(delivery.notices.size(), 1u);
  loads["ana"] = 0.1;
  pass(10s);
  ASSERT_EQ(shown(), "ana resolved");
  EXPECT_EQ(delivery.notices.size(), 1u) << "nobody knows of it yet";
  delivery.hold = false;
  std::exchange(delivery.held, {}).at(0)(std::string("room_1"));
  ASSERT_EQ(delivery.notices.size(), 2u);
  EXPECT_EQ(delivery.notices[1].kind, AlertNotice::Kind::resolved);
}

// What a store takes at once is bounded, and so is what an evaluation or a notice changes.
TEST_F(TenantAlertsTest, moreThanTheStoreTakesAtOnceIsWrittenInTurns) {
  constexpr std::size_t many = 400;
  options.open_max = 3 * many;
  options.rules["load"] = {};
  options.rules["load"].escalate_after = 60s;
  options.rules["wait"].times.pending = 1h;
  SetUp();
  for (std::size_t agent = 0; agent < many; ++agent) loads["a" + std::to_string(agent)] = waits["b" + std::to_string(agent)] = 1.0;
  while (delivery.notices.empty()) pass(1s);
  pass(56s);
  ASSERT_EQ(store.documents.size(), 2 * many);
  for (auto& [subject, value] : waits) value = 0.1;  // So that all of these go as the others escalate.
  pass(20s);
  EXPECT_EQ(store.documents.size(), many);
  EXPECT_EQ(delivery.notices.back().alerts.front().severity(), Severity::high);
}

TEST_F(TenantAlertsTest, theStoreTakesTheirEventsBesideThem) {
  constexpr std::size_t many = 900;
  options.rules["load"] = {};
  SetUp();
  events.wanted = true;
  for (std::size_t agent = 0; agent < many; ++agent) loads["a" + std::to_string(agent)] = 1.0;
  pass(20s);
  EXPECT_EQ(events.told.size(), many);
  for (auto& [subject, value] : loads) value = 0.1;
  pass(20s);
  EXPECT_EQ(events.told.size(), 2 * many);
}

TEST_F(TenantAlertsTest, soManyAreToldAtOnceAndTheOthersNext) {
  constexpr std::size_t many = 1200;
  options.open_max = many;
  options.rules["load"] = {};
  SetUp();
  delivery.reachable = false;
  for (std::size_t agent = 0; agent < many; ++agent) loads["a" + std::to_string(agent)] = 1.0;
  pass(20s);
  ASSERT_EQ(store.documents.size(), many);
  delivery.reachable = true;
  pass(20s);
  const std::string told = listed({.limit = many}).value_or("");
  std::size_t notified = 0;
  for (auto at = told.find("\"notified\":true"); at != told.npos; at = told.find("\"notified\":true", at + 1)) ++notified;
  EXPECT_EQ(notified, many);
}

TEST_F(TenantAlertsTest, aRuleThatFailsChangesNothing) {
  loads = {{"ana", 1.0}};
  pass(45s);
  rules.fails = true;
  loads["ana"] = 0.1;
  pass(60s);
  EXPECT_EQ(shown(), "ana firing");
  EXPECT_GT(counted(Metric::alert_evaluations_failed), 0);
}

TEST_F(TenantAlertsTest, theAlertsOfARuleThatIsSwitchedOffEnd) {
  options.no_data_for = 60s;
  SetUp();
  loads = {{"ana", 1.0}};
  pass(45s);
  ASSERT_EQ(shown(), "ana firing");
  options.rules["load"].enabled = false;
  SetUp();
  pass(10s);
  EXPECT_EQ(shown(), "ana no_data");
  pass(70s);
  EXPECT_EQ(shown(), "ana resolved");
}

TEST_F(TenantAlertsTest, anEvaluationThatTakesLongerThanTheIntervalIsNotDoubled) {
  loads = {{"ana", 1.0}};
  rules.hold = true;
  pass(20s);
  EXPECT_EQ(rules.held.size(), 2u) << "two rules, once each";
  EXPECT_GT(counted(Metric::alert_rounds_skipped), 0);
  rules.hold = false;
  for (auto& done : std::exchange(rules.held, {})) done(std::vector<RaisedAlert>());
  pass(10s);
  EXPECT_EQ(shown(), "ana pending");
}

TEST_F(TenantAlertsTest, actionsAreCarriedOutForTheCaller) {
  loads = {{"ana", 1.0}};
  pass(45s);
  const auto act = [&](const std::string& action) {
    return answerOf<std::string>([&](Completion<std::string> done) {
      desk->act(std::make_shared<const Principal>(who("sue")), firstId(), action, std::move(done));
    });
  };
  EXPECT_TRUE(act("2"));
  EXPECT_EQ(actions.ran, std::vector<std::string>{"acme: rebalance ana by sue"});
  for (const char* none : {"1", "3", "x", ""}) EXPECT_EQ(act(none).error().code, Code::not_found) << none;
  EXPECT_EQ(actions.ran.size(), 1u) << "the first one is advice only";
}

TEST_F(TenantAlertsTest, theBoundsHold) {
  options.rules["load"].times = {};
  options.open_max = 2;
  options.history_max = 1;
  SetUp();
  loads = {{"a", 1.0}, {"b", 1.0}, {"c", 1.0}};
  pass(6s);
  EXPECT_EQ(shown(), "b firing, a firing");
  EXPECT_GE(counted(Metric::alerts_refused), 1) << "at each evaluation";
  loads = {{"a", 0.1}, {"b", 0.1}, {"c", 0.1}};
  pass(15s);
  EXPECT_EQ(shown(), "b resolved");
  EXPECT_EQ(store.documents.size(), 1u);
}

TEST_F(TenantAlertsTest, whoseFiguresAreGoneIsResolvedInTheEnd) {
  options.no_data_for = 120s;
  SetUp();
  loads = {{"ana", 1.0}, {"ben", 0.1}};
  pass(45s);
  loads.erase("ana");
  pass(70s);
  EXPECT_EQ(shown(), "ana no_data");
  pass(130s);
  EXPECT_EQ(shown(), "ana resolved");
}

}  // namespace
}  // namespace atrium::test
