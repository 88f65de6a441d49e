#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(SampleName, tellsOfWhoeverIsNearlyFull) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"threshold": 0.9})");
  const auto seen = testkit::evaluate(plugin, R"({"series": [
      {"metric": "capacity_utilization", "subject": "ana", "values": [0.9, 1.0]},
      {"metric": "capacity_utilization", "subject": "ben", "values": [0.5, null]}]})");
  ASSERT_EQ(seen.alerts.size(), 1u);
  EXPECT_EQ(seen.alerts[0].subject, "ana");
  EXPECT_EQ(seen.alerts[0].threshold, 0.9);
}
