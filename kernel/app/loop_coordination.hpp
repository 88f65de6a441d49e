#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "analytics/recorder.hpp"
#include "app/tenant_road.hpp"
#include "coordination/coordination.hpp"
#include "coordination/policy_books.hpp"
#include "engine/shard.hpp"
#include "rest/coordination_control.hpp"

namespace atrium {

// One loop's part in coordination: the way of its API and its part of the engine to the desks, and the way of its desks to people. On that
// loop.
class LoopCoordination final : public CoordinationControl, public Workplace, public DeskOutlet, public PolicySource {
 public:
  struct Parts {
    unsigned index;
    Shards& shards;
    const std::vector<Coordination*>& desks;  // One for each shard, in order, once the server serves.
    Shard& shard;
    PolicyBooks& policies;
    Recorder& recorder;
    Log& log;
    bool enabled;  // Whether the operator lets this server coordinate.
  };
  // All of it outlives this.
  explicit LoopCoordination(const Parts& parts) : parts_(parts), road_(parts.index, parts.shards, parts.desks) {}

  void run(CoordinationCommand command, Completion<std::string> done) override;

  void presenceChanged(const UserKey& user, Status status, std::size_t sessions) override;
  void posted(const RoomKey& room, std::string_view room_type, std::string_view lead_id, const Principal& sender, Wall at) override;

  void offer(const std::string& tenant_id, const std::string& agent_id, const std::string& offer) override;
  void agent(const std::string& tenant_id, const std::string& agent_id, std::string value) override;
  void lead(const std::string& tenant_id, const std::string& lead_id, std::string value) override;
  void offerRow(const std::string& tenant_id, const std::string& offer_id, std::string value) override;
  void decision(const std::string& tenant_id, const std::string& decision_id, std::string value) override;
  void handoff(const std::string& tenant_id, const Handoff& handoff) override;
  void note(const std::string& tenant_id, const Fact& fact) override { parts_.recorder.note(tenant_id, fact); }

  void find(const std::string& tenant_id, std::string name, Completion<PolicyInForce> done) override;

 private:
  Completion<std::string> withStatus(const CoordinationCommand& command, Status status, Completion<std::string> done);
  void put(const std::string& tenant_id, Topic topic, const std::string& key, const std::string& value);
  void askDesk(CoordinationCommand command, Completion<std::string> done);
  void inHisRoom(CoordinationCommand command, std::string room_id, Completion<std::string> done);
  void makeRoom(const std::string& tenant_id, const Handoff& handoff);
  void tellRoom(const std::string& tenant_id, const Handoff& handoff, const std::string& room_id);
  void postHandoff(const std::string& tenant_id, const Handoff& handoff, const std::string& room_id);

  Parts parts_;
  TenantRoad<Coordination> road_;
  // Handoffs that are told once their lead's room is made, by tenant and lead; as many as are under way at most.
  std::map<std::pair<std::string, std::string>, std::vector<Handoff>> untold_;
};

}  // namespace atrium
