#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include <atrium/plugin.hpp>

// Tells when the system as a whole is slow or behind. Each figure is an alert of its own, whose subject is the figure's name.
class SystemPerformance {
 public:
  explicit SystemPerformance(const atrium::Json& options)
      : figures_{{{"message_latency_ms", limit(options, "latency_ms", 50), " ms", "Messages are slow",
                   "On their way to the last recipient messages take", ATRIUM_SEVERITY_HIGH},
                  {"queue_length", limit(options, "queue_length", 20), " leads", "The queue is long", "Waiting for an agent are",
                   ATRIUM_SEVERITY_MEDIUM},
                  {"oldest_wait_seconds", limit(options, "oldest_wait_seconds", 300), " s", "A lead waits for long",
                   "The lead that waits longest has waited", ATRIUM_SEVERITY_HIGH},
                  {"message_errors", limit(options, "errors", 10), " messages", "Messages are refused",
                   "Within the last minute the server had to refuse", ATRIUM_SEVERITY_CRITICAL}}} {}

  void evaluate(const atrium::Window& window, atrium::Alerts& alerts) const {
    for (const atrium::Series series : window) {
      if (!series.subject().empty()) continue;
      for (const Figure& figure : figures_)
        if (figure.metric == series.metric()) judge(figure, seen(figure, series), alerts);
    }
  }

  static constexpr atrium::AlertRuleInfo alert_rule{
      .name = "system_performance", .metrics = "message_latency_ms,queue_length,oldest_wait_seconds,message_errors", .window_seconds = 120};

 private:
  static constexpr double nonsense = 1e12;  // From here on it is no measurement, and no text either.
  struct Figure {
    std::string_view metric;
    double limit;
    const char* unit;
    const char* title;
    const char* sentence;
    std::uint32_t severity;
  };

  static double limit(const atrium::Json& options, const char* name, double fallback) {
    return options[name].as_number().value_or(fallback);
  }
  // A queue is judged as it is now, a latency over the window: one slow message is no news.
  static std::optional<double> seen(const Figure& figure, const atrium::Series& series) {
    return figure.metric == "message_latency_ms" ? series.average() : series.latest();
  }
  static void judge(const Figure& figure, std::optional<double> value, atrium::Alerts& alerts) {
    if (!value || !(*value > figure.limit && *value < nonsense)) return;
    const bool waiting = figure.metric == "queue_length" || figure.metric == "oldest_wait_seconds";
    alerts.raise({.severity = figure.severity,
                  .subject = std::string(figure.metric),
                  .title = figure.title,
                  .message = std::string(figure.sentence) + " " + rounded(*value) + figure.unit + ", above " + rounded(figure.limit) + ".",
                  .value = *value,
                  .threshold = figure.limit,
                  .actions = waiting ? std::vector<atrium::AlertAction>{{"Let waiting leads overflow to other queues", "overflow"},
                                                                        {"Bring more agents online"}}
                                     : std::vector<atrium::AlertAction>{{"Look at GET /metrics and GET /health/ready"}}});
  }
  static std::string rounded(double value) { return std::to_string(std::lround(value)); }

  std::array<Figure, 4> figures_;
};

ATRIUM_PLUGIN(SystemPerformance, "atrium.alert-rule.system-performance", "1.0.0")
