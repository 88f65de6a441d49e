#include "analytics/recorder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "desk.hpp"

namespace atrium {
namespace {

const MetricSeries* find(const std::vector<MetricSeries>& series, std::string_view metric, std::string_view subject = {}) {
  const auto found = std::ranges::find_if(series, [&](const auto& one) { return one.metric == metric && one.subject == subject; });
  return found == series.end() ? nullptr : &*found;
}

TestTeam teamOfTwo() {
  TestTeam team;
  team.now = {.agents = {{.agent_id = "ana", .name = "Ana", .status = "available", .active_leads = 1, .capacity = 4, .utilisation = 0.25},
                         {.agent_id = "ben", .name = "Ben", .status = "busy", .active_leads = 3, .capacity = 4, .utilisation = 0.75},
                         {.agent_id = "eve", .name = "Eve", .status = "offline"}},
              .active_leads = 4,
              .queue_length = 2,
              .oldest_wait_seconds = 9};
  return team;
}

TEST(Recorder, writesAMinuteWhenItIsOver) {
  Desk desk;
  desk.note({.kind = Fact::Kind::accepted, .agent_id = "ana", .queue = "north", .milliseconds = 30'000, .offer_milliseconds = 2000});
  desk.note({.kind = Fact::Kind::accepted, .agent_id = "ben", .queue = "north", .milliseconds = 90'000, .offer_milliseconds = 4000});
  desk.pass(59s);
  EXPECT_FALSE(desk.has({"minute", "acme", "2026-01-01T00:00"}));
  desk.pass(1s);
  const RollupHistory kept = desk.load(desk.start, desk.start + 60s, Span::minute, RollupQuery::Agents::sum);
  ASSERT_EQ(kept.steps.size(), 1U);
  const Activity& total = kept.steps[0].total;
  EXPECT_EQ(total[Tally::accepted], 2U);
  EXPECT_EQ(total[Tally::accepted_in_time], 1U);
  EXPECT_EQ(total[Timing::acceptance_ms].mean(), 60'000);
  EXPECT_EQ(total[Timing::offer_ms].mean(), 3000);
  EXPECT_EQ(kept.steps[0].queues.at("north")[Tally::accepted], 2U);
  EXPECT_EQ(kept.agents.at("ana").activity[Tally::accepted_in_time], 1U);
}

TEST(Recorder, aMinuteInWhichNothingHappenedIsNotWritten) {
  Desk desk;
  desk.note({.kind = Fact::Kind::lead_arrived});
  desk.pass(180s);
  EXPECT_TRUE(desk.has({"minute", "acme", "2026-01-01T00:00"}));
  EXPECT_FALSE(desk.has({"minute", "acme", "2026-01-01T00:01"}));
}

TEST(Recorder, samplesHowTheTeamStands) {
  Desk desk;
  const TestTeam team = teamOfTwo();
  desk.watch(team);
  desk.pass(60s);
  const RollupHistory kept = desk.load(desk.start, desk.start + 60s, Span::minute, RollupQuery::Agents::sum);
  ASSERT_EQ(kept.steps.size(), 1U);
  const TeamLoad& load = kept.steps[0].load;
  EXPECT_EQ(load.samples, 5U) << "the sixth is the next minute's first";
  EXPECT_EQ(load.agents_online, 10);
  EXPECT_DOUBLE_EQ(load.utilisation / 5, 0.5);
  // (.25 + .75)² / (2 (.0625 + .5625)) = 1 / 1.25
  EXPECT_NEAR(load.balance / 5, 0.8, 1e-3);
  EXPECT_EQ(kept.agents.at("ben").load.meanUtilisation(), 0.75);
  EXPECT_EQ(kept.agents.at("ana").name, "Ana");
  EXPECT_EQ(kept.agents.at("eve").load.online, 0U);
}

TEST(Recorder, aStopWritesTheMinuteAndTheNextProcessAddsToIt) {
  Desk desk;
  desk.pass(10s);
  desk.note({.kind = Fact::Kind::lead_arrived, .agent_id = "ana"});
  bool stopped = false;
  desk.recorder->stop([&stopped] { stopped = true; });
  EXPECT_TRUE(stopped);
  ASSERT_TRUE(desk.has({"minute", "acme", "2026-01-01T00:00"}));
  desk.restart();
  desk.note({.kind = Fact::Kind::lead_arrived, .agent_id = "ana"});
  desk.pass(60s);
  const RollupHistory kept = desk.load(desk.start, desk.start + 60s, Span::minute, RollupQuery::Agents::sum);
  ASSERT_EQ(kept.steps.size(), 1U);
  EXPECT_EQ(kept.steps[0].total[Tally::arrived], 2U);
  EXPECT_EQ(kept.agents.at("ana").activity[Tally::arrived], 2U);
}

// Agents are kept in documents named by the first of each, and after the restart that may be another one.
TEST(Recorder, whoComesAfterARestartMakesNobodyCountTwice) {
  Desk desk;
  desk.note({.kind = Fact::Kind::lead_arrived, .agent_id = "ben"});
  desk.recorder->stop([] {});
  desk.restart();
  desk.note({.kind = Fact::Kind::lead_arrived, .agent_id = "ana"});
  desk.pass(60s);
  const RollupHistory kept = desk.load(desk.start, desk.start + 60s, Span::minute, RollupQuery::Agents::sum);
  EXPECT_EQ(kept.agents.at("ana").activity[Tally::arrived], 1U);
  EXPECT_EQ(kept.agents.at("ben").activity[Tally::arrived], 1U);
}

// A store that answers at once is no reason to end before the others have begun.
TEST(Recorder, aStopEndsOnceAndAfterAllTenants) {
  Desk desk;
  for (const char* tenant : {"a", "b", "c"}) desk.recorder->note(tenant, {.kind = Fact::Kind::lead_arrived});
  int stopped = 0;
  desk.recorder->stop([&] {
    ++stopped;
    for (const char* tenant : {"a", "b", "c"}) EXPECT_TRUE(desk.has({"minute", tenant, "2026-01-01T00:00"})) << tenant;
  });
  EXPECT_EQ(stopped, 1);
}

TEST(Recorder, aStopEndsAlsoWhenTheStoreRefuses) {
  Desk desk;
  for (const char* tenant : {"a", "b"}) desk.recorder->note(tenant, {.kind = Fact::Kind::lead_arrived});
  desk.store.options.refuse_write = 1000;
  int stopped = 0;
  desk.recorder->stop([&stopped] { ++stopped; });
  EXPECT_EQ(stopped, 1);
}

TEST(Recorder, aProcessThatIsKilledLosesTheMinuteItCountedAndNoOther) {
  Desk desk;
  desk.note({.kind = Fact::Kind::lead_arrived});
  desk.pass(65s);
  desk.note({.kind = Fact::Kind::lead_arrived});
  desk.restart();
  desk.pass(120s);
  const RollupHistory kept = desk.load(desk.start, desk.start + 1h);
  ASSERT_EQ(kept.steps.size(), 1U);
  EXPECT_EQ(kept.steps[0].total[Tally::arrived], 1U);
}

TEST(Recorder, minutesWaitForAStoreThatRefusesUpToABound) {
  Desk desk({.waiting_max = 3});
  desk.store.options.refuse_write = 1000;
  for (int minute = 0; minute < 5; ++minute) {
    desk.note({.kind = Fact::Kind::lead_arrived});
    desk.pass(60s);
  }
  EXPECT_EQ(desk.metrics.read(Metric::analytics_minutes_lost), 2);
  desk.store.options.refuse_write = 0;
  desk.pass(10s);
  const RollupHistory kept = desk.load(desk.start, desk.start + 1h);
  ASSERT_EQ(kept.steps.size(), 3U);
  EXPECT_EQ(kept.steps[0].from, desk.start + 120s);
}

TEST(Recorder, theClockSetBackMakesTheMinuteLongerAndLosesNothing) {
  Desk desk;
  desk.pass(120s);
  desk.note({.kind = Fact::Kind::lead_arrived});
  desk.now.wall -= 90s;
  desk.note({.kind = Fact::Kind::lead_arrived});
  desk.pass(60s);
  EXPECT_EQ(desk.load(desk.start, desk.start + 1h).steps.at(0).total[Tally::arrived], 2U);
}

TEST(Recorder, whatIsBeyondItsBoundsCountsForTheTeamAndIsCountedAsLeftOut) {
  Desk desk({.tenants_max = 1, .agents_max = 1, .queues_max = 1, .kinds_max = 1});
  for (const char* name : {"a", "b"})
    desk.note({.kind = Fact::Kind::closed, .agent_id = name, .queue = name, .lead_kind = name, .milliseconds = 1});
  desk.note({.kind = Fact::Kind::closed, .agent_id = "a", .lead_kind = "b"});
  desk.recorder->note("other", {.kind = Fact::Kind::lead_arrived});
  EXPECT_EQ(desk.metrics.read(Metric::analytics_left_out_tenants), 1);
  EXPECT_EQ(desk.metrics.read(Metric::analytics_left_out_agents), 1);
  EXPECT_EQ(desk.metrics.read(Metric::analytics_left_out_queues), 1);
  EXPECT_EQ(desk.metrics.read(Metric::analytics_left_out_kinds), 1);
  desk.pass(60s);
  const RollupHistory kept = desk.load(desk.start, desk.start + 60s, Span::minute, RollupQuery::Agents::sum);
  EXPECT_EQ(kept.steps.at(0).total[Tally::closed], 3U);
  EXPECT_EQ(kept.agents.size(), 1U);
  EXPECT_FALSE(desk.has({"minute", "other", "2026-01-01T00:00"}));
}

TEST(Recorder, messageErrorsAreThoseOfTheMinuteBefore) {
  Desk desk;
  desk.recorder->noteMessages("acme", {}, 3);
  desk.pass(30s);
  desk.recorder->noteMessages("acme", {}, 2);
  desk.pass(2min);
  const auto live = desk.read({"message_errors"}, desk.start + 10s, desk.now.wall);
  EXPECT_EQ(find(live, "message_errors")->values, (std::vector{3.0, 3.0, 3.0, 5.0, 5.0, 5.0, 2.0, 2.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0}));
  desk.pass(2h);
  const auto both = desk.read({"message_errors"}, desk.start, desk.start + 2min);
  EXPECT_EQ(find(both, "message_errors")->values, (std::vector{5.0})) << "a minute in which nothing happened is not kept";
}

TEST(Recorder, seriesAreReadFromMemoryAndFurtherBackFromMinutes) {
  Desk desk;
  const TestTeam team = teamOfTwo();
  desk.watch(team);
  desk.pass(20s);
  desk.note({.kind = Fact::Kind::response, .agent_id = "ana", .milliseconds = 4000});
  desk.note({.kind = Fact::Kind::accepted, .agent_id = "ana", .milliseconds = 7000});
  Distribution latency;
  latency.add(2500);
  desk.recorder->noteMessages("acme", latency);
  desk.pass(10s);
  const auto live = desk.read({"capacity_utilization", "responses", "response_seconds", "assignment_seconds", "message_latency_ms",
                               "load_balance", "queue_length", "agents_online", "oldest_wait_seconds", "no_such_metric"},
                              desk.now.wall, desk.now.wall);
  EXPECT_EQ(find(live, "capacity_utilization", "ben")->values, std::vector{0.75});
  EXPECT_EQ(find(live, "capacity_utilization", "eve"), nullptr) << "nobody measures who is offline";
  EXPECT_EQ(find(live, "response_seconds", "ana")->values, std::vector{4.0});
  EXPECT_EQ(find(live, "response_seconds")->values, std::vector{4.0});
  EXPECT_EQ(find(live, "responses")->values, std::vector{1.0});
  EXPECT_EQ(find(live, "responses", "ana")->values, std::vector{1.0});
  EXPECT_EQ(find(live, "responses", "ben"), nullptr);
  EXPECT_EQ(find(live, "assignment_seconds")->values, std::vector{7.0});
  EXPECT_EQ(find(live, "message_latency_ms")->values, std::vector{2.5});
  EXPECT_NEAR(find(live, "load_balance")->values.at(0), 0.8, 1e-6);
  EXPECT_EQ(find(live, "queue_length")->values, std::vector{2.0});
  EXPECT_EQ(find(live, "agents_online")->values, std::vector{2.0});
  EXPECT_EQ(find(live, "oldest_wait_seconds")->values, std::vector{9.0});
  EXPECT_EQ(find(live, "no_such_metric"), nullptr);

  desk.pass(2h);
  const auto both = desk.read({"responses", "response_seconds", "active_leads"}, desk.start, desk.now.wall);
  const MetricSeries* leads = find(both, "active_leads");
  ASSERT_TRUE(leads);
  EXPECT_EQ(leads->at_ms.front(), toMillis(desk.start));
  EXPECT_EQ(leads->at_ms.back(), toMillis(desk.now.wall));
  EXPECT_TRUE(std::ranges::is_sorted(leads->at_ms));
  EXPECT_EQ(std::ranges::adjacent_find(leads->at_ms), leads->at_ms.end());
  EXPECT_EQ(leads->values.front(), 4);
  EXPECT_EQ(find(both, "response_seconds", "ana")->values.front(), 4);
  EXPECT_EQ(find(both, "responses", "ana")->values.front(), 1);
  EXPECT_EQ(find(both, "responses")->values.front(), 1);
  EXPECT_EQ(find(both, "active_leads", "ben")->values.back(), 3);
}

TEST(Recorder, knowsTheLastHourAlsoAfterARestart) {
  Desk desk;
  desk.note({.kind = Fact::Kind::response, .milliseconds = 1'000'000});
  desk.pass(3000s);
  desk.note({.kind = Fact::Kind::response, .milliseconds = 2000});
  desk.pass(1500s);
  desk.restart();
  desk.note({.kind = Fact::Kind::response, .milliseconds = 4000});
  EXPECT_EQ(desk.recorder->standing("acme").last_hour[Timing::response_ms].sum(), 6000);
  EXPECT_EQ(desk.recorder->standing("other").last_hour[Timing::response_ms].count(), 0U);
}

TEST(Recorder, afterItsStopItCountsNothing) {
  Desk desk;
  desk.recorder->stop([] {});
  desk.note({.kind = Fact::Kind::lead_arrived});
  desk.pass(120s);
  EXPECT_FALSE(desk.has({"minute", "acme", "2026-01-01T00:00"}));
}

}  // namespace
}  // namespace atrium
