#include "alerts/alert.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

constexpr Wall begin{1'000'000ms};
constexpr AlertTimes patient{.pending = 60s, .keep_firing_for = 30s, .no_data_for = 90s};
constexpr AlertTimes hasty{};

AlertState after(AlertState state, Sight sight, std::chrono::seconds later, const AlertTimes& times = patient) {
  return stepPhase({state, begin}, sight, begin + later, times).state;
}

TEST(AlertPhase, firesWhenItWasRaisedForLongEnough) {
  EXPECT_EQ(after(AlertState::normal, Sight::raised, 0s), AlertState::pending);
  EXPECT_EQ(after(AlertState::pending, Sight::raised, 59s), AlertState::pending);
  EXPECT_EQ(after(AlertState::pending, Sight::raised, 60s), AlertState::firing);
  EXPECT_EQ(after(AlertState::pending, Sight::clear, 60s), AlertState::normal);
  EXPECT_EQ(after(AlertState::pending, Sight::no_data, 10s), AlertState::normal);
  EXPECT_EQ(after(AlertState::normal, Sight::raised, 0s, hasty), AlertState::firing);
  EXPECT_EQ(after(AlertState::normal, Sight::clear, 0s), AlertState::normal);
  EXPECT_EQ(after(AlertState::resolved, Sight::raised, 0s), AlertState::pending);
}

TEST(AlertPhase, isResolvedWhenItWasClearForLongEnough) {
  EXPECT_EQ(after(AlertState::firing, Sight::clear, 5s), AlertState::recovering);
  EXPECT_EQ(after(AlertState::firing, Sight::clear, 5s, hasty), AlertState::resolved);
  EXPECT_EQ(after(AlertState::recovering, Sight::clear, 29s), AlertState::recovering);
  EXPECT_EQ(after(AlertState::recovering, Sight::clear, 30s), AlertState::resolved);
  EXPECT_EQ(after(AlertState::recovering, Sight::no_data, 30s), AlertState::resolved);
  EXPECT_EQ(after(AlertState::recovering, Sight::raised, 29s), AlertState::firing);
}

TEST(AlertPhase, outlivesItsFiguresForAWhile) {
  EXPECT_EQ(after(AlertState::firing, Sight::no_data, 5s), AlertState::no_data);
  EXPECT_EQ(after(AlertState::no_data, Sight::no_data, 89s), AlertState::no_data);
  EXPECT_EQ(after(AlertState::no_data, Sight::no_data, 90s), AlertState::resolved);
  EXPECT_EQ(after(AlertState::no_data, Sight::raised, 5s), AlertState::firing);
  EXPECT_EQ(after(AlertState::no_data, Sight::clear, 5s), AlertState::recovering);
  EXPECT_EQ(after(AlertState::no_data, Sight::clear, 5s, hasty), AlertState::resolved);
}

TEST(AlertPhase, remembersSinceWhen) {
  EXPECT_EQ(stepPhase({AlertState::pending, begin}, Sight::raised, begin + 5s, patient).since, begin);
  EXPECT_EQ(stepPhase({AlertState::pending, begin}, Sight::raised, begin + 61s, patient).since, begin + 61s);
}

TEST(Alert, escalatesUpToCritical) {
  Alert alert;
  alert.said.severity = Severity::medium;
  alert.escalations = 1;
  EXPECT_EQ(alert.severity(), Severity::high);
  alert.escalations = 9;
  EXPECT_EQ(alert.severity(), Severity::critical);
}

TEST(Alert, belongsToAGroup) {
  Alert alert;
  alert.rule = "load";
  alert.said.subject = "ana";
  EXPECT_EQ(groupOf(alert, RulePolicy{}), "rule=load");
  RulePolicy policy;
  policy.group_by = {"rule", "subject"};
  EXPECT_EQ(groupOf(alert, policy), "rule=load,subject=ana");
  EXPECT_EQ(alert.label("severity"), "medium");
  EXPECT_EQ(alert.label("other"), "");
}

TEST(Alert, wordsLeadThereAndBack) {
  for (const auto state :
       {AlertState::normal, AlertState::pending, AlertState::firing, AlertState::recovering, AlertState::resolved, AlertState::no_data})
    EXPECT_EQ(alertStateOf(word(state)), state);
  for (const auto severity : {Severity::low, Severity::medium, Severity::high, Severity::critical})
    EXPECT_EQ(severityOf(word(severity)), severity);
  EXPECT_FALSE(alertStateOf("gone"));
  EXPECT_FALSE(severityOf(""));
}

}  // namespace
}  // namespace atrium
