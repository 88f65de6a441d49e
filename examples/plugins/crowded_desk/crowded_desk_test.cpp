#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(CrowdedDesk, tellsOfALoadThatStaysHigh) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"limit": 0.9})");
  const auto seen = testkit::evaluate(plugin, R"({"series": [
      {"metric": "capacity_utilization", "subject": "ana", "values": [0.95, null, 1.0]},
      {"metric": "capacity_utilization", "subject": "ben", "values": [1.0, 0.2]}]})");
  ASSERT_EQ(seen.alerts.size(), 1u);
  EXPECT_EQ(seen.alerts[0].subject, "ana");
}
