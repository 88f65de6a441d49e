#include <atrium/plugin.hpp>
#include <string>

// Tells when an agent is nearly full. The same window always raises the same alerts.
class SampleName {
 public:
  explicit SampleName(const atrium::Json& options) : threshold_(options["threshold"].as_number().value()) {}

  void evaluate(const atrium::Window& window, atrium::Alerts& alerts) const {
    for (const atrium::Series series : window) {
      const auto used = series.average();
      if (!used || *used < threshold_) continue;
      alerts.raise({.severity = ATRIUM_SEVERITY_HIGH,
                    .subject = std::string(series.subject()),
                    .title = "An agent is nearly full",
                    .message = std::string(series.subject()) + " has hardly room for another lead.",
                    .value = *used,
                    .threshold = threshold_});
    }
  }
  atrium::AlertRuleInfo alert_rule{.name = "sample_name", .metrics = "capacity_utilization", .window_seconds = 300};

 private:
  double threshold_;
};

ATRIUM_PLUGIN(SampleName, "com.example.sample-name", "0.1.0")
