#pragma once

#include <string>

#include "alerts/alert_ports.hpp"
#include "app/emergency_room.hpp"

namespace atrium {

// Carries out recommended actions: a text that begins with a slash is a command, which its caller runs in the emergency room of the tenant
// and becomes a member for. Other texts are refused with command_unknown. On the tenant's home loop.
class AlertCommands final : public ActionRunner {
 public:
  AlertCommands(Shard& shard, EmergencyRoom& room) : shard_(shard), room_(room) {}
  void run(const std::string& tenant_id, std::string command, PrincipalPtr caller, Completion<std::string> done) override;

 private:
  Shard& shard_;
  EmergencyRoom& room_;
};

}  // namespace atrium
