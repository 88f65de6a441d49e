#ifndef ATRIUM_TESTKIT_CONTRACT_ALERT_RULE_HPP
#define ATRIUM_TESTKIT_CONTRACT_ALERT_RULE_HPP
#include "atrium/testkit/contract/any_plugin.hpp"

namespace atrium::testkit {

class AlertRuleContract : public ContractTest {
 protected:
  // The metrics the rule reads.
  std::vector<std::string> metrics() {
    std::vector<std::string> names;
    std::string_view rest = view(plugin().need<atrium_alert_rule>(ATRIUM_EXT_ALERT_RULE).info->metrics);
    while (!rest.empty()) {
      names.emplace_back(rest.substr(0, rest.find(',')));
      rest.remove_prefix(std::min(rest.size(), names.back().size() + 1));
    }
    return names;
  }
  // A window in which every metric of the rule has these values, for the tenant and for one agent.
  JsonText window_of(const std::string& values) {
    std::string series;
    for (const std::string& metric : metrics())
      for (const char* subject : {"", "ana"})
        series += (series.empty() ? "" : ",") + std::string("{\"metric\":") + json_quoted(metric) + ",\"subject\":\"" + subject +
                  "\",\"values\":" + values + "}";
    return JsonText("{\"series\":[" + series + "]}");
  }
  std::vector<JsonText> windows() {
    std::string zeros = "[0", ones = "[1";
    for (int n = 1; n < 300; ++n) zeros += ",0", ones += ",1";
    return {window_of("[]"),
            window_of("[null,null]"),
            window_of("[0.5]"),
            window_of("[0,1,null,0.99]"),
            window_of("[-1,1e308,-1e308]"),
            window_of(zeros + "]"),
            window_of(ones + "]"),
            "{}",
            R"({"series":[{"metric":"a metric of another rule","values":[1]}]})"};
  }
  static void expect_sound(const Evaluation& seen) {
    EXPECT_LE(seen.alerts.size(), ATRIUM_ALERTS_MAX);
    for (const RaisedAlert& alert : seen.alerts) {
      EXPECT_LE(alert.severity, static_cast<std::uint32_t>(ATRIUM_SEVERITY_CRITICAL));
      EXPECT_FALSE(alert.title.empty());
      EXPECT_LE(alert.actions.size(), ATRIUM_ALERT_ACTIONS_MAX);
      for (const std::string* text : {&alert.subject, &alert.title, &alert.message}) {
        EXPECT_LE(text->size(), ATRIUM_ALERT_TEXT_MAX);
        EXPECT_TRUE(is_utf8(*text)) << *text;
      }
      for (const auto& [label, command] : alert.actions) EXPECT_TRUE(!label.empty() && is_utf8(label) && is_utf8(command));
    }
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AlertRuleContract);

TEST_P(AlertRuleContract, saysWhatItReadsAndHowFarBack) {
  const auto& table = plugin().need<atrium_alert_rule>(ATRIUM_EXT_ALERT_RULE);
  ASSERT_NE(table.evaluate, nullptr);
  EXPECT_TRUE(is_offered_name(view(table.info->name))) << view(table.info->name);
  EXPECT_GE(table.info->window_seconds, 1u);
  EXPECT_LE(table.info->window_seconds, 86'400u);
  EXPECT_FALSE(metrics().empty());
  for (const std::string& metric : metrics()) EXPECT_TRUE(is_offered_name(metric)) << metric;
}

TEST_P(AlertRuleContract, isSilentWhereThereIsNothingToSee) {
  for (const char* values : {"[]", "[null]"}) EXPECT_TRUE(evaluate(plugin(), window_of(values)).alerts.empty()) << values;
  EXPECT_TRUE(evaluate(plugin(), "{}").alerts.empty());
}

TEST_P(AlertRuleContract, raisesAlertsWithinTheirBounds) {
  for (const JsonText& window : windows()) expect_sound(evaluate(plugin(), window));
}

TEST_P(AlertRuleContract, saysTheSameAgainAndInAnyInstance) {
  const Plugin other = another(host);
  const auto told = [](const Evaluation& seen) {
    std::string all = std::to_string(seen.status);
    for (const RaisedAlert& alert : seen.alerts)
      all += "|" + alert.subject + "|" + alert.title + "|" + alert.message + "|" + std::to_string(alert.severity);
    return all;
  };
  for (const JsonText& window : windows()) {
    const std::string first = told(evaluate(plugin(), window));
    host.advance_ms(60'000);
    EXPECT_EQ(told(evaluate(plugin(), window)), first);
    EXPECT_EQ(told(evaluate(other, window)), first);
  }
}

}  // namespace atrium::testkit
#endif
