#include "analytics/upkeep.hpp"

#include <gtest/gtest.h>

#include "desk.hpp"

namespace atrium {
namespace {

const Fact arrival{.kind = Fact::Kind::lead_arrived, .agent_id = "ana"};

TEST(Upkeep, makesAnHourOfItsMinutesOnce) {
  Desk desk;
  for (int minute = 0; minute < 60; ++minute) {
    desk.note(arrival);
    desk.pass(60s);
  }
  desk.pass(20s);
  ASSERT_TRUE(desk.has({"hour", "acme", "2026-01-01T00:00"}));
  EXPECT_EQ(desk.store.document({"analytics", "acme"})->value, R"({"hours_until":"2026-01-01T01:00"})");
  const RollupHistory day = desk.load(desk.start, desk.start + 2h, Span::hour, RollupQuery::Agents::sum);
  ASSERT_EQ(day.steps.size(), 1U);
  EXPECT_EQ(day.steps[0].total[Tally::arrived], 60U);
  EXPECT_EQ(day.agents.at("ana").activity[Tally::arrived], 60U);
  desk.restart();
  desk.note(arrival);
  desk.pass(3h);
  EXPECT_EQ(desk.load(desk.start, desk.start + 1h, Span::hour).steps[0].total[Tally::arrived], 60U);
}

TEST(Upkeep, hoursThatAreNotMadeYetAreReadFromTheirMinutes) {
  Desk desk;
  desk.note(arrival);
  desk.pass(3600s);
  desk.note(arrival);
  desk.pass(120s);
  EXPECT_FALSE(desk.has({"hour", "acme", "2026-01-01T01:00"}));
  const RollupHistory day = desk.load(desk.start, desk.start + 24h, Span::hour, RollupQuery::Agents::one, "ana");
  ASSERT_EQ(day.steps.size(), 2U);
  EXPECT_EQ(day.steps[1].total[Tally::arrived], 1U);
  EXPECT_EQ(day.steps[1].agents.at("ana").activity[Tally::arrived], 1U);
}

TEST(Upkeep, dropsWhatIsOlderThanItIsKept) {
  Desk desk({.keep = {.minutes = 24h, .hours = 72h}});
  desk.note(arrival);
  desk.pass(60s);
  ASSERT_TRUE(desk.has({"minute", "acme", "2026-01-01T00:00"}));
  ASSERT_TRUE(desk.has({"minute_agents", "acme", "2026-01-01T00:00", "ana"}));
  desk.pass(23h);
  EXPECT_TRUE(desk.has({"minute", "acme", "2026-01-01T00:00"}));
  desk.pass(2h);
  EXPECT_FALSE(desk.has({"minute", "acme", "2026-01-01T00:00"}));
  EXPECT_FALSE(desk.has({"minute_agents", "acme", "2026-01-01T00:00", "ana"}));
  EXPECT_TRUE(desk.has({"hour", "acme", "2026-01-01T00:00"}));
  EXPECT_TRUE(desk.has({"hour_agents", "acme", "2026-01-01T00:00", "ana"}));
  desk.skip(48h);
  desk.pass(20s);
  EXPECT_FALSE(desk.has({"hour", "acme", "2026-01-01T00:00"}));
  EXPECT_FALSE(desk.has({"hour_agents", "acme", "2026-01-01T00:00", "ana"}));
}

// The process was away when the hour ended, and nobody speaks of the tenant any more.
TEST(Upkeep, goesOnAfterARestartWithTenantsNobodySpeaksOf) {
  Desk desk;
  desk.pass(10s);
  desk.note(arrival);
  desk.pass(120s);
  ASSERT_TRUE(desk.has({"minute", "acme", "2026-01-01T00:00"}));
  desk.skip(5h);
  desk.restart();
  desk.pass(10s);
  EXPECT_TRUE(desk.has({"hour", "acme", "2026-01-01T00:00"}));
}

TEST(Upkeep, aMinuteIsKeptUntilItsHourIsWritten) {
  Desk desk({.keep = {.minutes = 24h, .hours = 72h}});
  desk.note(arrival);
  desk.pass(60s);
  desk.store.options.refuse_write = 1000;
  desk.skip(48h);
  desk.pass(60s);
  EXPECT_TRUE(desk.has({"minute", "acme", "2026-01-01T00:00"}));
  EXPECT_FALSE(desk.has({"hour", "acme", "2026-01-01T00:00"}));
  desk.store.options.refuse_write = 0;
  desk.pass(20s);
  EXPECT_FALSE(desk.has({"minute", "acme", "2026-01-01T00:00"}));
  EXPECT_TRUE(desk.has({"hour", "acme", "2026-01-01T00:00"}));
}

}  // namespace
}  // namespace atrium
