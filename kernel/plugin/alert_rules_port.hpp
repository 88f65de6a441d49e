#pragma once

#include <memory>
#include <string>
#include <vector>

#include "alerts/alert_ports.hpp"
#include "plugin/plugin_registry.hpp"
#include "plugin/worker_calls.hpp"

namespace atrium {

// The alert rules of plugins for one loop: whatever the registry offers at the moment. Rules are evaluated on workers, within the deadline
// of their kind. On the loop's thread.
class AlertRulesPort final : public AlertRules {
 public:
  // Both outlive the calls.
  AlertRulesPort(PluginRegistry& registry, WorkerCalls& workers) : registry_(registry), workers_(workers) {}

  [[nodiscard]] std::vector<AlertRuleInfo> rules() const override;
  // A rule that raises more than it may, or says what is no text or severity, has failed as a whole.
  void evaluate(const std::string& rule, std::shared_ptr<const AlertWindow> window, Completion<std::vector<RaisedAlert>> done) override;

 private:
  PluginRegistry& registry_;
  WorkerCalls& workers_;
};

}  // namespace atrium
