#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

namespace {

testkit::Evaluation news(const std::string& series, const char* options = "{}") {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, options);
  return testkit::evaluate(plugin, (R"({"to_ms": 1000000, "window_seconds": 600, "series": [)" + series + "]}").c_str());
}

}  // namespace

TEST(Information, tellsThatAnAgentIsBack) {
  const auto seen =
      news(R"({"metric": "capacity_utilization", "subject": "ana", "values": [0.2, null, 0.1], "at_ms": [800000, 850000, 990000]},
                            {"metric": "capacity_utilization", "subject": "ben", "values": [0.2, 0.1], "at_ms": [970000, 990000]})");
  ASSERT_EQ(seen.alerts.size(), 1u) << "ben was there all the time";
  EXPECT_EQ(seen.alerts[0].subject, "ana");
  EXPECT_EQ(seen.alerts[0].severity, ATRIUM_SEVERITY_LOW);
  EXPECT_EQ(seen.alerts[0].value, 140) << "seconds";
}

// After a restart, and in a backtest, there are points of minutes: what lies between two of them was not measured, and is no absence.
TEST(Information, pointsThatAreFarApartAreNoAbsence) {
  const std::string minutes = R"({"metric": "capacity_utilization", "subject": "ana", "at_ms": [700000, 760000, 820000, 955000, 990000],)";
  EXPECT_TRUE(news(minutes + R"("values": [0.2, 0.3, 0.2, 0.1, 0.1]})").alerts.empty());
  EXPECT_EQ(news(minutes + R"("values": [0.2, 0.3, null, 0.1, 0.1]})").alerts.size(), 1u) << "away for 135 s";
}

TEST(Information, whoHasLeftAgainIsNotBack) {
  EXPECT_TRUE(
      news(R"({"metric": "capacity_utilization", "subject": "ana", "values": [0.2, 0.1], "at_ms": [600000, 800000]})").alerts.empty());
  EXPECT_TRUE(news(R"({"metric": "capacity_utilization", "subject": "ana", "values": [0.2], "at_ms": [990000]})").alerts.empty())
      << "who comes for the first time has not come back";
}

TEST(Information, tellsThatTheBacklogIsCleared) {
  const auto seen = news(R"({"metric": "queue_length", "values": [4, 7, 0]})");
  ASSERT_EQ(seen.alerts.size(), 1u);
  EXPECT_EQ(seen.alerts[0].message, "No lead waits any more; there were 7.");
  EXPECT_TRUE(news(R"({"metric": "queue_length", "values": [4, 0]})").alerts.empty()) << "that was no backlog";
  EXPECT_TRUE(news(R"({"metric": "queue_length", "values": [7, 1]})").alerts.empty());
  EXPECT_EQ(news(R"({"metric": "queue_length", "values": [4, 0]})", R"({"backlog": 4})").alerts.size(), 1u);
}

TEST(Information, tellsThatTheTargetIsMet) {
  const auto seen = news(R"({"metric": "response_seconds", "values": [90, 40]})");
  ASSERT_EQ(seen.alerts.size(), 1u);
  EXPECT_EQ(seen.alerts[0].subject, "response_seconds");
  EXPECT_TRUE(news(R"({"metric": "response_seconds", "values": [40, 40]})").alerts.empty()) << "it never was missed";
  EXPECT_TRUE(news(R"({"metric": "response_seconds", "values": [90, 61]})").alerts.empty());
}
