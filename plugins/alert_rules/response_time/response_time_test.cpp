#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

namespace {

testkit::Evaluation responses(const char* series, const char* options = "{}") {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, options);
  return testkit::evaluate(plugin, (std::string(R"({"series": [)") + series + "]}").c_str());
}

}  // namespace

TEST(ResponseTime, tellsOfAnAverageAboveAMinute) {
  const auto seen = responses(R"({"metric": "response_seconds", "values": [30, null, 100]},
                                 {"metric": "response_seconds", "subject": "ana", "values": [400]},
                                 {"metric": "response_seconds", "subject": "ben", "values": [60]},
                                 {"metric": "response_seconds", "subject": "cyd", "values": [10, 120]})");
  ASSERT_EQ(seen.alerts.size(), 3u) << "60 s is not above 60 s";
  EXPECT_EQ(seen.alerts[0].subject, "");
  EXPECT_EQ(seen.alerts[0].severity, ATRIUM_SEVERITY_HIGH);
  EXPECT_EQ(seen.alerts[0].value, 65);
  EXPECT_EQ(seen.alerts[0].message, "The team takes 65 s to respond on average, above 60 s.");
  EXPECT_EQ(seen.alerts[1].severity, ATRIUM_SEVERITY_CRITICAL);
  EXPECT_EQ(seen.alerts[1].actions[0].second, "rebalance ana");
  EXPECT_EQ(seen.alerts[2].severity, ATRIUM_SEVERITY_MEDIUM);
}

TEST(ResponseTime, aSlowOneAmongFastOnesIsNoAlert) {
  EXPECT_TRUE(responses(R"({"metric": "response_seconds", "values": [10, 10, 10, 150]})").alerts.empty());
  EXPECT_TRUE(responses(R"({"metric": "response_seconds", "values": [null, null]})").alerts.empty());
  EXPECT_TRUE(responses(R"({"metric": "response_seconds", "values": [1e308, 1e308]})").alerts.empty()) << "nobody takes so long";
}

// Ninety-nine fast ones within one interval and a slow one within the next.
TEST(ResponseTime, eachResponseCountsAndNotEachInterval) {
  const std::string seconds = R"({"metric": "response_seconds", "subject": "ana", "values": [2, null, 200]})";
  EXPECT_TRUE(responses((seconds + R"(, {"metric": "responses", "subject": "ana", "values": [99, null, 1]})").c_str()).alerts.empty());
  const auto slow = responses((seconds + R"(, {"metric": "responses", "subject": "ana", "values": [1, null, 1]})").c_str());
  ASSERT_EQ(slow.alerts.size(), 1u) << "the counts raise nothing of their own";
  EXPECT_EQ(slow.alerts[0].value, 101);
  EXPECT_EQ(responses((seconds + R"(, {"metric": "responses", "subject": "ben", "values": [99, null, 1]})").c_str()).alerts.size(), 1u)
      << "those of another agent say nothing of ana's";
}

TEST(ResponseTime, takesItsThresholdsFromItsOptions) {
  const auto seen = responses(R"({"metric": "response_seconds", "values": [30]})", R"({"seconds": 20, "critical_seconds": 30})");
  ASSERT_EQ(seen.alerts.size(), 1u);
  EXPECT_EQ(seen.alerts[0].threshold, 20);
  EXPECT_EQ(seen.alerts[0].severity, ATRIUM_SEVERITY_CRITICAL);
}
