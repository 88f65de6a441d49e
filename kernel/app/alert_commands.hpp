#pragma once

#include <string>

#include "alerts/alert_ports.hpp"
#include "app/emergency_room.hpp"
#include "coordination/coordination.hpp"

namespace atrium {

// Carries out recommended actions. A text that begins with a slash is a command, which its caller runs in the emergency room of the tenant
// and becomes a member for. Otherwise its first word is what the tenant's desk is to do, the rest whom it is about:
//
//   rebalance <agent>   evens out the load of the whole team, in which this agent has too much
//   pause <agent>       offers him nothing until somebody resumes him
//   resume <agent>      offers him leads again
//   overflow            moves leads that wait to the queues theirs overflow to
//
// Answers what the desk answers. Other texts are refused with command_unknown. On the tenant's home loop, which alerts and desks share.
class AlertCommands final : public ActionRunner {
 public:
  // All of it outlives this. `desks` null: coordination is switched off.
  AlertCommands(Shard& shard, EmergencyRoom& room, Coordination* desks) : shard_(shard), room_(room), desks_(desks) {}
  void run(const std::string& tenant_id, std::string command, PrincipalPtr caller, Completion<std::string> done) override;

 private:
  void runInRoom(const std::string& tenant_id, RunCommand command, PrincipalPtr caller, Completion<std::string> done);

  Shard& shard_;
  EmergencyRoom& room_;
  Coordination* desks_;
};

}  // namespace atrium
