#include "engine/room.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "engine/events.hpp"
#include "engine/happenings.hpp"
#include "engine/hook_row.hpp"
#include "engine/room_change.hpp"
#include "engine/room_post.hpp"
#include "engine/rooms.hpp"
#include "engine/shard_impl.hpp"
#include "engine/splice.hpp"
#include "protocol/abi_text.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {
constexpr std::size_t members_shown_max = 200;

// How long beyond twice the confirmation budget a gone user's place is kept, so that no report on a message names another.
constexpr auto place_rest = std::chrono::milliseconds(100);

}  // namespace

RoomPin::RoomPin(Room& room) : pins_(room.pins_) {
  if (pins_->count++ == 0) room.shard_.rooms.becameBusy(room);
}

RoomPin::~RoomPin() {
  if (!pins_ || --pins_->count > 0) return;
  if (pins_->room)
    pins_->room->shard_.rooms.becameIdle(*pins_->room);
  else
    delete pins_;
}

Room::Room(Shard::Impl& shard, RoomKey key, RoomDocument document, RoomType& type)
    : shard_(shard),
      key_(std::move(key)),
      id_text_(formatId(room_prefix, key_.room)),
      document_(std::move(document)),
      type_(type),
      pins_(new RoomPin::Pins{this}),
      places_(2 * shard.options.confirmation_budget + place_rest),
      sessions_(shard.peers.size()),
      tick_timer_([this] { tick(); }),
      typing_timer_([this] { expireTyping(); }),
      presence_timer_([this] { flushPresence(); }) {
  if (document_.active) ++shard_.figures.of(key_.tenant_id).rooms_active;
  armTick();
}

Room::~Room() {
  if (document_.active) --shard_.figures.of(key_.tenant_id).rooms_active;
  // What is still here pins this room itself, and so does what is on its way elsewhere when the shard ends.
  pins_->room = nullptr;
  if (pins_->count == 0) delete pins_;
}

void Room::restoreMember(std::string user_id, Member member) {
  offline_.insert(user_id);
  members_.insert_or_assign(std::move(user_id), std::move(member));
}

void Room::restoreHead(const RoomHead& head, std::uint64_t document_version) {
  epoch_ = head.epoch;
  last_seq_ = head.last_seq;
  document_version_ = document_version;
}

std::chrono::microseconds Room::flushWindow() const {
  return std::min(std::chrono::microseconds(type_.info().flush_window_us), shard_.options.flush_window);
}

std::uint32_t Room::permissions(const Principal& who) const {
  std::uint32_t granted = 0;
  if (const auto it = members_.find(who.user_id); it != members_.end())
    granted = type_.info().permissions[static_cast<std::size_t>(it->second.role)];
  // Those who answer for the tenant oversee every room of it; to speak they enter it like anyone.
  if (who.has(ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE)) {
    granted |= ATRIUM_MAY_READ | ATRIUM_MAY_ADD_MEMBERS | ATRIUM_MAY_REMOVE_MEMBERS | ATRIUM_MAY_CHANGE_ROLES | ATRIUM_MAY_CHANGE_ROOM |
               ATRIUM_MAY_CLOSE;
  }
  return granted;
}

Result<void> Room::may(const Principal& who, std::uint32_t permission, std::string_view what) const {
  if (permissions(who) & permission) return {};
  if (!members_.contains(who.user_id)) return fail(Code::not_a_member, "You are not a member of this room.");
  return fail(Code::forbidden, "Your role in this room does not allow to " + std::string(what) + ".");
}

Result<CommandScene> Room::commandScene(const Principal& caller) const {
  if (!document_.active) return fail(Code::room_closed, "The room is closed.");
  const auto member = members_.find(caller.user_id);
  if (member == members_.end()) return fail(Code::not_a_member, "You are not a member of this room.");
  return CommandScene{.caller = caller,
                      .room_role = member->second.role,
                      .room_id = id_text_,
                      .room_type = document_.room_type,
                      .room_name = document_.name,
                      .member_count = static_cast<std::uint32_t>(members_.size()),
                      .max_members = document_.max_members,
                      .settings = JsonDocument(document_.settings.root()),
                      .context = JsonDocument(document_.context.root())};
}

Result<void> Room::mayRead(const Principal& who) const { return may(who, ATRIUM_MAY_READ, "read it"); }

template <typename Out>
void Room::writeMember(JsonWriter<Out>& json, const std::string& user_id, const Member& member) {
  json.begin('{').key("user_id").value(user_id).key("display_name").value(member.display_name);
  json.key("role").value(word(member.role)).key("joined_at").time(member.joined_at).end('}');
}

template void Room::writeMember(JsonWriter<FrameBuilder>& json, const std::string& user_id, const Member& member);
template void Room::writeMember(JsonWriter<std::string>& json, const std::string& user_id, const Member& member);

template <typename Out>
void Room::encode(JsonWriter<Out>& json) const {
  json.begin('{').key("room_id").value(id_text_).key("tenant_id").value(key_.tenant_id);
  json.key("room_type").value(document_.room_type).key("name").value(document_.name).key("description").value(document_.description);
  json.key("created_by").value(document_.created_by).key("created_at").time(document_.created_at);
  json.key("is_active").value(document_.active).key("max_members").value(document_.max_members);
  json.key("settings").raw(document_.settings.text()).key("context").raw(document_.context.text());
  json.key("member_count").value(members_.size()).key("members").begin('[');
  std::size_t shown = 0;
  for (const auto& [user_id, member] : members_) {
    if (shown++ == members_shown_max) break;
    writeMember(json, user_id, member);
  }
  json.end(']').key("epoch").value(epoch_).key("last_seq").value(last_seq_).end('}');
}

template void Room::encode(JsonWriter<FrameBuilder>& json) const;
template void Room::encode(JsonWriter<std::string>& json) const;

std::string Room::json() const {
  std::string out;
  JsonWriter writer(out);
  encode(writer);
  return out;
}

void Room::read(const Principal& caller, Completion<std::string> done) {
  if (const auto may = mayRead(caller); !may) return done(fail(may.error()));
  done(json());
}

std::string Room::listed(const Principal& caller, const ListRooms& query) const {
  const auto me = members_.find(caller.user_id);
  if (me == members_.end()) return {};
  if (!query.room_type.empty() && query.room_type != document_.room_type) return {};
  if (!query.member.empty() && !members_.contains(query.member)) return {};
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  if (!query.query.empty() && std::ranges::search(document_.name, query.query, same).empty()) return {};
  std::string out;
  JsonWriter json(out);
  json.begin('{').key("room_id").value(id_text_).key("tenant_id").value(key_.tenant_id).key("room_type").value(document_.room_type);
  json.key("name").value(document_.name).key("description").value(document_.description);
  json.key("created_by").value(document_.created_by).key("created_at").time(document_.created_at);
  json.key("is_active").value(document_.active).key("role").value(word(me->second.role));
  json.key("member_count").value(members_.size()).key("max_members").value(document_.max_members);
  json.key("epoch").value(epoch_).key("last_seq").value(last_seq_).end('}');
  return out;
}

void Room::broadcastUpdate() {
  FrameBuilder out;
  JsonWriter writer(out);
  writer.begin('{').key("event_type").value("room_updated").key("room_id").value(id_text_).key("room");
  encode(writer);
  writer.end('}');
  cast(out.finish(), {}, {}, {}, 0, 0);
}

void Room::change(PrincipalPtr caller, ChangeRoom command, Completion<std::string> done) {
  inTurn(std::move(done), [this, caller = std::move(caller), command = std::move(command)](const ChangePtr<std::string>& change) mutable {
    if (!document_.active) return change->end(fail(Code::room_closed));
    if (const auto may = this->may(*caller, ATRIUM_MAY_CHANGE_ROOM, "change it"); !may) return change->end(fail(may.error()));
    if (const std::uint32_t limit = shard_.rooms.capacityLimit(type_.info()); command.max_members && *command.max_members > limit) {
      const std::string problem = "must be at most " + std::to_string(limit);
      return change->end(fail({Code::validation_failed, "/max_members " + problem, 0, {{"/max_members", problem}}}));
    }
    if (command.max_members && *command.max_members < members_.size())
      return change->end(fail(Code::conflict, "The room has more members than that already."));
    RoomDocument wanted = document_;
    if (command.name) wanted.name = std::move(*command.name);
    if (command.description) wanted.description = std::move(*command.description);
    if (command.max_members) wanted.max_members = *command.max_members;
    if (command.settings) wanted.settings = std::move(*command.settings);
    if (command.context) wanted.context = std::move(*command.context);
    auto store = [this, wanted, change, by = caller->user_id](HookOutcome outcome) mutable {
      if (outcome.refused) return change->end(fail(std::move(*outcome.refused)));
      std::vector<DocumentWrite> writes;
      writes.push_back({roomDocumentKey(key_), document_version_, encodeRoomDocument(wanted)});
      Happening event = roomHappening(EventType::room_changed, key_, wanted, by);
      write(change, std::move(writes), std::move(event), [this, wanted = std::move(wanted)]() mutable {
        document_ = std::move(wanted);
        ++document_version_;
        broadcastUpdate();
        return json();
      });
    };
    atrium_room_view proposed = view();
    proposed.name = textOf(wanted.name);
    proposed.max_members = wanted.max_members;
    proposed.settings = wanted.settings.root().abi();
    proposed.context = wanted.context.root().abi();
    const atrium_user_view actor = userView(*caller);
    askRow(type_.row(), {.hook = Hook::check_settings, .room = &proposed, .actor = &actor}, std::move(store));
  });
}

void Room::close(PrincipalPtr caller, Completion<void> done) {
  inTurn(std::move(done), [this, caller = std::move(caller)](const ChangePtr<void>& change) {
    if (const auto may = this->may(*caller, ATRIUM_MAY_CLOSE, "close it"); !may) return change->end(fail(may.error()));
    if (!document_.active) return change->end({});
    RoomDocument wanted = document_;
    wanted.active = false;
    std::vector<DocumentWrite> writes;
    writes.push_back({roomDocumentKey(key_), document_version_, encodeRoomDocument(wanted)});
    write(change, std::move(writes), roomHappening(EventType::room_closed, key_, wanted, caller->user_id), [this, caller] {
      document_.active = false;
      ++document_version_;
      --shard_.figures.of(key_.tenant_id).rooms_active;
      broadcastUpdate();
      std::vector<std::string> users;
      for (const Places::User& user : attachedUsers())
        if (user.sessions > 0) users.push_back(user.user_id);
      for (const std::string& user : users) detachUser(user, CloseCode::removed, "The room was closed.");
      const atrium_room_view room = view();
      const atrium_user_view actor = userView(*caller);
      tellRow(type_.row(), {.hook = Hook::did_close, .room = &room, .actor = &actor}, shard_.ports.metrics);
    });
  });
}

FramePtr Room::committed(const atrium_append_result& result, std::string_view body) {
  epoch_.assign(result.epoch, ::strnlen(result.epoch, sizeof result.epoch));
  last_seq_ = std::max(last_seq_, result.seq);
  FrameBuilder out(body.size() + 160);
  out.append(R"({"event_type":"collaboration_message","message":)");
  spliceMessage(out, result.seq, epoch_, body);
  out.append('}');
  return out.finish();
}

FramePtr Room::withheldEvent(std::uint64_t seq) const {
  FrameBuilder out(160);
  JsonWriter json(out);
  json.begin('{')
      .key("event_type")
      .value("withheld")
      .key("room_id")
      .value(id_text_)
      .key("epoch")
      .value(epoch_)
      .key("seq")
      .value(seq)
      .end('}');
  return out.finish();
}

std::uint32_t Room::cast(const FramePtr& frame, const FramePtr& stub, const std::string& audience, const PushOptions& options,
                         std::uint64_t seq, std::uint64_t token, const SessionRef* except) {
  std::uint32_t shards = 0;
  for (unsigned shard = 0; shard < sessions_.size(); ++shard) {
    if (sessions_[shard].empty()) continue;
    Cast cast{frame, stub, audience, options, seq, except && except->shard == shard ? except->number : 0, shard_.ports.index, token};
    auto deliver = [key = key_, cast = std::move(cast)](Shard::Impl& there) mutable { there.fanout.cast(key, std::move(cast)); };
    if (options.lane == Lane::ephemeral) {
      shard_.there(shard, std::move(deliver));
    } else {
      if (token != 0) shard_.posts.castTo(shard);
      shard_.thereAlways(shard, std::move(deliver));
    }
    ++shards;
  }
  return shards;
}

void Room::appendEnded() {
  if (--appends_ == 0) in_doubt_ = false;
}

void Room::markInDoubt() {
  if (in_doubt_) return;
  in_doubt_ = true;
  tellInDoubt();
}

void Room::tellInDoubt() {
  shard_.ports.metrics.add(Metric::rooms_in_doubt);
  shard_.ports.log.warning("room.in_doubt", {{"tenant_id", key_.tenant_id}, {"room_id", id_text_}});
}

Error Room::changesWait() { return {Code::storage_unavailable, "Storage has not answered for this room yet.", 1000, {}}; }

}  // namespace atrium
