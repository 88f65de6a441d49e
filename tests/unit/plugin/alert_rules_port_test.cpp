#include "plugin/alert_rules_port.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "edge_world.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {
namespace {

class AlertRulesPortTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(edge.started) << edge.started.error().detail; }
  Result<std::vector<RaisedAlert>> evaluated(const std::string& rule, std::string tenant) {
    auto window = std::make_shared<AlertWindow>();
    window->tenant_id = std::move(tenant);
    window->from = Wall{1000ms};
    window->to = Wall{61'000ms};
    window->series = {{.metric = "a", .subject = "ana", .at_ms = {1000, 2000, 3000}, .values = {0.5, std::nan(""), 0.75}},
                      {.metric = "b", .subject = "", .at_ms = {}, .values = {}}};
    std::optional<Result<std::vector<RaisedAlert>>> answer;
    rules.evaluate(rule, window, [&answer](Result<std::vector<RaisedAlert>> came) { answer = std::move(came); });
    if (!answer) edge.shards.turn();
    return answer ? *answer : Result<std::vector<RaisedAlert>>(fail(Code::internal, "not answered"));
  }

  EdgeWorld edge{ATRIUM_ISOLATED_PLUGINS};
  AlertRulesPort rules{edge.registry(), edge.calls};
};

TEST_F(AlertRulesPortTest, listsTheRulesOfPlugins) {
  const auto found = rules.rules();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].name, "kinds");
  EXPECT_EQ(found[0].metrics, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(found[0].window, 60s);
  edge.registry().withdraw(*edge.world.host().find("test.kinds"));
  EXPECT_TRUE(rules.rules().empty());
}

TEST_F(AlertRulesPortTest, showsTheWindowAndTakesWhatIsRaised) {
  const auto raised = evaluated("kinds", "acme");
  ASSERT_TRUE(raised) << raised.error().detail;
  ASSERT_EQ(raised->size(), 2u);
  const RaisedAlert& alert = raised->front();
  EXPECT_EQ(alert.severity, Severity::high);
  EXPECT_EQ(alert.subject, "ana");
  EXPECT_EQ(alert.title, "a");
  EXPECT_EQ(alert.message, "1000=0.500000 2000=none 3000=0.750000 ");
  EXPECT_EQ(alert.value, 0.75);
  EXPECT_EQ(alert.threshold, 60'000);
  EXPECT_EQ(alert.actions, (std::vector<AlertAction>{{"Look", "/look ana"}, {"Wait", ""}}));
}

TEST_F(AlertRulesPortTest, aRuleThatThrowsHasFailed) {
  const auto raised = evaluated("kinds", "fail");
  ASSERT_FALSE(raised);
  EXPECT_EQ(raised.error().code, Code::plugin_failed);
}

TEST_F(AlertRulesPortTest, aRuleThatIsNotThereIsNotFound) {
  const auto raised = evaluated("none", "acme");
  ASSERT_FALSE(raised);
  EXPECT_EQ(raised.error().code, Code::not_found);
}

}  // namespace
}  // namespace atrium::test
