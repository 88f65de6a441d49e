#include "alerts/backtest.hpp"

#include <gtest/gtest.h>

#include "alert_world.hpp"

namespace atrium::test {
namespace {

class BacktestTest : public AlertWorld {
 protected:
  JsonDocument tested(BacktestRule test) {
    const auto text = answerOf<std::string>([&](Completion<std::string> done) { desk->backtest("acme", test, std::move(done)); });
    EXPECT_TRUE(text) << text.error().detail;
    return *JsonDocument::parse(text.value_or("{}"));
  }
};

// What fired live fires in the test at the same times, because it is the same code.
TEST_F(BacktestTest, firesAsOftenAsItDidLive) {
  options.rules["load"].times = {.pending = 30s, .keep_firing_for = 20s};
  start();
  desk->watch("acme");
  const Wall from = now.wall;
  for (int n = 0; n < 3; ++n) {
    loads = {{"ana", 1.0}};
    pass(50s);
    loads = {{"ana", 0.1}};
    pass(40s);
  }
  loads = {{"ana", 1.0}};
  pass(20s);
  std::size_t live = 0;
  for (const std::string& state : delivery.states) live += state == "ana firing" ? 1 : 0;
  const JsonDocument result = tested({.rule = "load", .from = from, .to = now.wall, .step = 5s});
  EXPECT_EQ(result.root()["fired"].raw(), "3") << "the fourth was pending at the end";
  EXPECT_GE(live, 3u);
  EXPECT_EQ(result.root()["items"].size(), 3u);
  EXPECT_EQ(result.root()["items"].first()["subject"].text(), "ana");
  EXPECT_FALSE(result.root()["items"].first()["resolved_at"].isNull());
  EXPECT_EQ(result.root()["evaluations"].raw(), "59");
}

TEST_F(BacktestTest, takesOtherTimesThanTheRules) {
  start();
  const Wall from = now.wall;
  for (int n = 0; n < 4; ++n) {
    loads = {{"ana", 1.0}};
    pass(50s);
    loads = {{"ana", 0.1}};
    pass(50s);
  }
  const BacktestRule plain{.rule = "load", .from = from, .to = now.wall, .step = 10s};
  EXPECT_EQ(tested(plain).root()["fired"].raw(), "4");
  BacktestRule patient = plain;
  patient.pending = 60s;
  EXPECT_EQ(tested(patient).root()["fired"].raw(), "0");
  BacktestRule calm = plain;
  calm.keep_firing_for = 120s;
  EXPECT_EQ(tested(calm).root()["fired"].raw(), "1") << "it never recovered in between";
}

TEST_F(BacktestTest, sawWhatWasMeasuredWithinItsLastStep) {
  start();
  const Wall from = now.wall;
  pass(65s);
  loads = {{"ana", 1.0}};
  pass(5s);
  const JsonDocument result = tested({.rule = "load", .from = from, .to = now.wall});
  EXPECT_EQ(result.root()["evaluations"].raw(), "3") << "after 0, 60 and 70 s";
  EXPECT_EQ(result.root()["fired"].raw(), "1");
}

TEST_F(BacktestTest, leavesNothingBehind) {
  start();
  loads = {{"ana", 1.0}};
  const Wall from = now.wall;
  pass(2h);
  const std::size_t written = store.written;
  EXPECT_EQ(tested({.rule = "load", .from = from, .to = now.wall}).root()["fired"].raw(), "1");
  EXPECT_EQ(store.written, written);
  EXPECT_TRUE(delivery.notices.empty());
}

TEST_F(BacktestTest, countsWhatTheRuleDidNotAnswer) {
  start();
  rules.fails = true;
  const JsonDocument result = tested({.rule = "load", .from = now.wall - 10min, .to = now.wall});
  EXPECT_EQ(result.root()["failed_evaluations"].raw(), "11");
}

TEST_F(BacktestTest, runsOnceATimeForATenantAndNeedsARule) {
  start();
  rules.hold = true;
  int answers = 0;
  desk->backtest("acme", {.rule = "load", .from = now.wall - 1min, .to = now.wall}, [&](const Result<std::string>&) { ++answers; });
  const auto second = answerOf<std::string>([&](Completion<std::string> done) {
    desk->backtest("acme", {.rule = "load", .from = now.wall - 1min, .to = now.wall}, std::move(done));
  });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::overloaded);
  rules.hold = false;
  for (auto& done : std::exchange(rules.held, {})) done(std::vector<RaisedAlert>());
  EXPECT_EQ(answers, 1);
  const auto unknown = answerOf<std::string>([&](Completion<std::string> done) {
    desk->backtest("acme", {.rule = "none", .from = now.wall - 1min, .to = now.wall}, std::move(done));
  });
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::not_found);
}

}  // namespace
}  // namespace atrium::test
