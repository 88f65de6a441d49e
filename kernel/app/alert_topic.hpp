#pragma once

#include <string>

#include "alerts/alert_ports.hpp"
#include "engine/topics.hpp"

namespace atrium {

// Shows the open alerts of each tenant in its topic `alerts`, by their ids. On the tenant's home loop.
class AlertTopic final : public AlertWatcher {
 public:
  explicit AlertTopic(Topics& topics) : topics_(topics) {}

  void changed(const std::string& tenant_id, const Alert& alert, const std::string& json) override {
    const std::string key = formatId(alert_prefix, alert.id);
    if (alert.open())
      topics_.put(tenant_id, Topic::alerts, key, json);
    else
      topics_.remove(tenant_id, Topic::alerts, key);
  }
  void found(const std::string& tenant_id, const Alert& alert, const std::string& json) override { changed(tenant_id, alert, json); }

 private:
  Topics& topics_;
};

}  // namespace atrium
