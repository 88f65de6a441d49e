#include "base/metrics.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

enum : std::uint16_t { opened, closed_well, closed_badly, waiting, seconds };
constexpr MetricInfo table[] = {{"opened_total", "", "Opened.", MetricKind::counter, 0},
                                {"closed_total", R"(how="well")", "Closed.", MetricKind::counter, 1},
                                {"closed_total", R"(how="badly")", "Closed.", MetricKind::counter, 2},
                                {"waiting", "", "Waiting.", MetricKind::gauge, 3},
                                {"turn_seconds", "", "Turns.", MetricKind::histogram, 0}};

constexpr Metric metric(std::uint16_t row) { return static_cast<Metric>(row); }

TEST(Metrics, sumTheFiguresOfAllThreads) {
  MetricRegistry registry(table);
  MetricSet& one = registry.makeSet();
  MetricSet& two = registry.makeSet();
  one.add(metric(opened));
  two.add(metric(opened), 5);
  one.set(metric(waiting), 7);
  one.add(metric(waiting), -2);
  two.observe(metric(seconds), std::chrono::milliseconds{3});
  EXPECT_EQ(registry.sum(metric(opened)), 6);
  EXPECT_EQ(one.read(metric(opened)), 1);
  EXPECT_EQ(registry.sum(metric(waiting)), 5);
  EXPECT_EQ(registry.sum(metric(closed_well)), 0);
  EXPECT_EQ(registry.histogram(metric(seconds)).count, 1U);
}

TEST(Metrics, areWrittenForPrometheus) {
  MetricRegistry registry(table);
  MetricSet& set = registry.makeSet();
  set.add(metric(opened), 2);
  set.add(metric(closed_badly));
  set.set(metric(waiting), -1);
  set.observe(metric(seconds), std::chrono::microseconds{700});
  set.observe(metric(seconds), std::chrono::seconds{3});
  std::string out;
  registry.appendPrometheus(out);
  EXPECT_TRUE(out.starts_with(
      "# HELP opened_total Opened.\n# TYPE opened_total counter\nopened_total 2\n"
      "# HELP closed_total Closed.\n# TYPE closed_total counter\nclosed_total{how=\"well\"} 0\nclosed_total{how=\"badly\"} 1\n"
      "# HELP waiting Waiting.\n# TYPE waiting gauge\nwaiting -1\n"
      "# HELP turn_seconds Turns.\n# TYPE turn_seconds histogram\n"))
      << out;
  EXPECT_NE(out.find("turn_seconds_bucket{le=\"0.0005\"} 0\n"), std::string::npos) << out;
  EXPECT_NE(out.find("turn_seconds_bucket{le=\"0.001\"} 1\n"), std::string::npos) << out;
  EXPECT_NE(out.find("turn_seconds_bucket{le=\"5\"} 2\n"), std::string::npos) << out;
  EXPECT_NE(out.find("turn_seconds_bucket{le=\"+Inf\"} 2\n"), std::string::npos) << out;
  EXPECT_NE(out.find("turn_seconds_sum 3.0007\nturn_seconds_count 2\n"), std::string::npos) << out;
}

TEST(Metrics, aHistogramCarriesItsLabelsIntoEverySeries) {
  Histogram histogram;
  histogram.observe(std::chrono::milliseconds{1});
  Histogram::Snapshot snapshot;
  histogram.addTo(snapshot);
  std::string out;
  appendPrometheusHistogram(out, "call_seconds", R"(plugin="x")", snapshot);
  EXPECT_NE(out.find("call_seconds_bucket{plugin=\"x\",le=\"0.002\"} 1\n"), std::string::npos) << out;
  EXPECT_NE(out.find("call_seconds_sum{plugin=\"x\"} 0.001\ncall_seconds_count{plugin=\"x\"} 1\n"), std::string::npos) << out;
}

}  // namespace
}  // namespace atrium
