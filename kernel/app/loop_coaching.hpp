#pragma once

#include <string>
#include <vector>

#include "app/tenant_road.hpp"
#include "coaching/coaching_desk.hpp"
#include "coaching/tip_rooms.hpp"
#include "engine/shard.hpp"
#include "plugin/assistants_port.hpp"
#include "rest/coaching_control.hpp"

namespace atrium {

// The rooms of coaching, by way of the engine of this loop, which outlives it.
class ShardTipRooms final : public TipRooms {
 public:
  explicit ShardTipRooms(Shard& shard) : shard_(shard) {}
  void conversation(PrincipalPtr caller, std::string room_id, Completion<JsonDocument> done) override;
  void post(TipMessage message, Completion<std::string> done) override;

 private:
  Shard& shard_;
};

// One loop's way to the coaching desks, and of supervisors into rooms.
class LoopCoaching final : public CoachingControl {
 public:
  // `desks` has one for each shard once the server serves. All outlive it.
  LoopCoaching(unsigned index, Shards& shards, const std::vector<CoachingDesk*>& desks, Shard& shard)
      : road_(index, shards, desks), shard_(shard) {}

  void assist(PrincipalPtr caller, JsonDocument body, bool names_task, Completion<std::string> done) override;
  void judge(PrincipalPtr caller, std::string tip_id, TipVerdict verdict, Completion<std::string> done) override;
  void list(PrincipalPtr caller, ListTips query, Completion<std::string> done) override;
  void readPrivacy(PrincipalPtr caller, Completion<std::string> done) override;
  void putPrivacy(PrincipalPtr caller, JsonDocument body, Completion<std::string> done) override;
  void whisper(PrincipalPtr caller, std::string room_id, JsonDocument body, Completion<std::string> done) override;
  void supervise(PrincipalPtr caller, std::string room_id, Supervision how, Completion<std::string> done) override;

 private:
  // What comes once he is a member; he is one also when the room cannot be told. `once`: of this membership the room is told once.
  void tell(const PrincipalPtr& caller, const std::string& room_id, Supervision how, const std::string& member, bool once,
            Completion<std::string> done);

  TenantRoad<CoachingDesk> road_;
  Shard& shard_;
};

}  // namespace atrium
