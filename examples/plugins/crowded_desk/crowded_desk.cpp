// [snippet:whole]
#include <atrium/plugin.hpp>

// Tells of agents who have had no free place for a while.
struct CrowdedDesk {
  explicit CrowdedDesk(const atrium::Json& options) : limit(options["limit"].as_number().value_or(0.9)) {}

  void evaluate(const atrium::Window& window, atrium::Alerts& alerts) const {
    for (const atrium::Series agent : window)
      if (const auto load = agent.average(); load && *load > limit)
        alerts.raise({.severity = ATRIUM_SEVERITY_HIGH,
                      .subject = std::string(agent.subject()),
                      .title = "An agent has no free place",
                      .message = "The load has been high for five minutes.",
                      .value = *load,
                      .threshold = limit,
                      .actions = {{"Hand a lead over", "/handoff"}}});
  }

  static constexpr atrium::AlertRuleInfo alert_rule{.metrics = "capacity_utilization", .window_seconds = 300};
  double limit;
};

ATRIUM_PLUGIN(CrowdedDesk, "com.acme.crowded-desk", "1.0.0")
// [/snippet]
