#pragma once

#include <vector>

#include "alerts/alert_desk.hpp"
#include "app/tenant_road.hpp"
#include "rest/alert_control.hpp"

namespace atrium {

// One loop's way to the alerts of tenants, which live on their homes.
class LoopAlerts final : public AlertControl {
 public:
  // `desks`: as TenantRoad. All outlive it.
  LoopAlerts(unsigned index, Shards& shards, const std::vector<AlertDesk*>& desks, const Now& now)
      : road_(index, shards, desks), now_(now) {}

  void run(AlertCall call, Completion<std::string> done) override;

 private:
  void list(const AlertCall& call, Completion<std::string> done);
  void ofAlert(AlertCall call, Completion<std::string> done);
  void ofSilence(AlertCall call, Completion<std::string> done);

  TenantRoad<AlertDesk> road_;
  const Now& now_;
};

}  // namespace atrium
