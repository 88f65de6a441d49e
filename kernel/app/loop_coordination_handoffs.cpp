#include <algorithm>
#include <utility>

#include "app/loop_coordination.hpp"
#include "protocol/json_writer.hpp"

// How handoffs are told in the rooms of their leads.
namespace atrium {

namespace {

constexpr std::size_t besides = 1024;  // bytes of a handoff message's metadata that are not the handoff, at most: the lead's id, quoted

PrincipalPtr serverOf(const std::string& tenant_id) {
  return std::make_shared<const Principal>(Principal{.tenant_id = tenant_id,
                                                     .user_id = "atrium.coordination",
                                                     .display_name = "Atrium",
                                                     .name_verified = true,
                                                     .roles = ATRIUM_ROLE_SERVICE,
                                                     .expires = {},
                                                     .plugin = true});
}

// As much of the lead's id as a room's name takes, in whole signs.
std::string roomNameOf(const std::string& lead_id) {
  std::string name = "Lead " + lead_id;
  if (name.size() <= name_max) return name;
  std::size_t end = name_max;
  while ((static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
  name.resize(end);
  return name;
}

}  // namespace

// A handoff is told in the room that its caller names, in the server's name: only where he himself may read.
void LoopCoordination::inHisRoom(CoordinationCommand command, std::string room_id, Completion<std::string> done) {
  const PrincipalPtr caller = command.caller;
  parts_.shard.readRoom(caller, std::move(room_id),
                        [this, command = std::move(command), done = std::move(done)](const Result<std::string>& room) mutable {
                          if (!room) return done(fail(room.error()));
                          askDesk(std::move(command), std::move(done));
                        });
}

void LoopCoordination::handoff(const std::string& tenant_id, const Handoff& handoff) {
  if (!handoff.room_id.empty()) return tellRoom(tenant_id, handoff, handoff.room_id);
  std::vector<Handoff>& waiting = untold_[{tenant_id, handoff.lead_id}];
  waiting.push_back(handoff);
  if (waiting.size() == 1) makeRoom(tenant_id, handoff);
}

void LoopCoordination::makeRoom(const std::string& tenant_id, const Handoff& handoff) {
  CreateRoom room;
  room.room_type = "lead_collaboration";
  room.name = roomNameOf(handoff.lead_id);
  room.initial_members = {handoff.from};
  std::string context;
  JsonWriter(context).begin('{').key("lead_id").value(handoff.lead_id).end('}');
  room.context = *JsonDocument::parse(context);
  room.settings = JsonDocument::emptyObject();
  parts_.shard.createRoom(
      serverOf(tenant_id), std::move(room), [this, tenant_id, lead_id = handoff.lead_id](const Result<std::string>& made) {
        const std::vector<Handoff> waiting = std::move(untold_.extract({tenant_id, lead_id}).mapped());
        if (!made)
          return parts_.log.warning("coordination.no_room", {{"tenant", tenant_id}, {"lead", lead_id}, {"reason", made.error().detail}});
        const auto parsed = JsonDocument::parse(*made);
        const std::string room_id = parsed ? parsed->root()["room_id"].text() : std::string();
        std::vector<Handoff> over;
        std::ranges::copy_if(waiting, std::back_inserter(over), [](const Handoff& one) { return one.state != HandoffState::pending; });
        road_.tellAlways(tenant_id, [tenant_id, lead_id, room_id, over = std::move(over)](Coordination& desks) {
          if (Desk* desk = desks.of(tenant_id)) desk->roomMade(lead_id, room_id, over);
        });
        for (const Handoff& each : waiting) tellRoom(tenant_id, each, room_id);
      });
}

// Whom it asks is a member before he is told: what is said there is for him.
void LoopCoordination::tellRoom(const std::string& tenant_id, const Handoff& handoff, const std::string& room_id) {
  if (handoff.state != HandoffState::pending) return postHandoff(tenant_id, handoff, room_id);
  AddMember entry{.user_id = handoff.to, .display_name = {}};
  parts_.shard.addMember(
      serverOf(tenant_id), room_id, std::move(entry), [this, tenant_id, handoff, room_id](const Result<std::string>& member) {
        if (!member)
          parts_.log.warning("coordination.no_member",
                             {{"tenant", tenant_id}, {"handoff", handoff.handoff_id}, {"reason", member.error().detail}});
        postHandoff(tenant_id, handoff, room_id);
      });
}

void LoopCoordination::postHandoff(const std::string& tenant_id, const Handoff& handoff, const std::string& room_id) {
  const std::string told = handoffWithin(handoff, object_max - besides);
  std::string content =
      "Handoff of " + handoff.lead_id + " from " + handoff.from + (handoff.to.empty() ? std::string() : " to " + handoff.to) + ": ";
  content += handoff.state == HandoffState::pending ? handoff.summary : std::string(word(handoff.state));
  std::string body;
  JsonWriter json(body);
  json.begin('{').key("room_id").value(room_id).key("message_type").value("lead_handoff").key("content").value(content);
  json.key("priority").value("high").key("metadata").begin('{').key("lead_id").value(handoff.lead_id).key("handoff").raw(told).end('}');
  json.end('}');
  auto message = JsonDocument::parse(body);
  if (!message) return;
  parts_.shard.sendMessage(serverOf(tenant_id), *std::move(message),
                           [this, tenant_id, handoff_id = handoff.handoff_id](const Result<std::string>& sent) {
                             if (!sent)
                               parts_.log.warning("coordination.handoff_untold",
                                                  {{"tenant", tenant_id}, {"handoff", handoff_id}, {"reason", sent.error().detail}});
                           });
}

}  // namespace atrium
