#include <cmath>
#include <string>

#include <atrium/plugin.hpp>

// Tells of each agent who has no room left: by his latest capacity_utilization, so that it fires while it is so; how long that must last is
// the server's `for`.
class AgentOverload {
 public:
  explicit AgentOverload(const atrium::Json& options)
      : limit_(options["utilization"].as_number().value_or(0.9)), critical_(options["critical_utilization"].as_number().value_or(1.0)) {}

  void evaluate(const atrium::Window& window, atrium::Alerts& alerts) const {
    for (const atrium::Series agent : window) {
      const auto load = agent.latest();
      if (agent.subject().empty() || !load || !(*load > limit_)) continue;
      const std::string name(agent.subject());
      alerts.raise({.severity = *load >= critical_ ? ATRIUM_SEVERITY_CRITICAL : ATRIUM_SEVERITY_HIGH,
                    .subject = name,
                    .title = "Agent overload",
                    .message = name + " is at " + percent(*load) + " of capacity, above " + percent(limit_) + ".",
                    .value = *load,
                    .threshold = limit_,
                    .actions = {{"Even out the load of the team", "rebalance " + name},
                                {"Give " + name + " no new leads for now", "pause " + name}}});
    }
  }

  static constexpr atrium::AlertRuleInfo alert_rule{.name = "agent_overload", .metrics = "capacity_utilization", .window_seconds = 120};

 private:
  static std::string percent(double part) { return std::to_string(std::lround(100 * part)) + " %"; }
  double limit_, critical_;
};

ATRIUM_PLUGIN(AgentOverload, "atrium.alert-rule.agent-overload", "1.0.0")
