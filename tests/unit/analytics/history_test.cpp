#include "analytics/history.hpp"

#include <gtest/gtest.h>

#include "desk.hpp"

namespace atrium {
namespace {

TEST(HistoryLoading, hasTheStepsOfItsTimeAndNoOthers) {
  Desk desk;
  for (int minute = 0; minute < 5; ++minute) {
    desk.note({.kind = Fact::Kind::lead_arrived});
    desk.pass(60s);
  }
  const RollupHistory some = desk.load(desk.start + 60s, desk.start + 180s);
  ASSERT_EQ(some.steps.size(), 2U);
  EXPECT_EQ(some.steps[0].from, desk.start + 60s);
  EXPECT_EQ(some.steps[1].from, desk.start + 120s);
}

TEST(HistoryLoading, tenantsSeeTheirOwnAlone) {
  Desk desk;
  desk.note({.kind = Fact::Kind::lead_arrived});
  desk.recorder->note("other", {.kind = Fact::Kind::abandoned});
  desk.pass(60s);
  const RollupHistory own = desk.load(desk.start, desk.start + 60s);
  ASSERT_EQ(own.steps.size(), 1U);
  EXPECT_EQ(own.steps[0].total[Tally::abandoned], 0U);
}

TEST(HistoryLoading, oneAgentIsToldFromTheOthers) {
  Desk desk;
  for (const char* agent : {"ana", "ben", "ana"}) desk.note({.kind = Fact::Kind::offered, .agent_id = agent});
  desk.pass(60s);
  const RollupHistory own = desk.load(desk.start, desk.start + 60s, Span::minute, RollupQuery::Agents::one, "ana");
  ASSERT_EQ(own.steps.size(), 1U);
  ASSERT_EQ(own.steps[0].agents.size(), 1U);
  EXPECT_EQ(own.steps[0].agents.at("ana").activity[Tally::offered], 2U);
}

TEST(HistoryLoading, aRefusalOfTheStoreIsTold) {
  Desk desk;
  desk.store.options.refuse_read = 1000;
  bool refused = false;
  desk.recorder->load({.tenant_id = "acme", .from = desk.start, .to = desk.start + 1h},
                      [&refused](Result<RollupHistory> history) { refused = !history; });
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace atrium
