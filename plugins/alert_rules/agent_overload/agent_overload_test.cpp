#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

namespace {

testkit::Evaluation agents(const char* series) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  return testkit::evaluate(plugin, (std::string(R"({"series": [)") + series + "]}").c_str());
}

}  // namespace

TEST(AgentOverload, tellsOfEachAgentAboveNineTenths) {
  const auto seen = agents(R"({"metric": "capacity_utilization", "subject": "ana", "values": [0.5, 0.95]},
                              {"metric": "capacity_utilization", "subject": "ben", "values": [0.9]},
                              {"metric": "capacity_utilization", "subject": "cyd", "values": [1.0, null]})");
  ASSERT_EQ(seen.alerts.size(), 2u) << "90 % is not above 90 %";
  EXPECT_EQ(seen.alerts[0].subject, "ana");
  EXPECT_EQ(seen.alerts[0].severity, ATRIUM_SEVERITY_HIGH);
  EXPECT_EQ(seen.alerts[0].message, "ana is at 95 % of capacity, above 90 %.");
  EXPECT_EQ(seen.alerts[0].actions[0].second, "rebalance ana");
  EXPECT_EQ(seen.alerts[1].subject, "cyd") << "the latest value that is known counts";
  EXPECT_EQ(seen.alerts[1].severity, ATRIUM_SEVERITY_CRITICAL);
}

TEST(AgentOverload, isSilentWhereTheLoadHasPassedOrNothingIsKnown) {
  EXPECT_TRUE(agents(R"({"metric": "capacity_utilization", "subject": "ana", "values": [1.0, 0.4]},
                        {"metric": "capacity_utilization", "subject": "ben", "values": [null]},
                        {"metric": "capacity_utilization", "values": [1.0]})")
                  .alerts.empty());
  EXPECT_TRUE(agents("").alerts.empty());
}

// [snippet:rule]
TEST(AgentOverload, takesItsThresholdsFromItsOptions) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"utilization": 0.5, "critical_utilization": 0.6})");
  const auto seen =
      testkit::evaluate(plugin, R"({"series": [{"metric": "capacity_utilization", "subject": "ana", "values": [0.9, 0.6]}]})");
  ASSERT_EQ(seen.alerts.size(), 1u);
  EXPECT_EQ(seen.alerts[0].threshold, 0.5);
  EXPECT_EQ(seen.alerts[0].severity, ATRIUM_SEVERITY_CRITICAL);
}
// [/snippet]
