#include <cmath>
#include <cstdint>
#include <string>

#include <atrium/plugin.hpp>

// Good news, of low severity: an agent has come back, the backlog is cleared, the team responds within its target. Each is told for as long
// as it is news, which is as long as what was there before is still within the window.
class Information {
 public:
  explicit Information(const atrium::Json& options)
      : backlog_(options["backlog"].as_number().value_or(5)),
        target_(options["target_seconds"].as_number().value_or(60)),
        away_ms_(1000 * options["away_seconds"].as_number().value_or(60)) {}

  void evaluate(const atrium::Window& window, atrium::Alerts& alerts) const {
    for (const atrium::Series series : window) {
      if (series.metric() == "capacity_utilization" && !series.subject().empty())
        agentCameBack(series, window, alerts);
      else if (series.metric() == "queue_length" && series.subject().empty())
        backlogCleared(series, alerts);
      else if (series.metric() == "response_seconds" && series.subject().empty())
        targetMet(series, alerts);
    }
  }

  static constexpr atrium::AlertRuleInfo alert_rule{
      .name = "information", .metrics = "capacity_utilization,queue_length,response_seconds", .window_seconds = 600};

 private:
  static void raise(atrium::Alerts& alerts, std::string subject, std::string title, std::string message, double value, double threshold) {
    alerts.raise({.severity = ATRIUM_SEVERITY_LOW,
                  .subject = std::move(subject),
                  .title = std::move(title),
                  .message = std::move(message),
                  .value = value,
                  .threshold = threshold});
  }

  // His load is known while he is there, and said not to be known while he is away. Where nothing is said at all nobody measured: the
  // server was not running, or points are a minute apart.
  void agentCameBack(const atrium::Series& load, const atrium::Window& window, atrium::Alerts& alerts) const {
    std::uint64_t last = 0, left = 0;
    double away = 0;
    for (std::uint32_t at = 0; at < load.size(); ++at) {
      if (!load.value(at)) {
        if (last > 0 && left == 0) left = load.at_ms(at);
        continue;
      }
      if (left > 0) away = std::max(away, static_cast<double>(load.at_ms(at) - left));
      left = 0;
      last = load.at_ms(at);
    }
    if (last == 0 || away < away_ms_ || static_cast<double>(window.to_ms() - last) >= away_ms_) return;
    raise(alerts, std::string(load.subject()), "An agent is back", std::string(load.subject()) + " has come back.", away / 1000,
          away_ms_ / 1000);
  }

  void backlogCleared(const atrium::Series& queue, atrium::Alerts& alerts) const {
    double most = 0;
    for (std::uint32_t at = 0; at < queue.size(); ++at) most = std::max(most, queue.value(at).value_or(0));
    if (most < backlog_ || queue.latest().value_or(1) > 0) return;
    raise(alerts, "queue_length", "The backlog is cleared", "No lead waits any more; there were " + std::to_string(std::lround(most)) + ".",
          most, backlog_);
  }

  // It was not met before, and is now.
  void targetMet(const atrium::Series& response, atrium::Alerts& alerts) const {
    bool missed = false;
    for (std::uint32_t at = 0; at < response.size(); ++at) missed = missed || response.value(at).value_or(0) > target_;
    const auto now = response.latest();
    if (!missed || !now || *now > target_) return;
    raise(alerts, "response_seconds", "The target is met", "The team responds within " + std::to_string(std::lround(target_)) + " s again.",
          *now, target_);
  }

  double backlog_, target_, away_ms_;
};

ATRIUM_PLUGIN(Information, "atrium.alert-rule.information", "1.0.0")
