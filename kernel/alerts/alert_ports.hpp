#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "alerts/alert.hpp"
#include "analytics/metric_history.hpp"
#include "base/result.hpp"
#include "engine/shard.hpp"

// What the alerts need of the world beside the engine's ports and MetricHistory. All of it belongs to the tenant's home loop.
namespace atrium {

// What a rule says of itself.
struct AlertRuleInfo {
  std::string name;
  std::vector<std::string> metrics = {};
  std::chrono::seconds window{300};
};

// What a rule is shown. Immutable: a worker reads it.
struct AlertWindow {
  std::string tenant_id;
  Wall from{};
  Wall to{};  // The moment the rule is asked about.
  std::vector<MetricSeries> series;
};

// The rules there are: kernel/plugin has them of plugins.
class AlertRules {
 public:
  virtual ~AlertRules() = default;
  // In order of their names; they come and go with plugins.
  [[nodiscard]] virtual std::vector<AlertRuleInfo> rules() const = 0;
  // What is wrong at the end of the window, at most ATRIUM_ALERTS_MAX. Refusals: not_found, plugin_failed, overloaded.
  virtual void evaluate(const std::string& rule, std::shared_ptr<const AlertWindow> window, Completion<std::vector<RaisedAlert>> done) = 0;
};

// Alerts of one group about which people are to be told at once.
struct AlertNotice {
  enum class Kind : std::uint8_t { fired, resolved };
  std::string tenant_id;
  std::string group;
  Kind kind = Kind::fired;
  std::vector<Alert> alerts;  // Not empty; those of highest severity first.
  std::string key;            // The same for the same notice, should it be told again: an idempotency key.
};

// Who looks on: live streams and the events of sessions.
class AlertWatcher {
 public:
  virtual ~AlertWatcher() = default;
  // An alert that is neither silenced nor inhibited begins to fire, or one that fired is resolved: what people hear of at once. At most
  // TenantAlerts::news_at_once of one change; `changed` tells of all. Comes after it.
  virtual void turned(const std::string& tenant_id, const Alert& alert, const std::string& json) = 0;
  // An alert is stored in a new state, or with a new acknowledgement; pending ones are no news. `json` is the Alert of schemas.yaml.
  // Returns at once.
  virtual void changed(const std::string& tenant_id, const Alert& alert, const std::string& json) = 0;
  // Likewise, of each open alert that was found in the store at the start: no news, but what there is.
  virtual void found(const std::string& tenant_id, const Alert& alert, const std::string& json) = 0;
};

// Who is disturbed.
class AlertDelivery {
 public:
  virtual ~AlertDelivery() = default;
  // Tells people: these fire or have resolved, and are neither silenced, inhibited nor acknowledged. Completes with the id of the room in
  // which they were told. A refusal has it tried again at the next evaluation, that of a resolution never.
  virtual void notify(AlertNotice notice, Completion<std::string> done) = 0;
};

// Who carries out recommended actions.
class ActionRunner {
 public:
  virtual ~ActionRunner() = default;
  // `command` is the action's text: a verb with its arguments or, beginning with a slash, a command run in the emergency room. Completes
  // with one JSON object. The caller may do it, as far as alerts are concerned.
  virtual void run(const std::string& tenant_id, std::string command, PrincipalPtr caller, Completion<std::string> done) = 0;
};

}  // namespace atrium
