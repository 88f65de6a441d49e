#pragma once

#include <string>

#include "alerts/alert_ports.hpp"
#include "engine/shard.hpp"
#include "protocol/frame.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

// Shows the open alerts of each tenant in its topic `alerts`, by their ids, and tells the sessions of its people by an event `alert` of one
// that begins to fire or is resolved. On the tenant's home loop.
class AlertTopic final : public AlertWatcher {
 public:
  explicit AlertTopic(Shard& shard) : shard_(shard) {}

  void changed(const std::string& tenant_id, const Alert& alert, const std::string& json) override {
    const std::string key = formatId(alert_prefix, alert.id);
    if (alert.open())
      shard_.topics().put(tenant_id, Topic::alerts, key, json);
    else
      shard_.topics().remove(tenant_id, Topic::alerts, key);
  }
  void found(const std::string& tenant_id, const Alert& alert, const std::string& json) override { changed(tenant_id, alert, json); }
  void turned(const std::string& tenant_id, const Alert&, const std::string& json) override {
    FrameBuilder frame;
    JsonWriter(frame).begin('{').key("event_type").value("alert").key("alert").raw(json).end('}');
    shard_.tellTenant(tenant_id, info(Topic::alerts).roles, std::move(frame).finish());
  }

 private:
  Shard& shard_;
};

}  // namespace atrium
