#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

namespace {

testkit::Evaluation figures(const char* series, const char* options = "{}") {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, options);
  return testkit::evaluate(plugin, (std::string(R"({"series": [)") + series + "]}").c_str());
}

}  // namespace

TEST(SystemPerformance, tellsOfEachFigureByItself) {
  const auto seen = figures(R"({"metric": "message_latency_ms", "values": [40, 80]},
                               {"metric": "queue_length", "values": [3, 21]},
                               {"metric": "oldest_wait_seconds", "values": [301]},
                               {"metric": "message_errors", "values": [11]})");
  ASSERT_EQ(seen.alerts.size(), 4u);
  EXPECT_EQ(seen.alerts[0].subject, "message_latency_ms");
  EXPECT_EQ(seen.alerts[0].value, 60);
  EXPECT_EQ(seen.alerts[0].message, "On their way to the last recipient messages take 60 ms, above 50.");
  EXPECT_EQ(seen.alerts[1].subject, "queue_length");
  EXPECT_EQ(seen.alerts[1].severity, ATRIUM_SEVERITY_MEDIUM);
  EXPECT_EQ(seen.alerts[1].actions[0].second, "overflow");
  EXPECT_EQ(seen.alerts[2].subject, "oldest_wait_seconds");
  EXPECT_EQ(seen.alerts[3].severity, ATRIUM_SEVERITY_CRITICAL);
  EXPECT_EQ(seen.alerts[3].actions[0].second, "") << "advice only";
}

TEST(SystemPerformance, oneSlowMinuteAndAQueueThatHasGoneAreNoNews) {
  EXPECT_TRUE(figures(R"({"metric": "message_latency_ms", "values": [10, 10, 10, 150]},
                         {"metric": "queue_length", "values": [50, 0]},
                         {"metric": "queue_length", "subject": "ana", "values": [50]}, {"metric": "other", "values": [1e9]})")
                  .alerts.empty());
}

TEST(SystemPerformance, takesItsThresholdsFromItsOptions) {
  const auto seen = figures(R"({"metric": "queue_length", "values": [3]}, {"metric": "message_latency_ms", "values": [80]})",
                            R"({"queue_length": 2, "latency_ms": 100})");
  ASSERT_EQ(seen.alerts.size(), 1u);
  EXPECT_EQ(seen.alerts[0].threshold, 2);
}
