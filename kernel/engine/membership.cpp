// Who belongs to a room, for good (members) and right now (attachments). Changes of members go one at a time through Room::changes_ and
// are announced once the store has them. Attaching an existing member writes nothing, but for a name that has become another.
#include <algorithm>

#include "base/assert.hpp"
#include "engine/events.hpp"
#include "engine/happenings.hpp"
#include "engine/hook_row.hpp"
#include "engine/room.hpp"
#include "engine/room_change.hpp"
#include "engine/room_hooks.hpp"
#include "engine/rooms.hpp"
#include "engine/shard_impl.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::size_t snapshot_members_max = 200;

}  // namespace

Result<void> Room::mayEnter(const Principal& who, const std::string& user_id, bool by_other) const {
  if (!document_.active) return fail(Code::room_closed, "The room is closed.");
  if (by_other && !(permissions(who) & ATRIUM_MAY_ADD_MEMBERS))
    return fail(Code::forbidden, "Your role in this room does not allow to add members.");
  const bool oversees = who.has(ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE);
  if (!by_other && type_.info().entry == ATRIUM_ENTRY_INVITATION && !oversees)
    return fail(Code::invitation_needed, "This room is by invitation: an owner or moderator has to add you.");
  if (!members_.contains(user_id) && members_.size() >= document_.max_members)
    return fail(Code::room_full, "The room has its " + std::to_string(document_.max_members) + " members.", 5000);
  return {};
}

void Room::join(PrincipalPtr actor, std::string user_id, Member member, Completion<void> done) {
  inTurn(std::move(done),
         [this, actor = std::move(actor), user_id = std::move(user_id), member = std::move(member)](const ChangePtr<void>& change) mutable {
           if (members_.contains(user_id)) return change->end({});
           const bool by_other = actor->user_id != user_id;
           if (const auto may = mayEnter(*actor, user_id, by_other); !may) return change->end(fail(may.error()));
           const Entering views = entering(*actor, user_id, member);
           const atrium_room_view room = view();
           auto store = [this, actor, user_id, member, change](HookOutcome outcome) mutable {
             if (outcome.refused) return change->end(fail(std::move(*outcome.refused)));
             std::vector<DocumentWrite> writes;
             writes.push_back({memberKey(key_, user_id), ATRIUM_VERSION_ANY, encodeMember(member)});
             writes.push_back({userRoomKey(key_, user_id), ATRIUM_VERSION_ANY, std::string("{}")});
             Happening event = memberHappening(EventType::member_joined, key_, document_.room_type, user_id, member, actor->user_id);
             write(change, std::move(writes), std::move(event), [this, actor, user_id = std::move(user_id), member = std::move(member)] {
               install(user_id, member);
               tellOfMember(Hook::did_join, *actor, user_id, member);
             });
           };
           askRow(type_.row(), {.hook = Hook::will_join, .room = &room, .user = &views.user, .actor = &views.actor}, std::move(store));
         });
}

void Room::install(const std::string& user_id, Member member) {
  const auto it = members_.insert_or_assign(user_id, std::move(member)).first;
  if (!places_.find(user_id)) offline_.insert(user_id);
  announceMember("member_joined", user_id, it->second);
  const UserKey user{key_.tenant_id, user_id};
  shard_.thereAlways(shard_.homeOf(user), [user, room = key_.room](Shard::Impl& home) { home.users.memberOf(user, room, true); });
}

void Room::announceMember(std::string_view event_type, const std::string& user_id, const Member& member) {
  FrameBuilder out(256);
  JsonWriter json(out);
  json.begin('{').key("event_type").value(event_type).key("room_id").value(id_text_).key("member");
  writeMember(json, user_id, member);
  json.key("member_count").value(members_.size()).end('}');
  cast(out.finish(), {}, {}, {}, 0, 0);
}

void Room::announceLeft(const std::string& user_id) {
  FrameBuilder out(192);
  JsonWriter json(out);
  json.begin('{').key("event_type").value("member_left").key("room_id").value(id_text_).key("user_id").value(user_id);
  json.key("member_count").value(members_.size()).end('}');
  cast(out.finish(), {}, {}, {}, 0, 0);
}

std::string Room::memberJson(const std::string& user_id) const {
  const auto it = members_.find(user_id);
  ATRIUM_ASSERT(it != members_.end(), "a member is shown in the turn that found or made him one");
  std::string out;
  JsonWriter json(out);
  writeMember(json, user_id, it->second);
  return out;
}

void Room::addMember(PrincipalPtr caller, AddMember command, Completion<std::string> done) {
  const bool by_other = command.user_id != caller->user_id;
  Member member{command.display_name, command.role == Role::none ? Role::member : command.role, shard_.ports.now.wall};
  if (!by_other) member.display_name = caller->display_name;
  if (member.display_name.empty()) member.display_name = command.user_id;
  const bool elevated = member.role >= Role::moderator;
  if (elevated && !(permissions(*caller) & ATRIUM_MAY_CHANGE_ROLES))
    return done(fail(Code::forbidden, "Your role in this room does not allow to give that role."));
  join(std::move(caller), command.user_id, std::move(member),
       [pin = RoomPin(*this), user_id = command.user_id, done = std::move(done)](Result<void> joined) mutable {
         if (!joined) return done(fail(joined.error()));
         done(pin->memberJson(user_id));
       });
}

void Room::removeMember(PrincipalPtr caller, std::string user_id, Completion<void> done) {
  inTurn(std::move(done), [this, caller = std::move(caller), user_id = std::move(user_id)](const ChangePtr<void>& change) {
    const auto it = members_.find(user_id);
    const bool own = caller->user_id == user_id;
    if (!own || it == members_.end())
      if (const auto may = this->may(*caller, ATRIUM_MAY_REMOVE_MEMBERS, "remove members"); !may) return change->end(fail(may.error()));
    if (it == members_.end()) return change->end(fail(Code::not_found, "There is no such member in this room."));
    const auto owners = std::ranges::count_if(members_, [](const auto& entry) { return entry.second.role == Role::owner; });
    if (it->second.role == Role::owner && owners == 1 && members_.size() > 1)
      return change->end(fail(Code::last_owner, "Make somebody else an owner first."));
    std::vector<DocumentWrite> writes;
    writes.push_back({memberKey(key_, user_id), ATRIUM_VERSION_ANY, std::nullopt});
    writes.push_back({userRoomKey(key_, user_id), ATRIUM_VERSION_ANY, std::nullopt});
    Happening event =
        memberHappening(EventType::member_left, key_, document_.room_type, user_id, members_.find(user_id)->second, caller->user_id);
    write(change, std::move(writes), std::move(event), [this, caller, user_id, own] {
      const Member gone = members_.find(user_id)->second;
      members_.erase(user_id);
      offline_.erase(user_id);
      announceLeft(user_id);
      detachUser(user_id, CloseCode::removed, own ? "You left the room." : "You were removed from the room.");
      const UserKey user{key_.tenant_id, user_id};
      shard_.thereAlways(shard_.homeOf(user), [user, room = key_.room](Shard::Impl& home) { home.users.memberOf(user, room, false); });
      tellOfMember(Hook::did_leave, *caller, user_id, gone);
    });
  });
}

void Room::changeRole(PrincipalPtr caller, std::string user_id, Role role, Completion<std::string> done) {
  inTurn(std::move(done), [this, caller = std::move(caller), user_id = std::move(user_id), role](const ChangePtr<std::string>& change) {
    if (const auto may = this->may(*caller, ATRIUM_MAY_CHANGE_ROLES, "change roles"); !may) return change->end(fail(may.error()));
    const auto it = members_.find(user_id);
    if (it == members_.end()) return change->end(fail(Code::not_found, "There is no such member in this room."));
    const auto owners = std::ranges::count_if(members_, [](const auto& entry) { return entry.second.role == Role::owner; });
    if (it->second.role == Role::owner && role != Role::owner && owners == 1)
      return change->end(fail(Code::last_owner, "Make somebody else an owner first."));
    Member changed = it->second;
    changed.role = role;
    std::vector<DocumentWrite> writes;
    writes.push_back({memberKey(key_, user_id), ATRIUM_VERSION_ANY, encodeMember(changed)});
    Happening event = memberHappening(EventType::member_changed, key_, document_.room_type, user_id, changed, caller->user_id);
    write(change, std::move(writes), std::move(event), [this, user_id, role] {
      members_.find(user_id)->second.role = role;  // His name may be another by now.
      broadcastUpdate();
      return memberJson(user_id);
    });
  });
}

// ---- Attachments

void Room::attach(PrincipalPtr who, SessionRef session, Completion<Attached> done) {
  if (const auto it = sessions_[session.shard].find(session.number); it != sessions_[session.shard].end())
    return done(fail(Code::conflict, "This session is in the room already."));
  auto enter = [this, pin = RoomPin(*this), who, session, done = std::move(done)](Result<void> joined) mutable {
    if (!joined) return done(fail(joined.error()));
    std::vector<std::string> users;
    for (const auto& [user_id, member] : members_) {
      if (users.size() == snapshot_members_max) break;
      users.push_back(user_id);
    }
    ++attaching_;
    gatherPresence(std::move(users),
                   [this, pin = std::move(pin), who, session, done = std::move(done)](Result<std::vector<Presence>> present) mutable {
                     if (present) bringUpToDate(*present);
                     if (--attaching_ == 0) heard_.clear();
                     if (!present) return done(fail(present.error()));
                     attachNow(who, session, std::move(*present), done);
                   });
  };
  if (members_.contains(who->user_id)) {
    if (!document_.active) return enter(fail(Code::room_closed, "The room is closed."));
    return enter({});
  }
  Member member{who->display_name, Role::member, shard_.ports.now.wall};
  std::string user_id = who->user_id;
  join(std::move(who), std::move(user_id), std::move(member), std::move(enter));
}

void Room::attachNow(const PrincipalPtr& who, SessionRef session, std::vector<Presence> present, Completion<Attached>& done) {
  // The presence was gathered elsewhere meanwhile: he may have been removed, or the room closed.
  if (!document_.active) return done(fail(Code::room_closed, "The room is closed."));
  if (!members_.contains(who->user_id)) return done(fail(Code::not_a_member, "You are not a member of this room."));
  takeName(*who);
  const std::uint32_t ordinal = places_.enter(who->user_id, shard_.ports.now.mono);
  offline_.erase(who->user_id);
  sessions_[session.shard].insert_or_assign(session.number, Attachment{ordinal, RoomPin(*this)});

  FrameBuilder out(1024);
  JsonWriter json(out);
  json.begin('{')
      .key("event_type")
      .value("room_joined")
      .key("room_id")
      .value(id_text_)
      .key("epoch")
      .value(epoch_)
      .key("seq")
      .value(last_seq_);
  json.key("room");
  encode(json);
  json.key("presence").begin('[');
  for (const Presence& presence : present) {
    json.begin('{');
    encodePresence(json, presence, key_.tenant_id);
    json.key("version").value(presence.version).end('}');
  }
  json.end(']').end('}');
  done(Attached{out.finish(), ordinal, last_seq_});

  const UserKey user{key_.tenant_id, who->user_id};
  shard_.thereAlways(shard_.homeOf(user), [user, room = id_text_](Shard::Impl& home) { home.users.enteredRoom(user, room); });
}

// Who was added by his id, or under a label, is called by it until he comes himself. A name that no token vouches for replaces the bare id
// only. The room calls him so at once and tells the store when it is its turn; if that fails, when he comes after the room was read anew.
void Room::takeName(const Principal& who) {
  Member& member = members_.find(who.user_id)->second;
  if (who.display_name.empty() || member.display_name == who.display_name) return;
  if (!who.name_verified && member.display_name != who.user_id) return;
  member.display_name = who.display_name;
  announceMember("member_updated", who.user_id, member);
  inTurn<void>([](const auto&) {},
               [this, user_id = who.user_id](const ChangePtr<void>& change) {
                 const auto it = members_.find(user_id);
                 if (it == members_.end()) return change->end({});
                 std::vector<DocumentWrite> writes;
                 writes.push_back({memberKey(key_, user_id), ATRIUM_VERSION_ANY, encodeMember(it->second)});
                 write(change, std::move(writes), {}, [] {});
               });
}

void Room::detach(const SessionRef& session) {
  const auto it = sessions_[session.shard].find(session.number);
  if (it == sessions_[session.shard].end()) return;
  const RoomPin pin = std::move(it->second.pin);
  const std::uint32_t ordinal = it->second.ordinal;
  sessions_[session.shard].erase(it);
  if (!places_.leave(ordinal, shard_.ports.now.mono)) return;
  const std::string user_id = attachedUsers()[ordinal].user_id;
  if (members_.contains(user_id)) offline_.insert(user_id);
  if (const auto typist = typing_.find(user_id); typist != typing_.end()) {
    const std::string display_name = std::move(typist->second.display_name);
    typing_.erase(typist);
    castTyping(user_id, display_name, false, nullptr);
  }
  const UserKey user{key_.tenant_id, user_id};
  shard_.thereAlways(shard_.homeOf(user), [user, room = id_text_](Shard::Impl& home) { home.users.leftRoom(user, room); });
}

void Room::detachUser(const std::string& user_id, CloseCode code, std::string_view reason) {
  const auto ordinal = places_.find(user_id);
  if (!ordinal) return;
  std::vector<SessionRef> leaving;
  for (unsigned shard = 0; shard < sessions_.size(); ++shard)
    for (const auto& [number, attachment] : sessions_[shard])
      if (attachment.ordinal == *ordinal) leaving.push_back({shard, number});
  for (const SessionRef& session : leaving) {
    detach(session);
    shard_.thereAlways(session.shard, [key = key_, number = session.number, code, reason = std::string(reason)](Shard::Impl& there) {
      if (LiveSession* live = there.sessions.find(number)) live->expelled(key, code, reason);
    });
  }
}

}  // namespace atrium
