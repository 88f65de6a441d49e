#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include <atrium/plugin.hpp>

// Tells of response times that are above a minute on average over the window: of the team as a whole and, where their own are known, of
// each agent.
class ResponseTime {
 public:
  explicit ResponseTime(const atrium::Json& options)
      : limit_(options["seconds"].as_number().value_or(60)), critical_(options["critical_seconds"].as_number().value_or(300)) {}

  void evaluate(const atrium::Window& window, atrium::Alerts& alerts) const {
    for (const atrium::Series series : window) {
      if (series.metric() != "response_seconds") continue;
      const auto average = average_of(series, window);
      if (!average || !(*average > limit_ && *average < nonsense)) continue;
      const std::string name(series.subject());
      const bool team = name.empty();
      const std::uint32_t severity = *average >= critical_ ? ATRIUM_SEVERITY_CRITICAL
                                     : team                ? ATRIUM_SEVERITY_HIGH
                                                           : ATRIUM_SEVERITY_MEDIUM;
      alerts.raise({.severity = severity,
                    .subject = name,
                    .title = team ? "Slow responses" : "An agent responds slowly",
                    .message = (team ? std::string("The team") : name) + " takes " + seconds(*average) + " to respond on average, above " +
                               seconds(limit_) + ".",
                    .value = *average,
                    .threshold = limit_,
                    .actions = actions(name)});
    }
  }

  static constexpr atrium::AlertRuleInfo alert_rule{
      .name = "response_time", .metrics = "response_seconds,responses", .window_seconds = 300};

 private:
  static constexpr double nonsense = 1e9;  // From here on it is no response time, and no text either.
  // Each point is the mean of some responses, and counts for as many as they were: one that was slow in a quiet moment is one among all.
  static std::optional<double> average_of(const atrium::Series& seconds, const atrium::Window& window) {
    for (const atrium::Series counts : window) {
      if (counts.metric() != "responses" || counts.subject() != seconds.subject() || counts.size() != seconds.size()) continue;
      double sum = 0, responses = 0;
      for (std::uint32_t at = 0; at < seconds.size(); ++at) {
        const auto mean = seconds.value(at), count = counts.value(at);
        if (!mean || !count || counts.at_ms(at) != seconds.at_ms(at)) continue;
        sum += *mean * *count;
        responses += *count;
      }
      if (responses > 0) return sum / responses;
    }
    return seconds.average();  // Nobody counted them.
  }
  static std::vector<atrium::AlertAction> actions(const std::string& agent) {
    if (agent.empty()) return {{"Bring more agents online"}, {"Let waiting leads overflow to other queues", "overflow"}};
    return {{"Even out the load of the team", "rebalance " + agent}, {"Ask " + agent + " whether help is needed"}};
  }
  static std::string seconds(double value) { return std::to_string(std::lround(value)) + " s"; }
  double limit_, critical_;
};

ATRIUM_PLUGIN(ResponseTime, "atrium.alert-rule.response-time", "1.0.0")
